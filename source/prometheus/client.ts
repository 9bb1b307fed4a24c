// Questions to the HTTP API of Prometheus, or of what answers as it does (Mimir, Thanos, VictoriaMetrics). A few at a time,
// each with a deadline and a limit to its answer, and nothing is thrown: what cannot be had is one line that says why. It
// follows no redirect, for a password goes to the host that was named and to no other.

import {
	type Agent,
	Agent as HttpAgent,
	type IncomingMessage,
	type RequestOptions,
	request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { createGunzip } from 'node:zlib';
import { type Answer, type AnswerKind, parseAnswer } from '../core/prometheus/answer.ts';
import type { Range } from '../core/prometheus/queries.ts';
import { type KnownLabels, readVector } from '../core/prometheus/vector.ts';
import { longText } from '../core/steps.ts';
import { printableText } from '../core/text/printable.ts';
import type { TlsSettings } from '../redis/dial.ts';
import { inSteps } from '../redis/in-steps.ts';
import { tlsWords } from '../redis/socket-error.ts';
import { openVia } from '../redis/via.ts';

export type PrometheusDial = {
	/** With a path where it is not at the root; without user and password. */
	readonly url: string;
	/** Read for each question: who renews a password or a token need not start us anew. */
	readonly login?: () => Login;
	readonly tls?: TlsSettings;
	/** Through the input and output of this command. */
	readonly via?: string;
	readonly deadlineMilliseconds?: number;
	readonly mostBytes?: number;
	/** Told of each question as it is sent: where, and what. */
	readonly onAsked?: OnAsked;
};

export type OnAsked = (place: string, words: readonly string[]) => void;

export type Login = { readonly user?: string; readonly password?: string; readonly bearer?: string };

export type PrometheusClient = {
	/** At a moment (seconds of its own clock), or now. */
	readonly query: (expression: string, at?: number) => Promise<Answer>;
	readonly range: (expression: string, range: Range) => Promise<Answer>;
	/** What it cost so far. */
	readonly used: () => { readonly questions: number; readonly bytes: number };
	readonly close: () => void;
};

const deadlineMilliseconds = 10_000;
/** An answer about 5,000 nodes has 1 MB; a longer one would keep a key waiting while it is read. */
const mostBytes = 16 * 1024 * 1024;
const atOnce = 4;

export function createPrometheus(dial: PrometheusDial): PrometheusClient {
	const url = new URL(dial.url);
	const agent = agentFor(url, dial);
	const limit = dial.mostBytes ?? mostBytes;
	let questions = 0;
	let bytes = 0;
	let running = 0;
	const waiting: (() => void)[] = [];

	const turn = async () => {
		if (running >= atOnce) await new Promise<void>(resolve => waiting.push(resolve));
		running++;
	};
	const done = () => {
		running--;
		waiting.shift()?.();
	};

	const labels: KnownLabels = new Map();
	const answerIn = async (text: string, kind: AnswerKind): Promise<Answer> => {
		if (kind === 'matrix' || text.length < longText) return parseAnswer(text, kind);
		let answer: Answer | undefined;
		await inSteps(
			(function* () {
				answer = yield* readVector(text, labels);
			})(),
		);
		return answer!;
	};

	const ask = async (path: string, form: Record<string, string>, kind: AnswerKind): Promise<Answer> => {
		await turn();
		questions++;
		dial.onAsked?.(url.host, [path, ...Object.values(form)]);
		try {
			const options = { ...optionsFor(url, path, dial), agent };
			const text = await textOf(options, new URLSearchParams(form).toString(), {
				deadline: dial.deadlineMilliseconds ?? deadlineMilliseconds,
				limit,
				onBytes: count => {
					bytes += count;
				},
			});
			return await answerIn(text, kind);
		} catch (thrown) {
			return { problem: reasonOf(thrown) };
		} finally {
			done();
		}
	};

	return {
		query: (query, at) => ask('query', { query, ...(at !== undefined && { time: String(at) }) }, 'vector'),
		range: (query, { start, end, step }) =>
			ask('query_range', { query, start: String(start), end: String(end), step: String(step) }, 'matrix'),
		used: () => ({ questions, bytes }),
		close: () => agent.destroy(),
	};
}

/** Expected, and said in these words. */
class Refused extends Error {}

function agentFor(url: URL, { tls, via }: PrometheusDial): Agent {
	const kept = { keepAlive: true, maxSockets: atOnce, keepAliveMsecs: 30_000 };
	const secured = url.protocol === 'https:' ? securedWith(url, tls) : undefined;
	const agent = secured ? new HttpsAgent({ ...kept, ...secured }) : new HttpAgent(kept);
	if (via === undefined) return agent;
	const target = { host: bareHost(url), port: portOf(url) };
	// TLS is inside the stream, so that the request itself needs none.
	const plain = new HttpAgent(kept);
	Object.assign(plain, { createConnection: () => openVia(via, target, secured) });
	return plain;
}

function securedWith(url: URL, tls: TlsSettings | undefined): ConnectionOptions {
	const host = bareHost(url);
	const name = tls?.serverName ?? (/^[\d.]+$|:/.test(host) ? undefined : host);
	return {
		...(tls?.ca && { ca: tls.ca }),
		...(tls?.cert && { cert: tls.cert, key: tls.key }),
		...(tls?.ciphers && { ciphers: tls.ciphers }),
		...(name && { servername: name }),
		rejectUnauthorized: tls?.isInsecure !== true,
	};
}

const bareHost = (url: URL) => url.hostname.replace(/^\[|\]$/g, '');
const portOf = (url: URL) => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

function optionsFor(url: URL, path: string, { login, via }: PrometheusDial): RequestOptions {
	const { user, password, bearer } = login?.() ?? {};
	const authorization =
		bearer !== undefined
			? `Bearer ${bearer}`
			: user !== undefined || password !== undefined
				? `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`
				: undefined;
	return {
		method: 'POST',
		host: bareHost(url),
		port: portOf(url),
		// Through a command the stream has its TLS already.
		protocol: via === undefined ? url.protocol : 'http:',
		path: `${url.pathname.replace(/\/+$/, '')}/api/v1/${path}`,
		headers: {
			host: url.host,
			accept: 'application/json',
			'accept-encoding': 'gzip',
			'content-type': 'application/x-www-form-urlencoded',
			...(authorization && { authorization }),
		},
	};
}

type Limits = {
	readonly deadline: number;
	readonly limit: number;
	readonly onBytes: (count: number) => void;
};

async function textOf(options: RequestOptions, body: string, limits: Limits): Promise<string> {
	const stop = AbortSignal.timeout(limits.deadline);
	const request =
		options.protocol === 'https:' ? process.getBuiltinModule('node:https').request : requestHttp;
	return new Promise((resolve, reject) => {
		const fail = (error: Error) =>
			reject(stop.aborted ? new Refused(`no answer within ${Math.round(limits.deadline / 1000)}s`) : error);
		const sent = request({ ...options, signal: stop }, response => {
			readBody(response, limits).then(text => {
				const problem = problemOf(response, text);
				if (problem === undefined) resolve(text);
				else reject(new Refused(problem));
			}, fail);
		});
		sent.on('error', fail);
		sent.setHeader('content-length', Buffer.byteLength(body));
		sent.end(body);
	});
}

function readBody(response: IncomingMessage, { limit, onBytes }: Limits): Promise<string> {
	return new Promise((resolve, reject) => {
		const isPacked = response.headers['content-encoding'] === 'gzip';
		const stream = isPacked ? response.pipe(createGunzip()) : response;
		const chunks: Buffer[] = [];
		let length = 0;
		const fail = (error: Error) => {
			reject(error);
			response.destroy();
		};
		response.on('data', (chunk: Buffer) => onBytes(chunk.length));
		response.on('error', () => fail(new Refused('its answer broke off')));
		stream.on('data', (chunk: Buffer) => {
			length += chunk.length;
			if (length > limit) fail(new Refused(`its answer is longer than ${Math.round(limit / 1024 ** 2)} MB`));
			else chunks.push(chunk);
		});
		stream.on('error', () => fail(new Refused('its answer is damaged')));
		stream.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
	});
}

/**
 * Of what is not 200: that is no answer, whatever its body says. An error of Prometheus itself is JSON, and its words are
 * told by the parser.
 */
function problemOf({ statusCode = 0, headers }: IncomingMessage, text: string): string | undefined {
	if (statusCode === 200) return undefined;
	if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined)
		return `it leads on to ${printableText(withoutSecrets(headers.location))}: name that URL`;
	if (statusCode === 401) return 'it wants a login (401)';
	if (statusCode === 403) return 'it does not let this login ask (403)';
	if (statusCode === 404) return 'there is no /api/v1 at this URL (404)';
	if (isRefusal(parseAnswer(text, 'vector'))) return undefined;
	return `it answers ${statusCode}`;
}

const isRefusal = (answer: Answer) => 'problem' in answer && answer.isRefusal === true;

function withoutSecrets(location: string): string {
	return location.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/s, '');
}

const known: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'connection refused',
	ENOTFOUND: 'no such host',
	EAI_AGAIN: 'its name cannot be looked up now',
	EHOSTUNREACH: 'no way to its host',
	ENETUNREACH: 'no way to its host',
	ETIMEDOUT: 'no connection in time',
	ECONNRESET: 'it closed the connection',
	EPROTO: 'no TLS there: is it http:// ?',
	HPE_INVALID_CONSTANT: 'its answer is not HTTP',
	HPE_INVALID_VERSION: 'its answer is not HTTP',
};

function reasonOf(thrown: unknown): string {
	if (thrown instanceof Refused) return thrown.message;
	const { code = '', message } = thrown as NodeJS.ErrnoException;
	if (known[code]) return known[code];
	if (code.startsWith('HPE_')) return 'its answer is not HTTP';
	const tls = tlsWords(code, message);
	if (tls !== undefined) return tls;
	return printableText(message.slice(0, 160));
}
