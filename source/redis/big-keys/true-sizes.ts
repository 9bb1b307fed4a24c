// The sizes of the largest keys, measured again when the walk is over: the walk's MEMORY USAGE looks at five elements
// of each, and with one field in twenty being large the first of the list was the wrong key. First a few more elements
// of all that could be among the largest, then all of those that are, as far as the server's time goes: each call is
// bounded by what it cost before (core/keys/size-estimate.ts), and all of them by a share of what the walk has cost.

import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import {
	costOf,
	mostMicroseconds,
	nextSamples,
	type SizeReading,
	timedSamples,
} from '../../core/keys/size-estimate.ts';
import type { Reply } from '../../core/types.ts';
import type { NodeScan } from './scan-node.ts';

/** A key as it is sized: `readings` grow, the walk's is the first. */
export type Sizing = {
	readonly key: string;
	readonly node: number;
	readonly db: number;
	readonly readings: SizeReading[];
	type?: string;
	/** Of a hash, set or zset. */
	items?: number;
	/** One block of memory, or gone: nothing to ask. */
	isSettled?: boolean;
	/** What its last reading cost the server. */
	microseconds?: number;
};

/** Of the walk's own time: the whole scan is to cost no more than a fifth above what it did. */
const shareOfWalk = 0.15;
/** What the walk costs for a key, measured on five versions: 2.1 to 3.8. */
const walkMicroseconds = 2.5;
/** In a small key space a share of nearly nothing would be nothing: 30 hashes of 10,000 fields on the slowest. */
const leastMicroseconds = 150_000;
/** With a ceiling the server rests three times as long as it has walked for us. */
const restOfPaced = 3;
const mostKeys = 250;
/** Keys that are measured side by side, the largest first: each answer says what to ask next, and is a round trip. */
const together = 32;
/** Over a long way the round trips are what it takes. */
const leastMilliseconds = 2000;
/** The next elements may be further apart in memory than those that were timed. */
const margin = 1.5;
const fastest = 0.15;
const mostSlower = 2;

export type TrueSizes = {
	/** A few more elements of each. */
	readonly glance: (keys: readonly Sizing[]) => Promise<void>;
	/** All elements where that is affordable, the first key first. */
	readonly measure: (keys: readonly Sizing[], walkMilliseconds: number) => Promise<void>;
};

