// Names of one make (`cart:{17}:items` and `cart:{42}:items`: the same but for the digits) have one pattern and one
// stratum, so both are found out once for all of them, and what is counted is handed on in sums. Reading a name for
// its pattern is more work than all the rest of a key together. Bounded: a table that is full grows, one that may not
// grow any more is handed on and begun anew. Names that are all of their own make gain nothing and lose little.

import { ownText } from '../../core/text/own-text.ts';
import { stratumOf } from './strata.ts';

const fewestPlaces = 1 << 12;
/** 157,000 kinds: about 30 MB. With fewer, 100,000 kinds would be found out again and again. */
const mostPlaces = 1 << 18;
const fullest = 0.6;

export type KindSums = {
	readonly name: string;
	keys: number;
	bytes: number;
	withoutTtl: number;
	bytesWithoutTtl: number;
};

export class NameKinds {
	private mask = fewestPlaces - 1;
	private lows = new Int32Array(fewestPlaces);
	/** 0: nobody is there. */
	private highs = new Int32Array(fewestPlaces);
	/** Where its sums and its stratum stand. */
	private indexes = new Int32Array(fewestPlaces);
	private sums: KindSums[] = [];
	private strata: number[] = [];
	private next = 0;

	constructor(private readonly onSums: (sums: readonly KindSums[]) => void) {}

	/** The number of a name's kind, good until the next `add`; -1 where it is not known. */
	find(low: number, high: number): number {
		for (let at = low & this.mask; ; at = (at + 1) & this.mask) {
			if (this.highs[at] === high && this.lows[at] === low) return this.indexes[at]!;
			if (this.highs[at] === 0) return -1;
		}
	}

	/** The number of a new one, by a name of its make. */
	add(low: number, high: number, name: string): number {
		if (this.sums.length >= (this.mask + 1) * fullest) this.makeRoom();
		for (let at = low & this.mask; ; at = (at + 1) & this.mask) {
			if (this.highs[at] !== 0) continue;
			this.lows[at] = low;
			this.highs[at] = high;
			this.indexes[at] = this.sums.length;
			this.strata.push(stratumOf(name));
			return (
				this.sums.push({ name: ownText(name), keys: 0, bytes: 0, withoutTtl: 0, bytesWithoutTtl: 0 }) - 1
			);
		}
	}

	stratumAt(index: number): number {
		return this.strata[index]!;
	}

	sumsAt(index: number): KindSums {
		return this.sums[index]!;
	}

	/**
	 * Hands on what was counted since it was handed on last; the kinds stay known. With `most` only so many of them, in
	 * turn: what is left comes with the next times.
	 */
	handOn(most = Number.POSITIVE_INFINITY): void {
		const counted: KindSums[] = [];
		for (let left = this.sums.length; left > 0 && counted.length < most; left--) {
			if (this.next >= this.sums.length) this.next = 0;
			const sums = this.sums[this.next++]!;
			if (sums.keys > 0) counted.push(sums);
		}
		if (counted.length > 0) this.onSums(counted);
		for (const sums of counted) {
			sums.keys = 0;
			sums.bytes = 0;
			sums.withoutTtl = 0;
			sums.bytesWithoutTtl = 0;
		}
	}

	private makeRoom(): void {
		const places = this.mask + 1;
		if (places < mostPlaces) {
			this.grow(places * 2);
			return;
		}
		this.handOn();
		this.highs.fill(0);
		this.sums = [];
		this.strata = [];
	}

	private grow(places: number): void {
		const { lows, highs, indexes } = this;
		this.mask = places - 1;
		this.lows = new Int32Array(places);
		this.highs = new Int32Array(places);
		this.indexes = new Int32Array(places);
		for (let old = 0; old < highs.length; old++) {
			if (highs[old] === 0) continue;
			let at = lows[old]! & this.mask;
			while (this.highs[at] !== 0) at = (at + 1) & this.mask;
			this.lows[at] = lows[old]!;
			this.highs[at] = highs[old]!;
			this.indexes[at] = indexes[old]!;
		}
	}
}
