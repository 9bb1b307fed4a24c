// Traffic whose shares are known beforehand: a table of actions, each with its probability, what it sends, how many
// commands of it count and which keys they use. Zipf over plain names and names that make trouble, and beside it what
// profilers get wrong: commands with several keys, scripts, transactions. From the table come both the traffic
// (traffic.ts) and the truth.

export type Action = {
	readonly probability: number;
	/** Words as byte strings. The key of the first decides the node. */
	readonly commands: readonly (readonly string[])[];
	/** What counts: of a script its calls and not itself. */
	readonly counted: number;
	readonly hits: Readonly<Record<string, number>>;
	readonly slotKey: string;
};

export const oddNames = [
	'with space',
	'line\nbreak\r\n',
	`quote"s'\\`,
	'esc\x1b[31m',
	'',
	'bytes\xff\x00\x80',
	'[0 lua] "GET" "x"',
] as const;

const script = `redis.call('GET',KEYS[1]) return redis.call('INCR',KEYS[2])`;
const zipfKeys = 2000;

/** Hottest names first: the odd ones among them. */
export const zipfNames = Array.from({ length: zipfKeys }, (_, rank) =>
	rank > 0 && rank <= oddNames.length ? oddNames[rank - 1]! : `user:${rank}:profile`,
);

export const actions: readonly Action[] = [
	...zipf(0.8),
	{
		probability: 0.06,
		commands: [['MGET', '{pair}:a', '{pair}:b']],
		counted: 1,
		hits: { '{pair}:a': 1, '{pair}:b': 1 },
		slotKey: '{pair}:a',
	},
	{
		probability: 0.02,
		commands: [['MSET', '{pair}:a', '1', '{pair}:b', '2']],
		counted: 1,
		hits: { '{pair}:a': 1, '{pair}:b': 1 },
		slotKey: '{pair}:a',
	},
	{
		probability: 0.02,
		commands: [['del', '{pair}:a', '{pair}:c']],
		counted: 1,
		hits: { '{pair}:a': 1, '{pair}:c': 1 },
		slotKey: '{pair}:a',
	},
	{
		probability: 0.05,
		commands: [['EVAL', script, '2', '{script}:read', '{script}:count']],
		counted: 2,
		hits: { '{script}:read': 1, '{script}:count': 1 },
		slotKey: '{script}:read',
	},
	{
		probability: 0.05,
		commands: [['MULTI'], ['INCR', '{tx}:n'], ['EXPIRE', '{tx}:n', '100'], ['GET', '{tx}:other'], ['EXEC']],
		counted: 5,
		hits: { '{tx}:n': 2, '{tx}:other': 1 },
		slotKey: '{tx}:n',
	},
];

/** Of all commands that count, the share of each key, hottest first. */
export function trueShares(): [key: string, share: number][] {
	const hits = new Map<string, number>();
	let commands = 0;
	for (const { probability, counted, hits: own } of actions) {
		commands += probability * counted;
		for (const [key, times] of Object.entries(own)) hits.set(key, (hits.get(key) ?? 0) + probability * times);
	}
	return [...hits]
		.map(([key, times]): [string, number] => [key, times / commands])
		.sort((a, b) => b[1] - a[1]);
}

function zipf(probability: number): Action[] {
	const total = zipfNames.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0);
	return zipfNames.flatMap((key, rank): Action[] => {
		const own = probability / (rank + 1) / total;
		return [
			{
				probability: own * 0.8,
				commands: [['get', key]],
				counted: 1,
				hits: { [key]: 1 },
				slotKey: key,
			},
			{
				probability: own * 0.2,
				commands: [['SET', key, 'v']],
				counted: 1,
				hits: { [key]: 1 },
				slotKey: key,
			},
		];
	});
}
