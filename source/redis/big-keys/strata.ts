// Which keys are asked for type and TTL, since each such question is a hit in the server's statistics: a random
// sample, stratified. Keys whose names are built alike (`cart:17:items`, `cart:4711:items`) are one stratum; SCAN
// comes in blocks; from each stratum of each block so many are drawn at random as the stratum needs for a share
// within three points, given how mixed it has been so far. Strata that are all alike are soon known, and their hits
// go to those that are not. Each drawn key carries a weight, the keys it stands for. Blocks are short, so that a key
// is asked soon after it was seen: at the end of a long scan the short-lived ones would be gone.

import { type NameList, nameAt } from '../name-list.ts';

const strataCount = 512;
/** z² / d²: three points at 99 of 100, times p(1-p). */
const keysForThreePoints = (2.6 / 0.03) ** 2;
const leastOfEach = 150;
/** Spread over all keys in proportion, whatever their stratum. */
const baseSample = 1500;
const matters = 0.005;
/**
 * What is left to be drawn of a stratum is drawn no more thinly than a share of what an even sample would be: one key
 * that stands for thousands makes the sample of all others worth nothing.
 */
const thinnest = 0.5;
const blocks = 16;
const smallestBlock = 2000;
const largestBlock = 200_000;
/** Longer names are not kept in a sample. */
const longestName = 4096;
/** Of the drawn keys that add nothing new, one in so many is asked for its type too. */
const typeEvery = 8;
const typesOfEach = 8;

export type Drawn = {
	readonly key: string;
	readonly bytes: number;
	readonly stratum: number;
	readonly weight: number;
};

export type Stratum = {
	keys: number;
	bytes: number;
	/** To be asked, and not said to have been in vain. */
	drawn: number;
	/** Drawn and answered. */
	asked: number;
	withoutTtl: number;
	/** Keys of blocks that were drawn from. */
	drawnFrom: number;
	typed: number;
	readonly types: Map<string, { keys: number; bytes: number }>;
};

/** All nodes' strata together. */
export class Strata {
	readonly all: readonly Stratum[] = Array.from({ length: strataCount }, () => ({
		keys: 0,
		bytes: 0,
		drawn: 0,
		asked: 0,
		withoutTtl: 0,
		drawnFrom: 0,
		typed: 0,
		types: new Map(),
	}));
	keys = 0;
	bytes = 0;
	hits = 0;

	constructor(
		private readonly options: {
			/** Keys of all nodes, as far as is known by now. */
			readonly expected: () => number;
			/** For the sample alone. */
			readonly hitsAllowed: () => number;
			readonly random: () => number;
		},
	) {}

	get random(): () => number {
		return this.options.random;
	}

	get expectedKeys(): number {
		return Math.max(this.options.expected(), this.keys);
	}

	/** Those of the drawn keys that are asked for their type too, as far as there are hits for it. */
	chooseTyped(drawn: readonly Drawn[]): string[] {
		const left = this.options.hitsAllowed() - this.hits - drawn.length;
		return drawn
			.filter(({ stratum }) => this.wantsType(this.all[stratum]!))
			.slice(0, Math.max(0, left))
			.map(({ key }) => key);
	}

	/** Is the type of one more key of this stratum worth a hit? */
	private wantsType({ typed, types }: Stratum): boolean {
		return typed < typesOfEach || types.size > 1 || this.random() < 1 / typeEvery;
	}

	/** Of `keys` of a block, how many to ask; a share of one is a chance. */
	quota(stratum: Stratum, keys: number, scale: number): number {
		const rest = Math.max(keys, this.expectedOf(stratum) - stratum.drawnFrom);
		return Math.min(keys, (scale * this.wanted(stratum) * keys) / rest);
	}

	/** Nothing was learned of these: gone by then, or the answer was lost. */
	drawnInVain(drawn: readonly Drawn[]): void {
		for (const { stratum } of drawn) this.all[stratum]!.drawn--;
	}

	/** How much of what is needed the hits that are left allow, 0..1. */
	scale(): number {
		let wanted = 0;
		for (const stratum of this.all) if (stratum.keys > 0) wanted += this.wanted(stratum);
		const left = this.options.hitsAllowed() - this.hits;
		return wanted === 0 ? 0 : Math.max(0, Math.min(1, left / (wanted * (1 + 2 / typeEvery))));
	}

