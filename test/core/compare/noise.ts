// Random numbers that are the same each time.

/** Numbers from 0 to 1, by the seed. */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		// A linear step, its bits mixed.
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		let mixed = state ^ (state >>> 15);
		mixed = Math.imul(mixed, 0x2c1b3c6d);
		mixed ^= mixed >>> 12;
		return (mixed >>> 0) / 2 ** 32;
	};
}
