// Key spaces for the scan: mixed types and sizes under the patterns of a shop, with and without TTL, so that what a
// scan says can be held against what was written. Written over a bare socket, in big pieces.

import { connect } from 'node:net';
import { slotOf } from '../../source/core/keys/key-slot.ts';
import type { RunningServer } from '../servers/start.ts';

export type Words = readonly (string | number)[];

/** All commands in order; errors are not looked for but counted. */
export async function send(node: RunningServer, commands: Iterable<Words>): Promise<number> {
	const socket = connect({ host: node.host, port: node.port });
	let errors = 0;
	let tail = '';
	let isDone: (() => void) | undefined;
	socket.on('data', chunk => {
		const text = tail + chunk.toString('latin1');
		errors += text.split('\r\n-').length - 1;
		tail = text.slice(-12);
		if (text.includes('the-end\r\n')) isDone?.();
	});
	const done = new Promise<void>((resolve, reject) => {
		isDone = resolve;
		socket.once('error', reject);
	});
	const write = (text: string) =>
		socket.write(text, 'latin1') ? undefined : new Promise(resolve => socket.once('drain', resolve));
	let text = '';
	for (const words of commands) {
		text += encoded(words);
		if (text.length < 1 << 18) continue;
		await write(text);
		text = '';
	}
	await write(text + encoded(['ECHO', 'the-end']));
	await done;
	socket.destroy();
	return errors;
}

function encoded(words: Words): string {
	return `*${words.length}\r\n${words.map(word => `$${String(word).length}\r\n${word}\r\n`).join('')}`;
}

/** What `fillMixed` writes for the n-th key: one of six patterns. */
export function mixedKey(n: number): {
	readonly key: string;
	readonly pattern: string;
	readonly commands: readonly Words[];
	readonly hasTtl: boolean;
} {
	const id = n * 7919;
	const few = n % 97 === 0 ? 600 + (n % 4001) : 1 + (n % 9);
	const items = (make: (index: number) => Words) =>
		Array.from({ length: few }, (_, index) => make(index)).flat();
	switch (n % 10) {
		case 0:
			return made(`cart:{${id}}:items`, 'cart:{*}:items', n % 30 === 0, [
				'HSET',
				`cart:{${id}}:items`,
				...items(i => [`f${i}`, `value ${i}`]),
			]);
		case 1:
			return made(`queue:mail:${id}`, 'queue:mail:*', false, [
				'RPUSH',
				`queue:mail:${id}`,
				...items(i => [`mail ${i}`]),
			]);
		case 2:
			return made(`seen:${id}:ids`, 'seen:*:ids', true, [
				'SADD',
				`seen:${id}:ids`,
				...items(i => [`id-${i}`]),
			]);
		case 3:
			return made(`feed:${id}`, 'feed:*', n % 20 === 3, [
				'ZADD',
				`feed:${id}`,
				...items(i => [i, `post ${i}`]),
			]);
		case 4:
		case 5:
			return made(`page:${id}`, 'page:*', n % 3 > 0, ['SET', `page:${id}`, 'x'.repeat(100 + (n % 1000))]);
		default:
			return made(`sess:${id}:profile`, 'sess:*:profile', n % 7 !== 0, [
				'SET',
				`sess:${id}:profile`,
				'y'.repeat(20 + (n % 60)),
			]);
	}
}

function made(key: string, pattern: string, hasTtl: boolean, command: Words) {
	return { key, pattern, hasTtl, commands: hasTtl ? [command, ['EXPIRE', key, 100_000]] : [command] };
}

/** `own`: only keys that lie in this node's slots, as many as asked. */
export async function fillMixed(
	node: RunningServer,
	keys: number,
	which: 'all' | 'own' = 'all',
): Promise<void> {
	const ranges = which === 'own' ? await slotsOf(node) : undefined;
	const isOwn = (key: string) =>
		!ranges || ranges.some(([first, last]) => slotOf(key) >= first! && slotOf(key) <= last!);
	function* commands() {
		for (let n = 0, written = 0; written < keys; n++) {
			const { key, commands } = mixedKey(n);
			if (!isOwn(key)) continue;
			written++;
			yield* commands;
		}
	}
	const errors = await send(node, commands());
	if (errors > 0) throw new Error(`${errors} errors while filling ${node.address}`);
}

async function slotsOf(node: RunningServer): Promise<number[][]> {
	const line = String(await node.call('CLUSTER', 'NODES'))
		.split('\n')
		.find(text => text.includes('myself'))!;
	return line
		.split(' ')
		.slice(8)
		.map(range => {
			const [first, last = first] = range.split('-').map(Number);
			return [first!, last!];
		});
}

/** Strings under so many different patterns. */
export async function fillMore(node: RunningServer, keys: number, patterns: number): Promise<void> {
	function* commands() {
		for (let n = 0; n < keys; n++)
			yield ['SET', `${word(n % patterns)}:${n}:${word((n * 31) % patterns)}`, 'x'];
	}
	await send(node, commands());
}

/** A word of letters alone for each number. */
export function word(n: number): string {
	let text = '';
	for (let rest = n; text.length < 4 || rest > 0; rest = Math.floor(rest / 20))
		text += 'bcdfghjklmnpqrstvwxz'[rest % 20];
	return text;
}
