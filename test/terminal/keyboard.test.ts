// What a terminal sends arrives by the names the table of keys uses, however a slow line splits it: an escape sequence
// is one key or none, answers of the terminal and reports of its mouse are none, what is pasted is text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Key, State } from '../../source/state/state.ts';
import type { Typed } from '../../source/terminal/key-decoder.ts';
import { type After, readKeys } from '../../source/terminal/keyboard.ts';
import { update } from '../../source/update/update.ts';
import { calm } from '../view/build-state.ts';

const keys: readonly (readonly [bytes: string, keys: readonly Key[]])[] = [
	['jjj', ['j', 'j', 'j']],
	['q\r', ['q', 'enter']],
	['\r', ['enter']],
	['\n', ['enter']],
	['A', ['A']],
	[' ', ['space']],
	['\t', ['tab']],
	['\x1b[Z', ['shift-tab']],
	['\x1b[A', ['up']],
	['\x1bOB', ['down']],
	['\x1b[B\x1b[B', ['down', 'down']],
	['\x1b[1;2A', ['up']],
	['\x1b[1;5D', ['left']],
	['\x1b[5~', ['pageup']],
	['\x1b[6~\x1b[C\x1b[D', ['pagedown', 'right', 'left']],
	['\x1b[6;5~', ['pagedown']],
	['\x1b[5^', ['pageup']],
	['\x1b[5$', ['pageup']],
	['\x1b[H', ['home']],
	['\x1b[1~\x1bOF', ['home', 'end']],
	['\x1b[F\x1b[3~', ['end', 'backspace']],
	['\x02\x06', ['ctrl-b', 'ctrl-f']],
	['\0', ['ctrl-space']],
	['\x7f', ['backspace']],
	['\b', ['backspace']],
	['\x03', ['ctrl-c']],
	['\x1a', ['ctrl-z']],
	['\x0c', ['ctrl-l']],
	['\x1b', ['escape']],
	['\x1b\x1b', ['escape', 'escape']],
	['\x1bj', ['escape', 'j']],
	['\x1b\r', ['escape', 'enter']],
	['\x1bé', ['escape', 'é']],
	['\x1b\x1b[A', ['escape', 'up']],
	['\x1bOP', ['f1']],
	['\x1b[11~', ['f1']],
	['\x1b[[A', ['f1']],
	['[', ['[']],
	['é数😀', ['é', '数', '😀']],
];

/** Function keys nobody asked for, the mouse, the focus, and what terminals answer. */
const silent: readonly (readonly [what: string, bytes: string])[] = [
	['F2 to F5', '\x1bOQ\x1bOR\x1bOS\x1b[15~'],
	['F12 and beyond', '\x1b[24~\x1b[34~\x1b[24;2~'],
	['F2 of the console', '\x1b[[B'],
	['Insert', '\x1b[2~'],
	['keys of other protocols', '\x1b[97;5u\x1b[27;5;9~\x1b[57399u'],
	['the focus', '\x1b[I\x1b[O'],
	['the mouse', '\x1b[<0;12;5M\x1b[<0;12;5m\x1b[<65;1;1M'],
	['the old mouse', '\x1b[M !!\x1b[Mqqq\x1b[M\xff\xff '],
	['the mouse of urxvt', '\x1b[32;10;12M'],
	['where the cursor is', '\x1b[24;80R\x1b[?24;80R'],
	['what the terminal is', '\x1b[?62;22c\x1b[>41;354;0c\x1bP!|00000000\x1b\\'],
	['its modes', '\x1b[?2026;2$y\x1b[?1u\x1b[?997;1n\x1b[0n'],
	['its colours', '\x1b]10;rgb:ffff/ffff/ffff\x07\x1b]11;rgb:0000/0000/0000\x1b\\\x1b]4;1;rgb:q/q/q\x07'],
	['its clipboard', '\x1b]52;c;cXF4eDEyMwpx\x1b\\'],
	['its name and settings', '\x1bP>|xterm(390)\x1b\\\x1bP1$r0m\x1b\\\x1bP1+r544e=787465726d\x1b\\'],
	['its size', '\x1b[8;40;140t\x1b[4;800;1400t'],
	['graphics', '\x1b_Gi=31;OK\x1b\\'],
	['no UTF-8', '\xff\xc3\xfe\x80'],
];

