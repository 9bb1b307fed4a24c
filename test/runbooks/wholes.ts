// Finds what cannot be: a part that is larger than its whole. In text `A of B` where A is more than B (bytes or counts)
// and a percentage over 100 of what has no more than all of it; in JSON the fields that are parts of others. Figures
// of a text are rounded to three digits, so that one part in fifty is let pass there.

const units: Readonly<Record<string, number>> = {
	B: 1,
	K: 2 ** 10,
	M: 2 ** 20,
	G: 2 ** 30,
	T: 2 ** 40,
	P: 2 ** 50,
	E: 2 ** 60,
};

const countUnits: Readonly<Record<string, number>> = { '': 1, k: 1e3, ...units, B: 1 };
for (const [index, unit] of [...'MGTPE'].entries())
	Object.assign(countUnits, { [unit]: 1000 ** (index + 2) });

const pair = /(?<![\d.])(\d+(?:\.\d+)?)([BKMGTPE]) of (?:maxmemory )?(\d+(?:\.\d+)?)([BKMGTPE])\b/g;
const counted =
	/(?<![\d.,:/-])(\d+(?:\.\d+)?)([kMGTPE]?)(?: [a-z]+)? of (?:all )?(\d+(?:\.\d+)?)([kMGTPE]?)(?![\w.,:%/-])/g;
/** Shares of what is whole; of a limit, and of used memory, more than all is possible. */
const shares = /(\d+(?:\.\d+)?)% of (?:the )?(time|commands|ops|keys|one core|them|lookups|slots|all)/g;

/** What is used of a limit may be more than the limit: a maxmemory, a container's memory, maxclients. */
const ofLimits =
	/used of maxmemory|rss of the limit|^mem \S+ of |^used \S+ of |(?:replica of this shard|replica) .*: \S+ of | {2}conn \S+ of /;

/** The pairs whose part is larger than their whole. `used of maxmemory` may be, and is called so. */
export function wholesIn(text: string): readonly string[] {
	const lines = text.split('\n').filter(line => !ofLimits.test(line));
	return lines.flatMap(line => [
		...over(line, pair, units),
		...over(line, counted, countUnits),
		...[...line.matchAll(shares)].filter(([, share]) => Number(share) > 100).map(([found]) => found),
	]);
}

const over = (line: string, pattern: RegExp, scale: Readonly<Record<string, number>>) =>
	[...line.matchAll(pattern)]
		.filter(([, part, unit, whole, of]) => Number(part) * scale[unit!]! > Number(whole) * scale[of!]! * 1.02)
		.map(([found]) => found);

type Json = { readonly [name: string]: unknown };

/** Part and whole, by the names that any object of the JSON may have. */
const pairs: readonly (readonly [part: string, whole: string])[] = [
	['keysWithTtl', 'keys'],
	['keysWithoutTtl', 'keys'],
	['bytesWithoutTtl', 'bytes'],
	['blockedClients', 'connectedClients'],
	['viewsAgreeing', 'viewsAsked'],
	['low', 'share'],
	['share', 'high'],
	['hitsAdded', 'scanned'],
];
const atMostOne = ['hitRate', 'share', 'low', 'high', 'readShare'];
const mostOf: Readonly<Record<string, number>> = {
	slotsCovered: 16_384,
	stalledSecondsLastMinute: 60,
	...Object.fromEntries(atMostOne.map(name => [name, 1])),
};

/** What is larger than its whole anywhere in this JSON, as `path: part > whole`. */
export function wholesInJson(value: unknown, path = ''): readonly string[] {
	if (Array.isArray(value)) return value.flatMap((each, index) => wholesInJson(each, `${path}[${index}]`));
	if (typeof value !== 'object' || value === null)
		return typeof value === 'string' ? wholesIn(value).map(found => `${path}: ${found}`) : [];
	const json = value as Json;
	const isLarger = (part: unknown, whole: unknown) =>
		typeof part === 'number' && typeof whole === 'number' && part > whole + Math.abs(whole) * 1e-6;
	const negative = Object.entries(json).filter(
		([name, each]) => typeof each === 'number' && each < 0 && /Bytes|keys|share|Rate$/i.test(name),
	);
	return [
		...pairs
			.filter(([part, whole]) => isLarger(json[part], json[whole]))
			.map(([part, whole]) => `${path}: ${part} ${json[part]} > ${whole} ${json[whole]}`),
		...Object.entries(mostOf)
			.filter(([name, most]) => isLarger(json[name], most))
			.map(([name, most]) => `${path}: ${name} ${json[name]} > ${most}`),
		...negative.map(([name, each]) => `${path}: ${name} ${each} < 0`),
		...Object.entries(json).flatMap(([name, each]) => wholesInJson(each, `${path}.${name}`)),
	];
}

/** What one list of an object adds up to beyond the object's own total. */
export function sumsOver(
	list: readonly object[],
	part: string,
	whole: number | undefined,
	slack = 1e-6,
): readonly string[] {
	const sum = list.reduce((all, each) => all + (Number((each as Json)[part]) || 0), 0);
	return whole !== undefined && sum > whole * (1 + slack) ? [`${part} add up to ${sum} > ${whole}`] : [];
}
