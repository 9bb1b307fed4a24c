// Names of one make (`cart:{17}:items` and `cart:{42}:items`: the same but for the digits) have one pattern and one
// stratum, so both are found out once for all of them, and what is counted is handed on in sums. Reading a name for
// its pattern is more work than all the rest of a key together. Bounded: when the table is full it is handed on and
// begun anew. Names that are all of their own make gain nothing and lose little.

import { ownText } from '../../core/own-text.ts';
import { stratumOf } from './strata.ts';

const places = 1 << 14;
const mask = places - 1;
const fullest = places * 0.6;

export type KindSums = {
	readonly name: string;
	keys: number;
	bytes: number;
	withoutTtl: number;
	bytesWithoutTtl: number;
};

export class NameKinds {
	private readonly lows = new Int32Array(places);
	private readonly highs = new Int32Array(places);
	private readonly strata = new Int32Array(places);
	private readonly sums: (KindSums | undefined)[] = new Array(places).fill(undefined);
	private used: number[] = [];

	constructor(private readonly onSums: (sums: readonly KindSums[]) => void) {}

	/** The place of a name's kind, good until the next call. */
	find(low: number, high: number, name: string): number {
		for (let at = low & mask; ; at = (at + 1) & mask) {
			if (this.highs[at] === high && this.lows[at] === low) return at;
			if (this.highs[at] !== 0) continue;
			if (this.used.length >= fullest) {
				this.flush();
				return this.find(low, high, name);
			}
			this.lows[at] = low;
			this.highs[at] = high;
			this.strata[at] = stratumOf(name);
			this.sums[at] = { name: ownText(name), keys: 0, bytes: 0, withoutTtl: 0, bytesWithoutTtl: 0 };
			this.used.push(at);
			return at;
		}
	}

	stratumAt(place: number): number {
		return this.strata[place]!;
	}

	sumsAt(place: number): KindSums {
		return this.sums[place]!;
	}

	/** Hands on all that was counted. */
	flush(): void {
		if (this.used.length === 0) return;
		this.onSums(this.used.map(place => this.sums[place]!));
		for (const place of this.used) {
			this.highs[place] = 0;
			this.sums[place] = undefined;
		}
		this.used = [];
	}
}
