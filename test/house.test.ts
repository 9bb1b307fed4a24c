// Who may import whom, and what is kept out of the pure parts: the rules of the house, held by reading the sources.
// Only the text of the files is read, nothing is run. `violationsIn` takes the files as a Map, so that the second half
// can plant one violation of each rule and see it found: a rule that finds nothing would look just like a clean house.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Path under source/ → text. */
type Files = ReadonlyMap<string, string>;

type Room = {
	/** Other rooms it may import from, beside itself. */
	readonly rooms: readonly string[];
	readonly packages?: readonly string[];
	readonly hasNode?: boolean;
	/** No clock, randomness, timer, `process`. */
	readonly isPure?: boolean;
};

const react = ['react', 'ink'];

/** Folders, and the files that stand beside them. */
const house: Readonly<Record<string, Room>> = {
	core: { rooms: [], isPure: true },
	runbooks: { rooms: ['core'], isPure: true },
	state: { rooms: ['core', 'runbooks'], isPure: true },
	view: { rooms: ['core', 'runbooks', 'state'], packages: ['asciichart'], isPure: true },
	update: { rooms: ['core', 'runbooks', 'state', 'view'], isPure: true },
	// Keys in, frames out.
	terminal: { rooms: ['core', 'state', 'view'], packages: react, hasNode: true },
	redis: { rooms: ['core', 'files'], packages: ['ioredis'], hasNode: true },
	output: {
		rooms: ['core', 'runbooks', 'state', 'view', 'files', 'flag-table.ts'],
		packages: [...react, 'ink-table'],
		hasNode: true,
	},
	// The other source of figures: the HTTP API of a Prometheus. The clock and --via are of redis/.
	prometheus: { rooms: ['core', 'redis'], hasNode: true },
	demo: { rooms: ['core', 'redis'], hasNode: true },
	// Files, from the loop to the command line.
	files: { rooms: [], hasNode: true },
	recording: { rooms: ['core', 'state', 'files'], packages: ['valibot'], hasNode: true },
	'replay.ts': { rooms: ['core', 'state', 'recording'], hasNode: true },
	'key-pressure.ts': { rooms: ['core', 'state'] },
	'key-work.ts': {
		rooms: ['core', 'redis', 'state', 'key-pressure.ts'],
		hasNode: true,
	},
	'key-work-late.ts': { rooms: ['state', 'key-work.ts'], hasNode: true },
	'engine.ts': {
		rooms: [
			...['core', 'redis', 'prometheus', 'state', 'update'],
			...['key-work-late.ts', 'recording', 'replay.ts'],
		],
		hasNode: true,
	},
	'seed.ts': { rooms: ['core'], hasNode: true },
	'seed-names.ts': { rooms: ['seed.ts'], hasNode: true },
	'flag-table.ts': { rooms: ['core', 'state'] },
	'prometheus-url.ts': { rooms: [] },
	'flag-words.ts': { rooms: ['flag-table.ts'] },
	// What each group of flags means.
	flags: { rooms: ['core', 'state', 'seed.ts', 'prometheus-url.ts', 'flag-words.ts'], hasNode: true },
	'flags.ts': {
		rooms: ['flags', 'core', 'state', 'seed.ts', 'flag-table.ts', 'flag-words.ts'],
		packages: ['meow'],
		hasNode: true,
	},
	'settings.ts': {
		rooms: ['core', 'state', 'view', 'flag-table.ts', 'files', 'prometheus-url.ts'],
		packages: ['valibot'],
		hasNode: true,
	},
	'sent-log.ts': { rooms: ['core', 'redis', 'files'], hasNode: true },
	'version.ts': { rooms: [], hasNode: true },
	// What the shell that restores the terminal may see of our environment.
	'ask-password.ts': { rooms: ['redis'], hasNode: true },
	'modes/prepare-demo.ts': { rooms: ['demo', 'recording'], hasNode: true },
	// The ways to run: with a screen, as text, once. Here the rest is put together.
	modes: {
		rooms: [
			...[
				'core',
				'state',
				'view',
				'redis',
				'prometheus',
				'output',
				'terminal',
				'demo',
				'engine.ts',
				'update',
				'key-pressure.ts',
				'recording',
			],
			...['flags.ts', 'settings.ts', 'sent-log.ts', 'files'],
		],
		hasNode: true,
	},
	// What a run begins with: it answers what needs nothing else.
	'entry.ts': { rooms: ['flag-words.ts', 'output', 'version.ts', 'cli.tsx'], hasNode: true },
	'cli.tsx': {
		rooms: [
			...[
				'core',
				'state',
				'update',
				'redis',
				'prometheus',
				'output',
				'demo',
				'modes',
				'recording',
				'flags.ts',
				'settings.ts',
			],
			...['seed.ts', 'seed-names.ts', 'sent-log.ts', 'version.ts', 'ask-password.ts', 'files'],
		],
		hasNode: true,
	},
};

