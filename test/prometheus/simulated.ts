// A Prometheus of the tests: answers /api/v1/query and /api/v1/query_range as Prometheus does, from series that a test
// makes, and in every other way that a test asks for. It reads no PromQL: whoever answers is told the expression.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SimulatedSeries = {
	readonly metric: Readonly<Record<string, string>>;
	/** Seconds and value. */
	readonly points: readonly (readonly [number, number | string])[];
};

export type Asked = {
	readonly path: 'query' | 'query_range';
	readonly expression: string;
	readonly start: number;
	readonly end: number;
	readonly step: number;
	readonly authorization?: string;
};

export type SimulatedPrometheus = {
	readonly url: string;
	readonly asked: Asked[];
	/** What it answers with from now on, instead of series. */
	answer(other: ((request: IncomingMessage, response: ServerResponse) => void) | undefined): void;
	stop(): void;
};

export async function simulatePrometheus(
	seriesFor: (asked: Asked) => readonly SimulatedSeries[],
): Promise<SimulatedPrometheus> {
	const asked: Asked[] = [];
	let other: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
	const server = createServer(async (request, response) => {
		if (other) return other(request, response);
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const form = new URLSearchParams(Buffer.concat(chunks).toString());
		const now = Date.now() / 1000;
		const one: Asked = {
			path: request.url!.endsWith('query_range') ? 'query_range' : 'query',
			expression: form.get('query') ?? '',
			start: Number(form.get('start') ?? form.get('time') ?? now),
			end: Number(form.get('end') ?? form.get('time') ?? now),
			step: Number(form.get('step') ?? 1),
			...(request.headers.authorization && { authorization: request.headers.authorization }),
		};
		asked.push(one);
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify({ status: 'success', data: dataOf(one, seriesFor(one)) }));
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		asked,
		answer(next) {
			other = next;
		},
		stop() {
			server.close();
			server.closeAllConnections();
		},
	};
}

function dataOf({ path }: Asked, series: readonly SimulatedSeries[]) {
	const text = (points: SimulatedSeries['points']) => points.map(([at, value]) => [at, String(value)]);
	return path === 'query'
		? {
				resultType: 'vector',
				result: series.map(({ metric, points }) => ({ metric, value: text(points).at(-1) })),
			}
		: {
				resultType: 'matrix',
				result: series.map(({ metric, points }) => ({ metric, values: text(points) })),
			};
}