export function createTrueSizes(scans: readonly NodeScan[], isPaced: boolean): TrueSizes {
	let until = Number.POSITIVE_INFINITY;
	const spent = new Map<number, number>();
	/** What these servers need at best, of what the slowest would. */
	const speeds = new Map<number, number>();
	const costOn = (node: number, samples: number, keys: readonly Sizing[]) =>
		sumOf(keys, samples) * (speeds.get(node) ?? 1);
	const left = (node: number) =>
		Math.max(leastMicroseconds, scans[node]!.scanned * walkMicroseconds * shareOfWalk) -
		(spent.get(node) ?? 0);

	/** False: this node is not to be asked any more. */
	async function ask(batch: readonly Sizing[], samples: number): Promise<boolean> {
		const [{ node, db }] = batch as [Sizing];
		const answer = await scans[node]!.askSizes(
			db,
			batch.map(({ key }) => key),
			samples,
			samples >= timedSamples,
		);
		if (!answer) return false;
		const microseconds = timeOf(node, samples, batch, answer.microseconds);
		const all = sumOf(batch, samples);
		for (const [index, sizing] of batch.entries())
			take(sizing, samples, answer.replies[index], (microseconds * sumOf([sizing], samples)) / all);
		spent.set(node, (spent.get(node) ?? 0) + microseconds);
		if (isPaced) await pause((microseconds * restOfPaced) / 1000);
		return true;
	}

	/** A server that did not get a processor meanwhile has spent nothing: then what it needed before is what counts. */
	function timeOf(node: number, samples: number, batch: readonly Sizing[], measured?: number): number {
		if (measured === undefined) return costOn(node, samples, batch);
		const all = sumOf(batch, samples);
		const best = Math.min(speeds.get(node) ?? 1, Math.max(fastest, (measured * margin) / all));
		speeds.set(node, best);
		return Math.min(measured, best * mostSlower * all);
	}

	async function glanceAt(node: number, keys: readonly Sizing[]): Promise<void> {
		for (const db of new Set(keys.map(key => key.db))) {
			let rest = keys.filter(key => key.db === db && nextOf(key) !== undefined);
			while (rest.length > 0 && left(node) > 0) {
				const samples = nextOf(rest[0]!)!;
				const many = Math.min(mostKeys, Math.floor(mostMicroseconds / costOf(samples, undefined)));
				if (!(await ask(rest.slice(0, Math.max(1, many)), samples))) return;
				rest = rest.slice(Math.max(1, many));
			}
		}
	}

	async function measureOn(node: number, keys: readonly Sizing[]): Promise<void> {
		// In turn over the databases: a connection has one selected.
		for (const db of new Set(keys.map(key => key.db))) {
			const own = keys.filter(key => key.db === db);
			for (let at = 0; at < own.length; at += together)
				if (!(await measureSome(node, own.slice(at, at + together)))) return;
		}
	}

	/** False: there is no time for more. */
	async function measureSome(node: number, keys: readonly Sizing[]): Promise<boolean> {
		for (;;) {
			const open = keys.filter(key => nextOf(key) !== undefined);
			if (open.length === 0) return true;
			const { batch, samples } = nextBatch(open, mostMicroseconds / (speeds.get(node) ?? 1));
			if (costOn(node, samples, batch) > left(node) || performance.now() > until) return false;
			if (!(await ask(batch, samples))) return false;
		}
	}

	const byNode = (act: (node: number, keys: readonly Sizing[]) => Promise<void>, keys: readonly Sizing[]) => {
		const open = keys.filter(({ isSettled }) => !isSettled);
		const nodes = [...new Set(open.map(({ node }) => node))];
		return Promise.all(
			nodes.map(node =>
				act(
					node,
					open.filter(key => key.node === node),
				),
			),
		);
	};

	return {
		async glance(keys) {
			await byNode(glanceAt, keys);
		},
		async measure(keys, walkMilliseconds) {
			until = performance.now() + Math.max(leastMilliseconds, walkMilliseconds * shareOfWalk);
			await byNode(measureOn, keys);
		},
	};
}

const nextOf = ({ readings, type, items, microseconds, isSettled }: Sizing) =>
	isSettled ? undefined : nextSamples(readings, { type, items }, microseconds);

const sumOf = (keys: readonly Sizing[], samples: number) =>
	keys.reduce((sum, { items }) => sum + costOf(samples, items), 0);

/**
 * The first with what can be asked in the same write: all of it is done before anybody else is served. Keys whose items
 * are not known go on step by step, side by side.
 */
function nextBatch(keys: readonly Sizing[], mostCost: number): { batch: readonly Sizing[]; samples: number } {
	const open = keys[0]!.items === undefined ? inSteps(keys) : keys;
	const [first] = open as [Sizing];
	let samples = nextOf(first)!;
	const isAll = (key: Sizing, asked: number) => key.items !== undefined && asked >= key.items;
	const batch = [first];
	let cost = costOf(samples, first.items);
	for (const key of open.slice(1)) {
		const asked = nextOf(key)!;
		// More samples than there are elements cost nothing more.
		if (asked !== samples && !(isAll(first, samples) && isAll(key, asked))) continue;
		const more = costOf(asked, key.items);
		if (cost + more > mostCost || batch.length >= mostKeys) break;
		batch.push(key);
		cost += more;
		samples = Math.max(samples, asked);
	}
	return { batch, samples };
}

const inSteps = (keys: readonly Sizing[]) =>
	keys.filter(({ items }) => items === undefined).sort((a, b) => nextOf(a)! - nextOf(b)!);

function take(sizing: Sizing, samples: number, reply: Reply | undefined, microseconds: number): void {
	// Gone, moved or refused: nothing better will come.
	if (typeof reply !== 'number') sizing.isSettled = true;
	else sizing.readings.push({ samples, bytes: reply });
	sizing.microseconds = microseconds;
}
