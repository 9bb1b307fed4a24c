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

	constructor(private readonly seed: number) {}

	/** Reads a byte string. `space` tells apart what may hold the same name. */
	read(name: string, space: number): void {
		let a = this.seed ^ space;
		let b = Math.imul(this.seed, 0x9e3779b1) ^ name.length;
		let c = a;
		let d = b;
		let before = 0;
		for (let index = 0; index < name.length; index++) {
			const code = name.charCodeAt(index);
			a = Math.imul(a ^ code, 0x85ebca6b);
			a ^= a >>> 15;
			b = Math.imul((b << 13) | (b >>> 19), 5) + Math.imul(code + 0x61c88647, 0xc2b2ae35);
			const isPlainDigit = code >= 48 && code <= 57 && (before | 32) !== 118;
			const kind = isPlainDigit ? 48 : code;
			c = Math.imul(c ^ kind, 0x85ebca6b);
			c ^= c >>> 15;
			d = Math.imul((d << 13) | (d >>> 19), 5) + Math.imul(kind + 0x61c88647, 0xc2b2ae35);
			// The second digit of a version is part of it.
			if (isPlainDigit || code < 48 || code > 57) before = code;
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