/** A keyboard whose time is ours: each piece comes so long after the one before. */
function typing() {
	const typed: Typed[] = [];
	let now = 0;
	let due: { at: number; act: () => void } | undefined;
	const after: After = (milliseconds, act) => {
		const mine = { at: now + milliseconds, act };
		due = mine;
		return () => {
			if (due === mine) due = undefined;
		};
	};
	const read = readKeys(each => typed.push(each), after);
	const pass = (milliseconds: number) => {
		now += milliseconds;
		if (!due || due.at > now) return;
		const { act } = due;
		due = undefined;
		act();
	};
	return {
		typed,
		pass,
		push: (bytes: Uint8Array) => read(bytes),
		keys: () => typed.flatMap(each => (each.type === 'keys' ? each.keys : [`pasted ${each.text}`])),
	};
}

const bytesOf = (text: string, encoding: 'utf8' | 'latin1' = 'utf8') => Buffer.from(text, encoding);
const longEnough = 2000;

function typedAtOnce(bytes: Uint8Array): readonly Key[] {
	const keyboard = typing();
	keyboard.push(bytes);
	keyboard.pass(longEnough);
	return keyboard.keys();
}

/** As what comes when each byte comes so long after the one before it. */
function typedSlowly(bytes: Uint8Array, gap: (index: number) => number): readonly Key[] {
	const keyboard = typing();
	for (const [index, byte] of bytes.entries()) {
		if (index > 0) keyboard.pass(gap(index));
		keyboard.push(Uint8Array.of(byte));
	}
	keyboard.pass(longEnough);
	return keyboard.keys();
}

test('what a terminal sends arrives by our names', () => {
	for (const [bytes, expected] of keys)
		assert.deepEqual(typedAtOnce(bytesOf(bytes)), expected, JSON.stringify(bytes));
});

test('a key that comes in pieces up to a tenth of a second apart is the same key, wherever it is split', () => {
	for (const [bytes, expected] of keys) {
		// Two escapes apart are two keys, as one is.
		const all = bytesOf(bytes);
		for (let split = 1; split < all.length; split++) {
			for (const gap of [0, 1, 20, 50, 99, 100]) {
				const keyboard = typing();
				keyboard.push(all.subarray(0, split));
				keyboard.pass(gap);
				keyboard.push(all.subarray(split));
				keyboard.pass(longEnough);
				assert.deepEqual(keyboard.keys(), expected, `${JSON.stringify(bytes)} at ${split}, ${gap} ms`);
			}
		}
		for (const gap of [0, 20, 100])
			assert.deepEqual(
				typedSlowly(all, () => gap),
				expected,
				`${JSON.stringify(bytes)}, each byte ${gap} ms`,
			);
	}
});

test('answers of the terminal, its mouse, the focus and unknown function keys are no keys, split or whole', () => {
	for (const [what, text] of silent) {
		const bytes = bytesOf(text, 'latin1');
		assert.deepEqual(typedAtOnce(bytes), [], what);
		for (const gap of [0, 100])
			assert.deepEqual(
				typedSlowly(bytes, () => gap),
				[],
				`${what}, ${gap} ms`,
			);
		assert.deepEqual(typedAtOnce(Buffer.concat([bytesOf('j'), bytes, bytesOf('k')])), ['j', 'k'], what);
	}
});

test('all of them in any order and in any pieces', () => {
	const any = fc.constantFrom(
		...keys
			.filter(([bytes]) => !/\x1b$/.test(bytes))
			.map(([bytes, expected]) => ({ bytes: bytesOf(bytes), expected })),
		...silent
			.filter(([what]) => what !== 'no UTF-8')
			.map(([, bytes]) => ({ bytes: bytesOf(bytes, 'latin1'), expected: [] as Key[] })),
	);
	fc.assert(
		fc.property(fc.array(any, { maxLength: 12 }), fc.array(fc.nat(100), { minLength: 1 }), (all, gaps) => {
			const bytes = Buffer.concat(all.map(each => each.bytes));
			const expected = all.flatMap(each => each.expected);
			assert.deepEqual(typedAtOnce(bytes), expected);
			assert.deepEqual(
				typedSlowly(bytes, index => gaps[index % gaps.length]!),
				expected,
			);
		}),
		{ numRuns: 300 },
	);
});

test('no bytes make it throw, or wait for ever', () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 }), pieces => {
			const keyboard = typing();
			for (const piece of pieces) keyboard.push(piece);
			keyboard.pass(longEnough);
			keyboard.push(bytesOf('\x03'));
			assert.equal(keyboard.keys().at(-1), 'ctrl-c');
		}),
		{ numRuns: 1000 },
	);
});

