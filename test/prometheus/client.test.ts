// Whoever listens where a Prometheus is named: each fault is one line, in time, with no more than the limit read, and what
// we log in with goes nowhere else. And the history over it: few questions, whatever the size of the fleet.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createPrometheus, type PrometheusDial } from '../../source/prometheus/client.ts';
import { createFleetSource, type SourceRound } from '../../source/prometheus/fleet-source.ts';
import { createHistory } from '../../source/prometheus/history.ts';
import { tlsFiles } from '../servers/start.ts';
import { type Asked, type SimulatedSeries, simulatePrometheus } from './simulated.ts';

const node = (instance: string) => ({ instance, job: 'redis' });
const now = () => Date.now() / 1000;
let ahead = 0;
const nodes = Array.from({ length: 500 }, (_, index) => `10.0.${index >> 8}.${index & 255}:6379`);

/** Every node is up and scraped every 15 s; a range has the number of its points, from 1. */
function seriesFor({ expression, start, end, step, path }: Asked): readonly SimulatedSeries[] {
	if (expression.startsWith('max((count')) return [{ metric: {}, points: [[now() + ahead, 40]] }];
	if (path === 'query_range') {
		const length = Math.round((end - start) / step) + 1;
		const points = Array.from({ length }, (_, index) => [start + index * step, index + 1] as const);
		return [{ metric: {}, points }];
	}
	const role: Record<string, string> = expression.startsWith('redis_instance_info') ? { role: 'master' } : {};
	return nodes.map(name => ({ metric: { ...node(name), ...role }, points: [[now() + ahead, 1]] }));
}

const prometheus = await simulatePrometheus(seriesFor);
after(() => prometheus.stop());
const clients: ReturnType<typeof createPrometheus>[] = [];
after(() => {
	for (const client of clients) client.close();
});
function clientWith(over: Partial<PrometheusDial> = {}) {
	const client = createPrometheus({ url: prometheus.url, ...over });
	clients.push(client);
	return client;
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

async function problemWith(answering: Answering, over: Partial<PrometheusDial> = {}): Promise<string> {
	prometheus.answer(answering);
	const answer = await clientWith(over).query('redis_up');
	prometheus.answer(undefined);
	return 'problem' in answer ? answer.problem : 'no problem';
}

const status =
	(code: number, headers: Record<string, string> = {}, body = ''): Answering =>
	(_, response) =>
		response.writeHead(code, headers).end(body);

/** For as long as anybody reads. */
const endless: Answering = (_, response) => {
	const more = () => {
		while (response.write('['.repeat(65_536)));
		response.once('drain', more);
	};
	response.on('error', () => {});
	more();
};

const empty = '{"status":"success","data":{"resultType":"vector","result":[]}}';
const refused = '{"status":"error","errorType":"execution","error":"too many"}';

const faults: readonly [
	what: string,
	answering: Answering,
	over: Partial<PrometheusDial>,
	problem: RegExp,
][] = [
	['401', status(401), {}, /^it wants a login \(401\)$/],
	['403', status(403), {}, /does not let this login ask/],
	['404', status(404, {}, 'page not found'), {}, /no \/api\/v1 at this URL/],
	['502 with a page', status(502, {}, '<html>'), {}, /^it answers 502$/],
	['503 in its own words', status(503, {}, refused), {}, /refuses the query: too many/],
	['500 with an empty success', status(500, {}, empty), {}, /^it answers 500$/],
	['400 with an empty success', status(400, {}, empty), {}, /^it answers 400$/],
	['202 with an empty success', status(202, {}, empty), {}, /^it answers 202$/],
	['304 with nothing', status(304), {}, /^it answers 304$/],
	['204', status(204), {}, /^it answers 204$/],
	['500 with other JSON', status(500, {}, '{"message":"oops"}'), {}, /^it answers 500$/],
	['200 with an error', status(200, {}, refused), {}, /^it refuses the query: too many$/],
	['nothing', status(200), {}, /^its answer is empty$/],
	[
		'a redirect, which is not followed and shows no password',
		status(302, { location: 'http://u:secret@other.example/login?token=1' }),
		{},
		/^it leads on to http:\/\/other\.example\/login: name that URL$/,
	],
	['a web page', status(200, {}, '<html>sign in'), {}, /is a web page/],
	['garbage', (_, response) => response.socket!.end('\x00\x01\x02\r\n\r\n'), {}, /^its answer is not HTTP$/],
	['it hangs up', (_, response) => response.socket!.destroy(), {}, /^it closed the connection$/],
	[
		'half an answer',
		(_, response) => {
			response.writeHead(200, { 'content-length': '1000' }).write('{"status":');
			setTimeout(() => response.socket!.destroy(), 20);
		},
		{},
		/^its answer broke off$/,
	],
	['no end of it', endless, { mostBytes: 1 << 20 }, /^its answer is longer than 1 MB$/],
	[
		'no end of it, packed',
		status(200, { 'content-encoding': 'gzip' }, ''),
		{ mostBytes: 1 << 20 },
		/its answer is (empty|damaged)/,
	],
	[
		'a bomb',
		(_, response) =>
			response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(64 << 20))),
		{ mostBytes: 1 << 20 },
		/^its answer is longer than 1 MB$/,
	],
	['silence', () => {}, { deadlineMilliseconds: 50 }, /^no answer within 0s$/],
	[
		'a word now and then',
		(_, response) => {
			const timer = setInterval(() => response.write(' '), 10);
			response.on('close', () => clearInterval(timer));
		},
		{ deadlineMilliseconds: 100 },
		/^no answer within 0s$/,
	],
	['nobody there', () => {}, { url: 'http://127.0.0.1:9' }, /^connection refused$/],
];
for (const [what, answering, over, problem] of faults)
	test(`one line: ${what}`, async () => assert.match(await problemWith(answering, over), problem));

