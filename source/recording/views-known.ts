// The views of a fleet of many (replies to CLUSTER NODES) as they are recorded. Each of 200 nodes has a line for each of
// 200, in an order of its own: the same 400 lines again and again, but for the times of the last ping and pong, which
// nobody reads. So each line is told once and has a number from then on, and a view is the numbers of its lines: what is
// read is the reply with `0 0` for its times. Where a peer is waited for, its times and those of who was heard last are
// told, for how long it has not answered is made of them. Each is a line of a patch:
// `+TEXT` one more line of the fleet, `=3 0-1` the lines of the view, `~4=17` the fourth is another one now,
// `@4 PING PONG` its times, in this reading alone.

import { type KnownLine, type NodesLines, nodesLinesOf } from '../core/parse/parse-cluster.ts';
import { manyNodes } from '../core/thresholds.ts';
import type { Address } from '../core/types.ts';

/** Longer views stand whole, as those of few nodes do: 8,000 nodes. */
const longestView = 1024 * 1024;
/** Of all lines of a fleet, characters: more of them come of views that have nothing in common. */
const mostLines = 4 * 1024 * 1024;
/** Numbers that are kept, of all views: of 4,000 nodes. */
const mostNumbers = 16 * 1024 * 1024;
/** Numbers told together in a key frame: of 200 nodes that is all views, more of them would hold up what is drawn. */
const mostInFrame = 50_000;

export type ViewsTold = {
	/** The view since the last one that was told of this node: '' where nothing differs. Undefined: it has to stand whole. */
	readonly tell: (fleet: number, node: Address, view: string) => string | undefined;
	/** It was told otherwise. */
	readonly drop: (fleet: number, node: Address) => void;
	/** All from the beginning, for a reader who knows nothing: as many as a frame holds. */
	readonly tellAgain: () => (fleet: number, node: Address) => string | undefined;
};

type Numbers = {
	readonly byLine: Map<KnownLine, number>;
	readonly byText: Map<string, number>;
	characters: number;
};

/** Writes them. */
export function createViewsTold(): ViewsTold {
	let fleets = new Map<number, Numbers>();
	/** The lines each node was told to have. */
	let told = new Map<string, readonly KnownLine[]>();
	let kept = 0;

	const keep = (key: string, lines: readonly KnownLine[] | undefined) => {
		kept += (lines?.length ?? 0) - (told.get(key)?.length ?? 0);
		if (lines) told.set(key, lines);
		else told.delete(key);
	};

	const numbersOf = (fleet: number): Numbers => {
		const numbers = fleets.get(fleet) ?? { byLine: new Map(), byText: new Map(), characters: 0 };
		fleets.set(fleet, numbers);
		return numbers;
	};

	const between = (fleet: number, key: string, lines: readonly KnownLine[]): readonly string[] => {
		const before = told.get(key);
		if (before === lines) return [];
		keep(key, lines);
		const added: string[] = [];
		const numbers = lines.map(line => numberOf(numbersOf(fleet), line, added));
		if (before?.length !== lines.length) return [...added, `=${inRuns(numbers)}`];
		const others = lines.flatMap((line, index) =>
			line === before[index] ? [] : [`~${index}=${numbers[index]}`],
		);
		const all = `=${inRuns(numbers)}`;
		return [...added, ...(others.length * 8 < all.length ? others : [all])];
	};

	return {
		tell(fleet, node, view) {
			if (view.length > longestView) return undefined;
			const { lines, times } = nodesLinesOf(view, node);
			const key = `${fleet} ${node}`;
			if (lines.length <= manyNodes || numbersOf(fleet).characters > mostLines) return undefined;
			if (told.get(key) !== lines && (kept + lines.length > mostNumbers || !lines.every(isWhole)))
				return undefined;
			const waited = timesTold(times);
			return waited && [...between(fleet, key, lines), ...waited].join('\n');
		},
		drop: (fleet, node) => keep(`${fleet} ${node}`, undefined),
		tellAgain() {
			const before = told;
			fleets = new Map();
			told = new Map();
			kept = 0;
			let left = mostInFrame;
			return (fleet, node) => {
				const key = `${fleet} ${node}`;
				const lines = before.get(key);
				if (!lines || lines.length > left) return undefined;
				left -= lines.length;
				return between(fleet, key, lines).join('\n');
			};
		},
	};
}

/** One whose times can be left out, and all else is read of it again. */
const isWhole = ({ peer, tail }: KnownLine) => peer !== undefined && tail !== '';

const textOf = ({ head, tail }: KnownLine) => `${head}0 0 ${tail}`;

function numberOf(numbers: Numbers, line: KnownLine, added: string[]): number {
	const known = numbers.byLine.get(line);
	if (known !== undefined) return known;
	const text = textOf(line);
	const same = numbers.byText.get(text);
	const number = same ?? numbers.byText.size;
	if (same === undefined) {
		added.push(`+${text}`);
		numbers.byText.set(text, number);
		numbers.characters += text.length;
	}
	numbers.byLine.set(line, number);
	return number;
}

