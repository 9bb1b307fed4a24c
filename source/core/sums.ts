// Sums over a list. What is not measured is left out of a sum, never counted as zero.

export const sum = <T>(list: readonly T[], value: (entry: T) => number): number =>
	list.reduce((total, entry) => total + value(entry), 0);

/** Of what is known; undefined where nothing is. */
export function sumOfKnown<T>(
	list: readonly T[],
	value: (entry: T) => number | undefined,
): number | undefined {
	let total: number | undefined;
	for (const entry of list) {
		const part = value(entry);
		if (part !== undefined) total = (total ?? 0) + part;
	}
	return total;
}

/** Undefined where one of them is not known. */
export const sumOfBoth = (a: number | undefined, b: number | undefined): number | undefined =>
	a === undefined || b === undefined ? undefined : a + b;