test('an escape alone is told after an eighth of a second, what is left of another sequence never', () => {
	const keyboard = typing();
	keyboard.push(bytesOf('\x1b'));
	keyboard.pass(124);
	assert.deepEqual(keyboard.keys(), []);
	keyboard.pass(1);
	assert.deepEqual(keyboard.keys(), ['escape']);
	for (const part of [
		'\x1b[',
		'\x1b[1',
		'\x1b[1;',
		'\x1bO',
		'\x1b]11;rgb:',
		'\x1bP>|',
		'\x1b[M!',
		'\x1b[<0;1',
	]) {
		keyboard.push(bytesOf(part));
		keyboard.pass(longEnough);
		assert.deepEqual(keyboard.keys(), ['escape'], JSON.stringify(part));
	}
	keyboard.push(bytesOf('q'));
	assert.deepEqual(keyboard.keys(), ['escape', 'q']);
});

test('^C within a sequence that was broken off is ^C', () => {
	for (const part of ['\x1b[', '\x1b[12;', '\x1bO', '\x1b]11;rgb:ff', '\x1bP>|', '\x1b[M!'])
		assert.deepEqual(typedAtOnce(bytesOf(`${part}\x03`)), ['ctrl-c'], JSON.stringify(part));
});

const pastes = (text: string) => `\x1b[200~${text}\x1b[201~`;

test('what is pasted is text, whatever it holds and however it is split', () => {
	for (const text of ['q', 'dd\rq\r', '\x1b[A\x1b', '数😀', ':q!\n', 'x\x1b[200~y', '\x1b[201', '']) {
		const bytes = bytesOf(pastes(text));
		const expected: Typed[] = [
			{ type: 'keys', keys: ['j'] },
			{ type: 'paste', text },
			{ type: 'keys', keys: ['k'] },
		];
		const whole = typing();
		whole.push(Buffer.concat([bytesOf('j'), bytes, bytesOf('k')]));
		assert.deepEqual(whole.typed, expected, JSON.stringify(text));
		assert.deepEqual(
			typedSlowly(bytes, () => 100),
			[`pasted ${text}`],
			JSON.stringify(text),
		);
	}
});

test('a paste of any size keeps its beginning, and one whose end is lost ends', () => {
	const keyboard = typing();
	keyboard.push(bytesOf('\x1b[200~'));
	for (let times = 0; times < 1000; times++) keyboard.push(bytesOf('q'.repeat(10_000)));
	keyboard.push(bytesOf('\x1b[201~j'));
	assert.deepEqual(keyboard.typed, [
		{ type: 'paste', text: 'q'.repeat(4096) },
		{ type: 'keys', keys: ['j'] },
	]);
	keyboard.push(bytesOf('\x1b[200~qqq'));
	keyboard.pass(longEnough);
	assert.deepEqual(keyboard.keys().slice(2), [], 'it may go on');
	keyboard.pass(10_000);
	keyboard.push(bytesOf('k'));
	assert.deepEqual(keyboard.keys().slice(2), ['pasted qqq', 'k']);
});

test('a line that stalls within a paste makes no keys of its rest; ^C that is pressed meanwhile is heard', () => {
	const keyboard = typing();
	keyboard.push(bytesOf('\x1b[200~one\nq'));
	keyboard.pass(longEnough);
	keyboard.push(bytesOf('q'));
	keyboard.pass(longEnough);
	keyboard.push(bytesOf('q!\r\x03\x1b[201'));
	keyboard.pass(longEnough);
	keyboard.push(bytesOf('~k'));
	assert.deepEqual(keyboard.keys(), ['pasted one\nqqq!\r\x03', 'k']);
	for (const part of ['\x1b', '\x1b[', '\x1b[2', '\x1b[200']) {
		const other = typing();
		other.push(bytesOf(part));
		other.pass(longEnough);
		other.push(bytesOf(pastes('q').slice(part.length)));
		assert.deepEqual(
			other.keys(),
			[...(part === '\x1b' ? ['escape'] : []), 'pasted q'],
			JSON.stringify(part),
		);
	}
	keyboard.push(bytesOf('\x1b[200~q'));
	keyboard.pass(longEnough);
	keyboard.push(bytesOf('\x03'));
	keyboard.push(bytesOf('j'));
	assert.deepEqual(keyboard.keys().slice(2), ['ctrl-c', 'j']);
});