	/** Of the keys that were not drawn from. Answers may be late by blocks: what is counted is what was drawn. */
	private wanted(stratum: Stratum): number {
		const needed = this.needed(stratum);
		const expected = this.expectedOf(stratum);
		const rest = Math.max(0, expected - stratum.drawnFrom);
		return Math.max(needed - stratum.drawn, (thinnest * needed * rest) / expected);
	}

	private needed(stratum: Stratum): number {
		const share = stratum.keys / Math.max(1, this.keys);
		const base = baseSample * share;
		if (share < matters && stratum.bytes < matters * this.bytes) return base;
		const without = (stratum.withoutTtl + 2) / (stratum.asked + 4);
		const infinite = keysForThreePoints * without * (1 - without);
		const expected = this.expectedOf(stratum);
		return Math.max(base, Math.min(expected, leastOfEach), infinite / (1 + infinite / expected));
	}

	private expectedOf(stratum: Stratum): number {
		return stratum.keys * (this.expectedKeys / Math.max(1, this.keys));
	}
}

type Pot = { keys: number; readonly kept: { key: string; bytes: number }[] };

/** The blocks of one node. */
export class BlockSample {
	/** In the order in which they were first met. */
	private readonly pots = new Map<number, Pot>();
	/** The same by stratum. */
	private readonly potOf: (Pot | undefined)[] = new Array(strataCount).fill(undefined);
	private keys = 0;
	private readonly blockKeys: number;
	private readonly potSize: number;

	constructor(
		private readonly strata: Strata,
		nodeKeys: number,
	) {
		this.blockKeys = Math.min(largestBlock, Math.max(smallestBlock, Math.ceil(nodeKeys / blocks)));
		const count = Math.max(1, nodeKeys / this.blockKeys);
		this.potSize = Math.ceil(Math.min(2000, Math.max(64, 8000 / count)));
	}

	get isFull(): boolean {
		return this.keys >= this.blockKeys;
	}

	/** The name at a place of a list, and its stratum. */
	offer(names: NameList, at: number, bytes: number, index: number): void {
		const stratum = this.strata.all[index]!;
		stratum.keys++;
		stratum.bytes += bytes;
		this.strata.keys++;
		this.strata.bytes += bytes;
		this.keys++;
		let pot = this.potOf[index];
		if (!pot) {
			pot = { keys: 0, kept: [] };
			this.potOf[index] = pot;
			this.pots.set(index, pot);
		}
		pot.keys++;
		if (names.places[2 * at + 1]! - names.places[2 * at]! > longestName) return;
		if (pot.kept.length < this.potSize) pot.kept.push({ key: nameAt(names, at), bytes });
		else {
			const place = Math.floor(this.strata.random() * pot.keys);
			if (place < this.potSize) pot.kept[place] = { key: nameAt(names, at), bytes };
		}
	}

	/** Ends the block: who is to be asked. */
	draw(): Drawn[] {
		const scale = this.strata.scale();
		const drawn: Drawn[] = [];
		for (const [index, { keys, kept }] of this.pots) {
			const stratum = this.strata.all[index]!;
			const quota = Math.min(kept.length, this.strata.quota(stratum, keys, scale));
			stratum.drawnFrom += keys;
			const whole = Math.floor(quota);
			const many = whole + (this.strata.random() < quota - whole ? 1 : 0);
			for (let at = 0; at < many; at++) {
				const other = at + Math.floor(this.strata.random() * (kept.length - at));
				const chosen = kept[other]!;
				kept[other] = kept[at]!;
				drawn.push({ ...chosen, stratum: index, weight: keys / quota });
			}
			stratum.drawn += many;
		}
		this.pots.clear();
		this.potOf.fill(undefined);
		this.keys = 0;
		return drawn;
	}
}

/** Names built alike: the same parts between separators, where parts with a digit all count as one. */
export function stratumOf(key: string): number {
	let hash = 0;
	let part = 0;
	let hasDigit = false;
	const length = Math.min(key.length, 64);
	for (let index = 0; index < length; index++) {
		const code = key.charCodeAt(index);
		if (code >= 48 && code <= 57) hasDigit = true;
		else if (code >= 65 || code === 32) part = Math.imul(part ^ code, 0x01000193);
		else {
			hash = Math.imul(hash ^ (hasDigit ? 42 : part) ^ (code << 8), 0x85ebca6b);
			part = 0;
			hasDigit = false;
		}
	}
	hash = Math.imul(hash ^ (hasDigit ? 42 : part), 0xc2b2ae35);
	return (hash ^ (hash >>> 15) ^ (hash >>> 24)) & (strataCount - 1);
}