test('user and password, or a token, as they are now', async () => {
	let login: { user?: string; password?: string; bearer?: string } = { user: 'ops', password: 'a:b' };
	const client = clientWith({ login: () => login });
	await client.query('redis_up');
	login = { bearer: 'token' };
	await client.query('redis_up');
	assert.deepEqual(
		prometheus.asked.slice(-2).map(({ authorization }) => authorization),
		[`Basic ${Buffer.from('ops:a:b').toString('base64')}`, 'Bearer token'],
	);
});

test('over TLS with an authority of its own and a login: in; without the authority, or another name: in words', async () => {
	const read = (name: keyof typeof tlsFiles) => readFileSync(tlsFiles[name]);
	const login = `Basic ${Buffer.from('ops:secret').toString('base64')}`;
	const server = createTlsServer(
		{ cert: read('server.crt'), key: read('server.key') },
		(request, response) => {
			request.resume();
			if (request.headers.authorization !== login) return response.writeHead(401).end();
			response.end('{"status":"success","data":{"resultType":"vector","result":[]}}');
		},
	);
	after(() => server.close());
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const ask = (over: Partial<PrometheusDial>) => clientWith({ url, ...over }).query('redis_up');
	const own = { user: 'ops', password: 'secret' };
	const tls = { ca: read('ca.crt'), isInsecure: false };
	assert.deepEqual(await ask({ tls, login: () => own }), { series: [] });
	assert.deepEqual(await ask({ tls: { isInsecure: true }, login: () => own }), { series: [] });
	assert.deepEqual(await ask({ tls }), { problem: 'it wants a login (401)' });
	const unknown = await ask({ login: () => own });
	assert.match(
		'problem' in unknown ? unknown.problem : '',
		/^the certificate is not of a known authority: --cacert FILE$/,
	);
	const named = await ask({ tls: { ...tls, serverName: 'other.example' }, login: () => own });
	assert.match('problem' in named ? named.problem : '', /^the certificate is for another name/);
	const plain = await ask({ url: url.replace('https', 'http'), login: () => own });
	assert.match('problem' in plain ? plain.problem : '', /^it (closed the connection|answers 400)|not HTTP/);
});

test('five hundred nodes: three questions about who is there, then one a figure, and the targets are kept', async () => {
	prometheus.asked.length = 0;
	const client = clientWith();
	const history = createHistory(client, {});
	const named = nodes.map(address => ({ address, names: [address] }));
	const until = Date.now();
	const answer = await history.ask({ nodes: named, isFleet: true, seconds: 86_400, until });
	assert.ok('spans' in answer && answer.note === undefined);
	assert.deepEqual(Object.keys(answer.spans).sort(), [
		'clients',
		'evicted',
		'hits',
		'memory',
		'misses',
		'ops',
	]);
	const { from, step, values } = answer.spans.ops!;
	assert.deepEqual([step, values.length, values[0], values.at(-1)], [360_000, 241, 1, 241]);
	assert.ok(from <= until - 86_400_000 && from > until - 86_400_000 - 2 * step);
	assert.equal(prometheus.asked.length, 9);
	await history.ask({ nodes: named.slice(0, 1), isFleet: false, seconds: 300, until });
	assert.equal(prometheus.asked.length, 15);
	assert.ok(client.used().bytes < 400_000, String(client.used().bytes));
});