/** Fifty texts as they are copied from tickets, chats, shells and logs, and some that somebody made to be pasted. */
const copied: readonly string[] = [
	...[
		'',
		' ',
		'q',
		'qq',
		'x',
		'!',
		':q!',
		'?',
		'/',
		'1',
		'6',
		'\r',
		'\n',
		'\t',
		'\x7f',
		'\x1b',
		'\x03',
		'\x1a',
	],
	...[
		'\x1b[A',
		'\x1bOP',
		'\x1b[200~',
		'\x1b[201~',
		'\x1b[201~q',
		'a\x1b[201~q\rx',
		'\x1b[201',
		'201~',
		'[201~',
	],
	...[
		'\x1b]52;c;cXF4\x07',
		'\x1bP1$r0m\x1b\\',
		'\x1b[<0;12;5M',
		'\x1b[?2004l',
		'\x1b[?1049l\x1b[2J',
		'\x9b201~q',
	],
	...[
		'10.0.1.12:6379',
		'10.0.1.12:6379\n',
		'q\r\nq\r\nq\r\n',
		'redis-cli -p 6379 FLUSHALL\n',
		'sudo reboot\n',
	],
	...[
		'CONFIG SET maxmemory 1gb\r',
		'x\r10.0.1.12:6379\r',
		'{"key": "cart:{8841}"}',
		"it's; rm -rf ~\n",
		'a\0b',
	],
	...[
		'é数😀',
		'שלום',
		'e\u0301',
		'\u202eq',
		'q'.repeat(5000),
		`${'line of a log q!\n'.repeat(300)}`,
		'\x03'.repeat(9),
	],
];

/** What comes of a paste that comes whole, byte by byte, or stalls for more than a second at any byte. */
function pastedInAnyWay(text: string): readonly (readonly Typed[])[] {
	const bytes = bytesOf(pastes(text), /[\x80-\x9f]/.test(text) ? 'latin1' : 'utf8');
	const typedBy = (type: (keyboard: ReturnType<typeof typing>) => void) => {
		const keyboard = typing();
		type(keyboard);
		keyboard.pass(longEnough);
		return keyboard.typed;
	};
	const whole = typedBy(({ push }) => push(bytes));
	// Whoever makes a text that holds the end, on a line that splits it there, is past all that can be known.
	if (text.includes('\x1b[201~')) return [whole];
	const slowly = typedBy(({ push, pass }) => {
		for (const byte of bytes) {
			push(Uint8Array.of(byte));
			pass(100);
		}
	});
	const splits = Array.from({ length: bytes.length - 2 }, (_, index) => index + 2);
	const stalled = splits
		.filter(at => at < 40 || at > bytes.length - 10)
		.map(at =>
			typedBy(({ push, pass }) => {
				push(bytes.subarray(0, at));
				pass(1500);
				push(bytes.subarray(at));
			}),
		);
	return [whole, slowly, ...stalled];
}

test('fifty texts, pasted in any way, are text and no keys', () => {
	assert.equal(copied.length, 50);
	for (const text of copied)
		for (const typed of pastedInAnyWay(text))
			assert.deepEqual(
				typed.map(({ type }) => type),
				['paste'],
				JSON.stringify(text.slice(0, 40)),
			);
});

const screens = ['fleet', 'node', 'cluster', 'hot-keys', 'big-keys', 'runbook', 'help'] as const;

test('pasted on a screen they do nothing, and in a question they are one line of text', () => {
	for (const text of copied)
		for (const paste of pastedInAnyWay(text)[0]!)
			for (const screen of screens) {
				const before: State = { ...calm(), screen, isChangesAllowed: true };
				const [after, effects] = update(before, { ...paste, at: before.at });
				assert.deepEqual(effects, []);
				const changed = Object.keys(after).filter(
					name => after[name as keyof State] !== before[name as keyof State],
				);
				assert.deepEqual(changed, ['toast'], `${screen} ${JSON.stringify(text.slice(0, 40))}`);
				const asking: State = { ...before, prompt: { kind: 'filter', text: '', before: '' } };
				const [asked, more] = update(asking, { ...paste, at: before.at });
				assert.deepEqual(more, []);
				assert.ok(asked.prompt?.kind === 'filter', 'the question is open');
				assert.doesNotMatch(asked.prompt.text, /\p{Cc}/u);
			}
});
