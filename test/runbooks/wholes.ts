// Finds what cannot be: `A of B` where A is more than B, both with a unit of bytes or both counts. Figures are rounded
// to three digits, so that one part in fifty is let pass.

const units: Readonly<Record<string, number>> = {
	B: 1,
	K: 2 ** 10,
	M: 2 ** 20,
	G: 2 ** 30,
	T: 2 ** 40,
	P: 2 ** 50,
	E: 2 ** 60,
};

const pair = /(?<![\d.])(\d+(?:\.\d+)?)([BKMGTPE]) of (?:maxmemory )?(\d+(?:\.\d+)?)([BKMGTPE])\b/g;

/** The pairs whose part is larger than their whole. `used of maxmemory` may be, and is called so. */
export function wholesIn(text: string): readonly string[] {
	const lines = text.split('\n').filter(line => !/^- used of maxmemory|^- rss of the limit/.test(line));
	return lines.flatMap(line =>
		[...line.matchAll(pair)]
			.filter(
				([, part, unit, whole, of]) => Number(part) * units[unit!]! > Number(whole) * units[of!]! * 1.02,
			)
			.map(([found]) => found),
	);
}