test('a Prometheus whose clock is an hour ahead: its answers stand at our time', async () => {
	ahead = 3600;
	const until = Date.now();
	const question = {
		nodes: [{ address: nodes[0]!, names: [nodes[0]!] }],
		isFleet: false,
		seconds: 300,
		until,
	};
	const answer = await createHistory(clientWith(), {}).ask(question);
	ahead = 0;
	const { from, step, values } = 'spans' in answer ? answer.spans.ops! : assert.fail();
	assert.ok(Math.abs(from + (values.length - 1) * step - until) < 3 * step);
	assert.ok(prometheus.asked.at(-1)!.end * 1000 - until > 3_500_000);
});

test('a node that it does not know has no past, and it says by what it was looked for', async () => {
	const nobody = { nodes: [{ address: '10.9.9.9:6379', names: ['10.9.9.9:6379'] }], isFleet: true };
	const answer = await createHistory(clientWith(), {}).ask({ ...nobody, seconds: 300, until: Date.now() });
	assert.deepEqual(answer, {
		spans: {},
		note: 'Prometheus has no series of 10.9.9.9:6379: tried instance, like instance="10.0.0.0:6379"',
	});
});

test('a history of which a question is not answered has that reason, also where it asks for our own names', async () => {
	prometheus.answer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const isOurs = Buffer.concat(chunks).toString().includes('redis_top_up');
		response.writeHead(isOurs ? 500 : 200).end(empty);
	});
	const nobody = { nodes: [{ address: '10.9.9.9:6379', names: ['10.9.9.9:6379'] }], isFleet: true };
	const answer = await createHistory(clientWith(), {}).ask({ ...nobody, seconds: 300, until: Date.now() });
	prometheus.answer(undefined);
	assert.deepEqual(answer, { problem: 'it answers 500' });
});

test('a fleet that is not scraped any more is told as that', async () => {
	let isGone = false;
	prometheus.answer(async (request, response) => {
		for await (const _ of request);
		const value = [now(), String(now())];
		const result = isGone ? [] : [{ metric: node('10.0.0.1:6379'), value }];
		response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
	});
	const listed: (readonly string[])[] = [];
	await new Promise<void>(resolve => {
		const source = createFleetSource({
			...{ client: clientWith(), settings: {}, delaySeconds: () => 1, onFleets: () => {} },
			onRound(_, round) {
				listed.push(round.listed);
				isGone = true;
				source.refreshSoon();
				if (listed.length < 2) return;
				source.stop();
				resolve();
			},
			onTrouble: text => assert.equal(text, undefined),
		});
		source.start();
	});
	prometheus.answer(undefined);
	assert.deepEqual(listed, [['10.0.0.1:6379'], []]);
});

test('a figure that is refused is missing alone, and what is missing is said; each question is told as it is sent', async () => {
	prometheus.answer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const query = new URLSearchParams(Buffer.concat(chunks).toString()).get('query')!;
		if (query.startsWith('redis_errors_total'))
			return response
				.writeHead(422)
				.end('{"status":"error","errorType":"execution","error":"exceeded sample limit"}');
		const value = [now(), query.startsWith('timestamp') ? String(now()) : '40'];
		const data = { resultType: 'vector', result: [{ metric: node('10.0.0.1:6379'), value }] };
		response.end(JSON.stringify({ status: 'success', data }));
	});
	const asked: string[] = [];
	const client = clientWith({
		onAsked: (place, words) => asked.push([place, ...words.slice(0, 2)].join(' ')),
	});
	const told = await new Promise<{ round?: SourceRound; trouble?: string; isPartial?: boolean }>(resolve => {
		let round: SourceRound | undefined;
		const source = createFleetSource({
			...{ client, settings: {}, delaySeconds: () => 1, onFleets: () => {} },
			onRound(_, next) {
				round = next;
			},
			onTrouble(trouble, isPartial) {
				source.stop();
				resolve({ round, trouble, isPartial });
			},
		});
		source.start();
	});
	prometheus.answer(undefined);
	assert.equal(told.trouble, 'redis_errors_total: it refuses the query: exceeded sample limit');
	assert.equal(told.isPartial, true);
	assert.deepEqual(told.round!.listed, ['10.0.0.1:6379']);
	assert.ok(asked.includes(`${new URL(prometheus.url).host} query timestamp(redis_up)`), asked.join());
});