/** `4-90 3`: what counts up by one is its first and its last. */
function inRuns(numbers: readonly number[]): string {
	const runs: string[] = [];
	for (let from = 0; from < numbers.length; ) {
		let to = from;
		while (numbers[to + 1] === numbers[to]! + 1) to++;
		runs.push(from === to ? `${numbers[from]}` : `${numbers[from]}-${numbers[to]}`);
		from = to + 1;
	}
	return runs.join(' ');
}

/** Undefined where one is none that can be printed again. */
function timesTold({ waiting, heard }: NodesLines['times']): readonly string[] | undefined {
	if (!heard) return [];
	if (![heard.at, ...waiting.map(({ since }) => since)].every(Number.isSafeInteger)) return undefined;
	const pings = new Map(waiting.map(({ line, since }) => [line, since]));
	if (!pings.has(heard.line)) pings.set(heard.line, 0);
	return [...pings].map(([line, since]) => `@${line} ${since} ${line === heard.line ? heard.at : 0}`);
}

export type ViewsRead = {
	/** Undefined where the patch is not one of this fleet. */
	readonly read: (fleet: number, node: Address, patch: string) => string | undefined;
	readonly drop: (fleet: number, node: Address) => void;
	/** As in a recording that begins here. */
	readonly forget: () => void;
};

type Pool = { readonly lines: string[]; characters: number };

/** What a line costs beside its text. */
const lineCharacters = 32;
/** Of all fleets together: who writes has as many for each. */
const mostPooled = 16 * mostLines;

/** Reads them again. */
export function createViewsRead(): ViewsRead {
	const pools = new Map<number, Pool>();
	const known = new Map<string, readonly number[]>();
	/** Numbers that are kept: who writes has one for each line that some node told. */
	let kept = 0;
	let pooled = 0;

	const keep = (key: string, numbers: readonly number[] | undefined) => {
		kept += (numbers?.length ?? 0) - (known.get(key)?.length ?? 0);
		if (numbers) known.set(key, numbers);
		else known.delete(key);
	};

	return {
		read(fleet, node, patch) {
			const key = `${fleet} ${node}`;
			const pool = pools.get(fleet) ?? { lines: [], characters: 0 };
			pools.set(fleet, pool);
			if (patch.length > longestPatch || pooled > mostPooled) return undefined;
			const before = pool.characters;
			const made = madeOf(pool, known.get(key), patch);
			pooled += pool.characters - before;
			if (!made || kept + made.numbers.length > mostNumbers) return undefined;
			keep(key, made.numbers);
			return viewOf(pool, made);
		},
		drop: (fleet, node) => keep(`${fleet} ${node}`, undefined),
		forget() {
			pools.clear();
			known.clear();
			kept = 0;
			pooled = 0;
		},
	};
}

/** All its lines, their numbers, and their times. */
const longestPatch = 4 * longestView;
const longestLines = longestView / 16;

type Made = {
	readonly numbers: readonly number[];
	readonly times: ReadonlyMap<number, readonly [ping: string, pong: string]>;
};

function madeOf(pool: Pool, before: readonly number[] | undefined, patch: string): Made | undefined {
	let numbers = before && [...before];
	const times = new Map<number, readonly [string, string]>();
	for (const line of patch === '' ? [] : patch.split('\n')) {
		const rest = line.slice(1);
		const [, place = '', first = '', second] = /^(\d{1,7})[= ](\d{1,16})(?: (\d{1,16}))?$/.exec(rest) ?? [];
		if (line.startsWith('+')) {
			pool.characters += rest.length + lineCharacters;
			if (pool.characters > 2 * mostLines) return undefined;
			pool.lines.push(rest);
		} else if (line.startsWith('=')) numbers = numbersIn(rest);
		else if (line.startsWith('~') && numbers && Number(place) < numbers.length)
			numbers[Number(place)] = Number(first);
		else if (line.startsWith('@') && second !== undefined) times.set(Number(place), [first, second]);
		else return undefined;
	}
	return numbers?.every(number => number < pool.lines.length) ? { numbers, times } : undefined;
}

function numbersIn(runs: string): number[] | undefined {
	const numbers: number[] = [];
	for (const run of runs.split(' ')) {
		const [, from, to = from] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(run) ?? [];
		if (from === undefined || numbers.length + Number(to) - Number(from) > longestLines) return undefined;
		for (let number = Number(from); number <= Number(to); number++) numbers.push(number);
	}
	return numbers;
}

/** Undefined where the view is longer than any that is written so. */
function viewOf({ lines }: Pool, { numbers, times }: Made): string | undefined {
	let length = 0;
	for (const number of numbers) length += lines[number]!.length + 1;
	if (length > 2 * longestView) return undefined;
	const told = numbers.map((number, index) => {
		const time = times.get(index);
		return time ? withTimes(lines[number]!, time) : lines[number]!;
	});
	return `${told.join('\n')}\n`;
}

function withTimes(line: string, [ping, pong]: readonly [string, string]): string {
	const [, head = '', tail] = /^((?:[^ ]* ){4})0 0 (.*)$/s.exec(line) ?? [];
	return tail === undefined ? line : `${head}${ping} ${pong} ${tail}`;
}
