// One pass over a name, four hashes: two that tell names apart (seen-keys.ts), two that are the same for names of one
// make, digits aside (name-kinds.ts). The pass is the same work for each of millions of names: it is made once.
// Seeded, so that nobody can choose names that collide.

export class NameHash {
	/** Of the whole name; never 0, 0. */
	low = 0;
	high = 0;
	/** Every digit counts as the same, except in a version (`v2`), which a pattern shows. */
	kindLow = 0;
	kindHigh = 0;

	/** Secret and odd: what they are multiplied by. */
	private readonly first: number;
	private readonly second: number;

	constructor(private readonly seed: number) {
		this.first = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 1;
		this.second = Math.imul(seed ^ (seed >>> 16) ^ 0x38495ab5, 0x85ebca6b) | 1;
	}

	/** Reads a name between two places, four bytes at a time. `space` tells apart what may hold the same name. */
	read(bytes: Uint8Array, begin: number, end: number, space: number): void {
		const { first, second } = this;
		let a = this.seed ^ space;
		let b = Math.imul(this.seed, 0x9e3779b1) ^ (end - begin);
		let c = a;
		let d = b;
		let before = 0;
		let word = 0;
		let kind = 0;
		for (let index = begin; index < end; ) {
			const code = bytes[index++]!;
			const isDigit = code >= 48 && code <= 57;
			const isPlain = isDigit && (before | 32) !== 118;
			word = (word << 8) | code;
			kind = (kind << 8) | (isPlain ? 48 : code);
			// The second digit of a version is part of it.
			if (isPlain || !isDigit) before = code;
			if (((index - begin) & 3) !== 0 && index < end) continue;
			word = Math.imul(word, 0xcc9e2d51);
			word ^= word >>> 15;
			a = Math.imul(a ^ Math.imul(word, first), 0x85ebca6b);
			a ^= a >>> 15;
			b = Math.imul((b << 13) | (b >>> 19), 5) + Math.imul(word, second);
			kind = Math.imul(kind, 0xcc9e2d51);
			kind ^= kind >>> 15;
			c = Math.imul(c ^ Math.imul(kind, first), 0x85ebca6b);
			c ^= c >>> 15;
			d = Math.imul((d << 13) | (d >>> 19), 5) + Math.imul(kind, second);
			word = 0;
			kind = 0;
		}
		a = Math.imul(a ^ (b >>> 16), 0x2c1b3c6d);
		b = Math.imul(b ^ (a >>> 13), 0x297a2d39);
		this.low = (a ^ (b >>> 15)) | 0;
		this.high = (b ^ (a >>> 16)) | 0 || 1;
		c = Math.imul(c ^ (d >>> 16), 0x2c1b3c6d);
		d = Math.imul(d ^ (c >>> 13), 0x297a2d39);
		this.kindLow = (c ^ (d >>> 15)) | 0;
		this.kindHigh = (d ^ (c >>> 16)) | 0 || 1;
	}
}
