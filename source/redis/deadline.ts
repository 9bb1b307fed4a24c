// A limit for every wait: a server that hangs must cost its own row and nothing else.

import { performance } from 'node:perf_hooks';

/** The deadline passed without an answer. */
export class NoAnswer extends Error {
	constructor(milliseconds: number) {
		super(`no answer for ${Math.round(milliseconds / 1000)}s`);
	}
}

/** No connection and no TLS handshake in time: unreachable, or a port that does not speak TLS. */
export class NoHandshake extends Error {
	constructor(milliseconds: number) {
		super(
			`no TLS handshake within ${Math.round(milliseconds / 1000)}s (a port without TLS? leave out --tls)`,
		);
	}
}

/**
 * The promise, or NoAnswer after `milliseconds`. The promise itself goes on; its late result is nobody's.
 * When this process was stopped or blocked (^Z, a terminal that does not read), timers fire before the answers
 * that wait in the sockets are read: then a moment more is given, or every node would look dead at once.
 */
export function withDeadline<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
	return new Promise((resolve, reject) => {
		const expire = () => reject(new NoAnswer(milliseconds));
		const dueAt = performance.now() + milliseconds;
		let timer = setTimeout(() => {
			if (performance.now() - dueAt > 300) timer = setTimeout(expire, 500);
			else expire();
		}, milliseconds);
		promise.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}

/** Undefined where it takes longer. */
export function soon<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
	return new Promise(resolve => {
		const timer = setTimeout(() => resolve(undefined), milliseconds);
		void promise.then(value => {
			clearTimeout(timer);
			resolve(value);
		});
	});
}