const impurities: readonly (readonly [what: string, words: RegExp])[] = [
	[
		'a clock',
		/\bDate\s*\.\s*now\b|\bnew\s+Date\s*(\(\s*\)|(?![\w\s(]))|(?<![\w$.]|new\s)Date\s*\(|\bperformance\b/,
	],
	['randomness', /\bMath\s*\.\s*random\b|\bcrypto\b/],
	['a timer', /\bset(Timeout|Interval|Immediate)\b|\brequestAnimationFrame\b|\bqueueMicrotask\b/],
	['process', /(?<![\w$.])process\s*[.?[]|\bglobalThis\b/],
];

/** Rooms that draw what others made: what is to be told apart is a field, and no text is taken apart. */
const drawing = ['view', 'terminal'];

/** What may be taken apart there, and why: our own lines, and what comes from the keyboard. */
const takenApart: Readonly<Record<string, string>> = {
	'view/theme.ts': 'the last gate before the terminal looks at every character, whoever made it',
	'terminal/key-decoder.ts': 'the bytes of a terminal are sequences',
	'terminal/clipboard.ts': 'the name of the terminal, and what tmux says of its own',
	'view/chart.ts': 'a chart comes from its package as one text',
	'view/parts/text-lines.ts': 'a sentence is broken between its words',
	'view/screens/hot-keys/ways.ts': 'a sentence ends with a full stop',
	'view/screens/cluster/failover.ts': 'a line is cut between its words',
	'view/screens/big-keys/table.ts': 'a size that we wrote ourselves has one cell less',
	'view/screens/big-keys/sums.ts': 'a share that we wrote ourselves is a < or not',
	'view/format.ts': 'a host is the part of an address before its port',
	'view/screens/fleet/rows.ts': 'a command is written as the ACL has it',
	'view/keymap.ts': 'ctrl- begins the name of a key',
	'view/screens/fleet/screen.ts': 'a day without its hyphens is the name of a file',
	'terminal/terminal-output.ts': 'the codes of a terminal begin with an escape',
};

/** Every breach as `file: what is wrong`. */
function violationsIn(files: Files): string[] {
	const each = [...files].flatMap(([file, text]) => [
		...importFaults(file, text),
		...purityFaults(file, text),
		...textFaults(file, text),
	]);
	return [...each, ...circlesIn(files)];
}

function importFaults(file: string, text: string): string[] {
	const name = roomOf(file);
	const room = house[name];
	if (!room) return [`${file}: stands in no room of the house`];
	return importsOf(text).flatMap(target => {
		const isAllowed = target.startsWith('.') ? mayEnter(file, target) : mayUse(room, target);
		return isAllowed ? [] : [`${file}: ${name} may not import ${target}`];
	});
}

function mayEnter(file: string, target: string): boolean {
	const path = resolve(file, target);
	const name = roomOf(file);
	if (path.startsWith('../')) return name === 'cli.tsx' && path === '../package.json';
	return roomOf(path) === name || house[name]!.rooms.includes(roomOf(path));
}

function mayUse(room: Room, target: string): boolean {
	if (target.startsWith('node:')) return room.hasNode === true;
	return (room.packages ?? []).some(name => target === name || target.startsWith(`${name}/`));
}

function purityFaults(file: string, text: string): string[] {
	if (!house[roomOf(file)]?.isPure) return [];
	const code = stripped(text);
	return impurities.filter(([, words]) => words.test(code)).map(([what]) => `${file}: uses ${what}`);
}

function textFaults(file: string, text: string): string[] {
	if (!drawing.includes(roomOf(file)) || Object.hasOwn(takenApart, file)) return [];
	return takesTextApart(text) ? [`${file}: takes a text apart`] : [];
}

const takesTextApart = (text: string) =>
	apart.test(stripped(text)) || sought.test(stripped(text, true)) || hasRegexp(text);

/** Called, handed on, or taken out of its object; by its name in brackets, too. */
const apart =
	/\.(split|match|matchAll|search|startsWith|endsWith|lastIndexOf|substring|substr|replace|replaceAll|charAt|charCodeAt|codePointAt)\b|\bRegExp\b|\{[^{}]*\b(split|matchAll|startsWith|endsWith)\b[^{}]*\}\s*=|\[\s*''\s*\]\s*(\?\.)?\(/;
/** Words that are looked for in a sentence: a value of a list has no space and no colon. */
const sought = /\.(includes|indexOf)\s*(\?\.)?\(\s*(['"`])[^'"`]*[ :;,.][^'"`]*\3/;

function roomOf(path: string): string {
	return path.split('/')[0]!;
}

function resolve(file: string, target: string): string {
	const parts = file.split('/').slice(0, -1);
	for (const part of target.split('/')) {
		if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
		else if (part !== '.') parts.push(part);
	}
	return parts.join('/');
}

function importsOf(text: string): string[] {
	const code = stripped(text, true);
	const forms =
		/\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"`]([^'"`]+)['"`]|\brequire\s*\(\s*['"`]([^'"`]+)['"`]/g;
	return [...code.matchAll(forms)].map(([, from, direct, required]) => (from ?? direct ?? required)!);
}

/** Circles of imports, types too: two files that need each other's words are one idea in two places. */
function circlesIn(files: Files): string[] {
	const done = new Set<string>();
	const circles: string[] = [];
	const walk = (file: string, path: readonly string[]): void => {
		if (path.includes(file))
			circles.push(`${file}: a circle, ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
		if (done.has(file)) return;
		done.add(file);
		const targets = importsOf(files.get(file) ?? '').filter(target => target.startsWith('.'));
		for (const target of targets) walk(resolve(file, target), [...path, file]);
	};
	for (const file of files.keys()) walk(file, []);
	return circles;
}

/** A regular expression is there where the code without it is another one. */
function hasRegexp(text: string): boolean {
	let isThere = false;
	stripped(text, false, () => {
		isThere = true;
	});
	return isThere;
}

// What is left of a regular expression literal, a comment or a string would be read as code. A quote in the text of an
// element (`don't`) ends with its line, as a string would.
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const string = /'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?/y;
const regexp = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const beforeRegexp = /(?:^|[=(,:[!&|?{};+>]|\breturn)\s*$/;

/** The code of a file without comments and regular expressions, and without what its strings say unless they are kept. */
function stripped(text: string, keepsStrings = false, onRegexp: () => void = () => {}): string {
	let code = '';
	for (let at = 0; at < text.length; ) {
		const isSlash = text[at] === '/';
		const remark = isSlash ? matchAt(comment, text, at) : '';
		const pattern = isSlash && !remark && beforeRegexp.test(code.slice(-20)) ? matchAt(regexp, text, at) : '';
		if (pattern) onRegexp();
		const skipped = remark || pattern;
		const quoted = skipped ? '' : matchAt(string, text, at);
		if (skipped) code += ' ';
		else if (quoted) code += keepsStrings ? quoted : `''`;
		if (skipped || quoted) at += (skipped || quoted).length;
		else if (text[at] === '`') {
			const [inside, next] = template(text, at + 1, keepsStrings, onRegexp);
			code += inside;
			at = next;
		} else code += text[at++];
	}
	return code;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
	pattern.lastIndex = at;
	return pattern.exec(text)?.[0] ?? '';
}

// The words of a template are dropped, the code in its ${…} stays.
function template(
	text: string,
	start: number,
	keepsStrings: boolean,
	onRegexp?: () => void,
): [code: string, next: number] {
	let code = '';
	let at = start;
	while (at < text.length && text[at] !== '`') {
		if (text.startsWith('${', at)) {
			const end = endOfHole(text, at + 2);
			code += ` (${stripped(text.slice(at + 2, end), keepsStrings, onRegexp)}) `;
			at = end + 1;
		} else at += text[at] === '\\' ? 2 : 1;
	}
	return [`''${code}`, at + 1];
}

function endOfHole(text: string, start: number): number {
	let depth = 1;
	for (let at = start; at < text.length; at++) {
		if (text[at] === '`') at = template(text, at + 1, false)[1] - 1;
		else if (text[at] === '{') depth++;
		else if (text[at] === '}' && --depth === 0) return at;
	}
	return text.length;
}

function sources(): Files {
	const folder = fileURLToPath(new URL('../source/', import.meta.url));
	const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path =>
		path.replaceAll('\\', '/'),
	);
	return new Map(
		paths.filter(path => /\.tsx?$/.test(path)).map(path => [path, readFileSync(folder + path, 'utf8')]),
	);
}

test('what may take a text apart still does', () => {
	const files = sources();
	for (const file of Object.keys(takenApart)) assert.ok(takesTextApart(files.get(file) ?? ''), file);
});

test('the house keeps its rules', () => {
	const files = sources();
	assert.ok(files.size > 20, 'the sources were found');
	assert.deepEqual(violationsIn(files), []);
});

/** One clock, or an interval is measured by one that somebody sets. */
test('only redis/clock.ts asks for the time of day', () => {
	const asking = [...sources()].filter(([, text]) => /\bDate\s*\.\s*now\b/.test(text)).map(([file]) => file);
	assert.deepEqual(asking, ['redis/clock.ts']);
});

const planted: readonly [rule: string, files: Record<string, string>, found: RegExp][] = [
	[
		'core imports nothing of node',
		{ 'core/a.ts': `import fs from 'node:fs';` },
		/core may not import node:fs/,
	],
	['core imports no package', { 'core/a.ts': `import { Redis } from 'ioredis';` }, /may not import ioredis/],
	[
		'core imports nothing outside core',
		{ 'core/a.ts': `import { b } from '../state/b.ts';` },
		/may not import \.\.\/state/,
	],
	['type imports count', { 'core/a.ts': `import type { B } from '../view/b.ts';` }, /may not import/],
	[
		'imports of several lines count',
		{ 'core/a.ts': `import {\n\tb,\n} from '../view/b.ts';` },
		/may not import/,
	],
	['exports from elsewhere count', { 'core/a.ts': `export { b } from '../view/b.ts';` }, /may not import/],
	['imports for their effect count', { 'core/a.ts': `import '../view/b.ts';` }, /may not import/],
	[
		'imports on the way count',
		{ 'core/a.ts': `const b = await import('node:fs');` },
		/may not import node:fs/,
	],
	['require counts', { 'core/a.ts': `const b = require('fs');` }, /may not import fs/],
	[
		'runbooks import core only',
		{ 'runbooks/a.ts': `import { b } from '../state/b.ts';` },
		/runbooks may not/,
	],
	['state does not import view', { 'state/a.ts': `import { b } from '../view/b.ts';` }, /state may not/],
	['state does not import redis', { 'state/a.ts': `import { b } from '../redis/b.ts';` }, /state may not/],
	['view does not import redis', { 'view/a.ts': `import { b } from '../redis/b.ts';` }, /view may not/],
	[
		'view has nothing of node',
		{ 'view/a.ts': `import { b } from 'node:os';` },
		/view may not import node:os/,
	],
	['view does not import ink', { 'view/a.tsx': `import { Text } from 'ink';` }, /view may not import ink/],
	['view does not import update', { 'view/a.ts': `import { b } from '../update/b.ts';` }, /view may not/],
	['modes do not import ink', { 'modes/a.ts': `import { Text } from 'ink';` }, /modes may not import ink/],
	['view has no other package', { 'view/a.ts': `import b from 'left-pad';` }, /view may not import left-pad/],
	['redis does not import state', { 'redis/a.ts': `import { b } from '../state/b.ts';` }, /redis may not/],
	[
		'only redis imports ioredis',
		{ 'demo/a.ts': `import { Redis } from 'ioredis';` },
		/demo may not import ioredis/,
	],
	['only screens import ink', { 'redis/a.ts': `import { Text } from 'ink';` }, /redis may not import ink/],
	['output does not import redis', { 'output/a.ts': `import { b } from '../redis/b.ts';` }, /output may not/],
	['engine does not import view', { 'engine.ts': `import { b } from './view/b.ts';` }, /engine\.ts may not/],
	['demo does not import state', { 'demo/a.ts': `import { b } from '../state/b.ts';` }, /demo may not/],
	['nothing leaves source', { 'redis/a.ts': `import { b } from '../../test/b.ts';` }, /redis may not/],
	['no new rooms', { 'lib/a.ts': '' }, /stands in no room/],
	[
		'no circles',
		{ 'core/a.ts': `import './b.ts';`, 'core/b.ts': `import './c.ts';`, 'core/c.ts': `import './a.ts';` },
		/circle/,
	],
	['no Date.now', { 'core/a.ts': 'const at = Date.now();' }, /a clock/],
	['no new Date()', { 'state/a.ts': 'const at = new Date();' }, /a clock/],
	['no new Date without call', { 'state/a.ts': 'const at = +new Date;' }, /a clock/],
	['no Date()', { 'state/a.ts': 'const at = Date();' }, /a clock/],
	['no performance', { 'runbooks/a.ts': 'performance.now();' }, /a clock/],
	// biome-ignore lint/suspicious/noTemplateCurlyInString: a template within the planted text is what is tried
	['no clock within a template', { 'core/a.ts': 'const a = `x ${`y ${Date.now()}`}`;' }, /a clock/],
	['no randomness', { 'core/a.ts': 'Math.random();' }, /randomness/],
	['no crypto', { 'core/a.ts': 'crypto.randomUUID();' }, /randomness/],
	['no setTimeout', { 'view/a.tsx': 'useEffect(() => { setTimeout(go, 1); });' }, /a timer/],
	['no setInterval', { 'state/a.ts': 'setInterval(go, 1);' }, /a timer/],
	['no process', { 'view/a.tsx': 'const wide = process.stdout.columns;' }, /process/],
	['no process by another way', { 'core/a.ts': 'globalThis.process;' }, /process/],
	[
		'code behind a quote in the text of an element',
		{ 'view/a.tsx': `<Text>don't</Text>;\nDate.now();` },
		/a clock/,
	],
	[
		'code behind a regular expression with a quote',
		{ 'core/a.ts': `const a = /['"\`]/;\nDate.now();` },
		/a clock/,
	],
	['no split in view', { 'view/a.ts': `const [a] = finding.text.split(': ');` }, /takes a text apart/],
	['no regular expression in view', { 'view/a.ts': 'const a = /hardly/.test(cost);' }, /takes a text apart/],
	['none that is made', { 'view/a.ts': `const a = new RegExp('hardly');` }, /takes a text apart/],
	[
		'nor by its beginning',
		{ 'view/a.ts': `if (note.startsWith('items are not read')) a();` },
		/takes a text apart/,
	],
	['nor by its end', { 'terminal/a.ts': `const a = line.endsWith('.');` }, /takes a text apart/],
	['nor by a word in it', { 'view/a.ts': `const a = note.includes('not read');` }, /takes a text apart/],
	[
		'nor by where a word stands',
		{ 'view/a.ts': `const a = note.slice(note.indexOf(': '));` },
		/takes a text apart/,
	],
	[
		'nor by what is put in its place',
		{ 'view/a.ts': `const a = note.replace('x: ', '');` },
		/takes a text apart/,
	],
	['nor where it is there at all', { 'view/a.ts': `const a = note?.split?.(',');` }, /takes a text apart/],
	['nor by a name in brackets', { 'view/a.ts': `const a = note['split'](',');` }, /takes a text apart/],
	[
		'nor by a method that is handed on',
		{ 'view/a.ts': `const a = parts.map(''.split);` },
		/takes a text apart/,
	],
	[
		'nor by one that is taken out',
		{ 'view/a.ts': `const { split } = String.prototype;` },
		/takes a text apart/,
	],
	[
		'none within a template in terminal',
		// biome-ignore lint/suspicious/noTemplateCurlyInString: a template within the planted text is what is tried
		{ 'terminal/a.tsx': 'const a = `x ${/a/.exec(b)}`;' },
		/takes a text apart/,
	],
	['code behind a division', { 'core/a.ts': 'const a = b / 2; Date.now(); const c = d / 2;' }, /a clock/],
];
for (const [rule, files, found] of planted) {
	test(`a breach is found: ${rule}`, () =>
		assert.match(violationsIn(new Map(Object.entries(files))).join('\n'), found));
}

const innocent: readonly [what: string, file: string, text: string][] = [
	['a division in view', 'view/a.ts', 'const a = b / 2; const c = d / 2;'],
	['a value of a list in view', 'view/a.ts', `const a = methods.includes('monitor') && [1][0];`],
	['a split in update', 'update/a.ts', `const [line] = pasted.split('\\n');`],
	['a date from a number', 'core/a.ts', 'const day = new Date(at).getUTCDay();'],
	['words in a comment', 'core/a.ts', `// Date.now() and import x from 'ioredis'\n/* process.env */`],
	[
		'words in a string',
		'core/a.ts',
		`const a = 'Date.now()' + "process.exit" + \`Math.random() setTimeout\`;`,
	],
	['words in a regular expression', 'core/a.ts', 'const a = /setTimeout(performance)/;'],
	['a field of that name', 'core/a.ts', 'const a = info.process.id;'],
	[
		'terminal as it is meant',
		'terminal/a.tsx',
		`import { Text } from 'ink';\nimport { b } from '../state/b.ts';`,
	],
	[
		'ioredis where it belongs',
		'redis/a.ts',
		`import { Redis } from 'ioredis';\nimport 'node:net';\nDate.now();`,
	],
	['the version', 'cli.tsx', `import about from '../package.json' with { type: 'json' };`],
];
for (const [what, file, text] of innocent) {
	test(`no breach: ${what}`, () => assert.deepEqual(violationsIn(new Map([[file, text]])), []));
}
