// What is asked on a polled connection and what is taken for its answer, on a line in memory.

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import type { Reply } from '../../source/core/types.ts';
import { call } from '../../source/redis/commands.ts';
import { takeLine } from '../../source/redis/poll-line.ts';

/** A client's stream: what was written to it, and what the server says. */
function lineInMemory() {
	const written: string[] = [];
	const stream = new Duplex({
		allowHalfOpen: false,
		read() {},
		write(chunk: Buffer, _, done) {
			written.push(chunk.toString('latin1'));
			done();
		},
	});
	stream.on('error', () => {});
	const line = takeLine({ stream } as unknown as Redis, undefined);
	const say = async (text: string) => {
		stream.push(Buffer.from(text, 'latin1'));
		await settled();
	};
	return { line, stream, say, written };
}

const settled = () => new Promise<void>(resolve => setImmediate(resolve));
const [info, ping] = [call('info'), call('ping')];

const replies: readonly [string, Reply][] = [
	['$4\r\na\r\nb\r\n', 'a\r\nb'],
	['$0\r\n\r\n', ''],
	['$-1\r\n', null],
	['+PONG\r\n', 'PONG'],
	[':12\r\n', 12],
	['-LOADING Redis is loading\r\n', { error: 'LOADING Redis is loading' }],
	['-NOAUTH Authentication required.\r\n', { error: 'NOAUTH Authentication required.' }],
	[`*3\r\n$40\r\n${'x'.repeat(40)}\r\n:1\r\n-ERR no\r\n`, ['x'.repeat(40), 1, { error: 'ERR no' }]],
];

test('each question has the replies that are its own, whatever pieces they come in', async () => {
	const asked = fc.array(fc.array(fc.constantFrom(...replies), { minLength: 1, maxLength: 4 }), {
		minLength: 1,
		maxLength: 4,
	});
	await fc.assert(
		fc.asyncProperty(asked, fc.array(fc.integer({ min: 1, max: 50 })), async (questions, cuts) => {
			const { line, say } = lineInMemory();
			const firsts: number[] = [];
			const told = questions.map((all, index) => {
				const calls = all.map(() => info);
				if (all.length > 1) return line.ask(calls, () => firsts.push(index));
				return new Promise(resolve => line.askOne(ping, reply => resolve([reply])));
			});
			const text = questions
				.flat()
				.map(([bytes]) => bytes)
				.join('');
			let at = 0;
			for (const size of cuts) {
				await say(text.slice(at, at + size));
				at += size;
			}
			await say(text.slice(at));
			assert.deepEqual(
				await Promise.all(told),
				questions.map(all => all.map(([, reply]) => reply)),
			);
			assert.deepEqual(
				firsts,
				[...questions.keys()].filter(index => questions[index]!.length > 1),
			);
		}),
		{ numRuns: 50 },
	);
});

test('what was said before it was asked, or after it was given up, answers nothing', async () => {
	const { line, stream, say, written } = lineInMemory();
	await say('-ERR max number of clients reached\r\n');
	const told: unknown[] = [];
	const tell = (reply: unknown) => void told.push(reply);
	line.askOne(ping, tell);
	await say('+PONG\r\n');
	assert.deepEqual(told, ['PONG']);
	assert.deepEqual(written, ['*1\r\n$4\r\nPING\r\n']);
	const asked = line.ask([info, info], () => tell('first'));
	line.askOne(ping, tell);
	await say('$10\r\nredis');
	line.leave();
	await assert.rejects(asked, /closed/);
	assert.deepEqual(told, ['PONG', undefined]);
	await say('_v:1\r\n+OK\r\n+PONG\r\n');
	await assert.rejects(
		line.ask([info], () => tell('first')),
		/closed/,
	);
	line.askOne(ping, tell);
	stream.destroy();
	await settled();
	assert.deepEqual(told, ['PONG', undefined, undefined]);
	assert.equal(written.length, 3);
});

test('a line that ends within a reply, by itself or because what came is none, ends all that waits', async () => {
	const cases: readonly [(stream: Duplex) => void, RegExp][] = [
		[stream => stream.push(null), /closed/],
		[stream => void [stream.push('+OK\r\n$100\r\nx'), stream.push(null)], /aborted/],
		[stream => stream.destroy(new Error('ECONNRESET')), /closed/],
		[stream => stream.push('HTTP/1.1 400 Bad Request\r\n'), /closed/],
		[stream => stream.push('+OK\r\n!oops\r\n'), /aborted/],
		[stream => stream.push('$99999999999999\r\n'), /closed/],
	];
	for (const [end, words] of cases) {
		const { line, stream } = lineInMemory();
		const asked = assert.rejects(
			line.ask([info, info], () => {}),
			words,
		);
		const alone = new Promise(resolve => line.askOne(ping, resolve));
		end(stream);
		await asked;
		assert.equal(await alone, undefined);
	}
});
