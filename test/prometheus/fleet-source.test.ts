// The fleets of a Prometheus by what it answers to each question: none is left out because nobody tells of it now.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels, PromSeries } from '../../source/core/prometheus/answer.ts';
import type { PrometheusClient } from '../../source/prometheus/client.ts';
import { createFleetSource, type SourceRound } from '../../source/prometheus/fleet-source.ts';
import { scrapeOf, scrapesQuery } from '../../source/prometheus/history.ts';
import { untilServed } from '../../source/redis/in-steps.ts';

const series = (labels: Labels, value = 1): PromSeries => ({
	labels,
	times: [Date.now()],
	values: [value],
});
const ours = (host: string, fleet: string, node?: string) =>
	series({ fleet, instance: `10.0.9.${host}:9399`, job: 'redis-top', ...(node && { node }) });

type Known = Readonly<Record<'fleets' | 'infos' | 'exporter', readonly PromSeries[]>>;

/** The first round of each fleet, by its name. */
async function firstRounds(
	{ fleets, infos, exporter }: Known,
	{ isRefused = false, trouble }: { readonly isRefused?: boolean; readonly trouble?: string } = {},
): Promise<ReadonlyMap<string, SourceRound>> {
	const answerTo = (expression: string): readonly PromSeries[] => {
		const isCount = expression.startsWith('count(');
		if (expression.startsWith('count_over_time(redis_top_round_age_seconds')) return fleets;
		if (isCount) return (expression.includes('redis_top_') ? infos : exporter).slice(0, 1);
		if (/^(redis_top_node_info|redis_top_up)/.test(expression)) return infos;
		return expression.startsWith('redis_up') ? exporter : [];
	};
	const client: PrometheusClient = {
		query: async expression =>
			isRefused && expression.includes(' offset 1h')
				? { problem: 'too long', isRefusal: true }
				: { series: answerTo(expression) },
		range: async () => ({ series: [] }),
		used: () => ({ questions: 0, bytes: 0 }),
		close: () => {},
	};
	const names = new Map<number, string>();
	const rounds = new Map<string, SourceRound>();
	await new Promise<void>(resolve => {
		const source = createFleetSource({
			...{ client, settings: {}, delaySeconds: () => 1 },
			onFleets(found) {
				for (const { id, name } of found) names.set(id, name);
			},
			onRound(id, round) {
				if (!round.isExtra) rounds.set(names.get(id)!, round);
			},
			onTrouble(text) {
				source.stop();
				assert.equal(text, trouble);
				resolve();
			},
		});
		source.start();
	});
	return rounds;
}

test('a service that is dead or a fleet that is late is a fleet of which nothing is known, in front of the others', async () => {
	const rounds = await firstRounds({
		fleets: [ours('1', 'carts'), ours('2', 'search')],
		infos: [ours('1', 'carts', '10.0.0.1:6379')],
		exporter: [],
	});
	assert.deepEqual(
		[...rounds].map(([name, { listed, told }]) => [name, listed, told?.lost]),
		[
			['carts', ['10.0.0.1:6379'], undefined],
			['search', [], '10.0.9.2:9399 tells nothing of it now'],
		],
	);
	const alone = await firstRounds({ fleets: [ours('2', 'search')], infos: [], exporter: [] });
	assert.deepEqual([...alone.keys()], ['search']);
});

test('where it refuses to say which fleets there were, others may be missing; an exporter has none', async () => {
	const none: Known = { fleets: [], infos: [], exporter: [] };
	const refused = { isRefused: true, trouble: 'which fleets there were: too long' };
	const infos = [ours('1', 'carts', '10.0.0.1:6379')];
	assert.deepEqual([...(await firstRounds({ ...none, infos }, refused)).keys()], ['carts']);
	const exporter = [series({ instance: '10.0.0.1:6379', env: 'prod' })];
	assert.deepEqual([...(await firstRounds({ ...none, exporter }, { isRefused: true })).keys()], ['prod']);
});

test('nodes of an exporter in a group of the name of a fleet: what the redis-top does not watch of it stays', async () => {
	const exporter = (...addresses: readonly string[]) =>
		addresses.map(instance => series({ instance, env: 'prod', job: 'redis' }));
	const infos = ['10.0.0.1:6379', '10.0.0.2:6379'].map(address => ours('1', 'prod', address));
	const groupsWith = async (...addresses: readonly string[]) => {
		const rounds = await firstRounds({
			fleets: [ours('1', 'prod')],
			infos,
			exporter: exporter(...addresses),
		});
		return Object.fromEntries([...rounds].map(([name, { listed }]) => [name, listed]));
	};
	const prod = ['10.0.0.1:6379', '10.0.0.2:6379'];
	assert.deepEqual(await groupsWith(...prod, '10.0.1.1:6379', '10.0.1.2:6379'), {
		prod,
		'prod (exporter)': ['10.0.1.1:6379', '10.0.1.2:6379'],
	});
	assert.deepEqual(await groupsWith(...prod), { prod });
	assert.deepEqual(await groupsWith('cart-0:6379', 'cart-1:6379'), { prod });
});

/** What Prometheus makes of the query for a target that was scraped so many seconds ago. */
function scrapesBy(ago: readonly number[]): number | undefined {
	const terms = /^max\((.*)\)$/.exec(scrapesQuery(''))![1]!.split(' or ');
	const counts = terms.map(term => {
		const [, seconds, old, least = '1', times = '1'] =
			/^\(count_over_time\(redis_up\[(\d+)s\]\)(?: and redis_up offset (\d+)s\)| >= (\d+)\) \* ([\d.]+))$/.exec(
				term,
			)!;
		if (old && !ago.some(each => each >= Number(old) && each < Number(old) + 300)) return undefined;
		const counted = ago.filter(each => each < Number(seconds)).length;
		return counted >= Number(least) ? counted * Number(times) : undefined;
	});
	return counts.find(counted => counted !== undefined);
}

test('how often it scrapes, by the target that was scraped most, is never much quicker than it is', () => {
	const paces = (interval: number, life = 1200) => {
		const targets = Array.from({ length: 50 }, (_, phase) =>
			Array.from({ length: Math.floor(life / interval) }, (__, index) => (phase / 50 + index) * interval),
		);
		return scrapeOf([series({}, Math.max(...targets.map(ago => scrapesBy(ago) ?? 0)))]);
	};
	for (const interval of [5, 10, 15, 20, 25, 29, 30, 31, 45, 50, 59, 60, 120]) {
		const pace = paces(interval);
		assert.ok(pace <= interval + 1 && pace >= interval * 0.75, `${interval} s: ${pace}`);
	}
	// Younger than ten minutes.
	assert.deepEqual([paces(15, 75), paces(30, 190)].map(Math.round), [15, 30]);
	// Just begun: never so seldom that nothing is read for minutes.
	for (const [interval, life] of [
		[2, 5],
		[15, 31],
		[60, 61],
	] as const)
		assert.ok(paces(interval, life) <= 30, `${interval} s since ${life} s: ${paces(interval, life)}`);
});

type Told = Pick<SourceRound, 'isExtra' | 'isSettled' | 'listed' | 'readings'>;

/** All that is told until a refresh is whole; `fail` answers in the place of Prometheus, `wait` before it answers. */
async function toldWith(
	fail: (expression: string) => boolean,
	wait: (expression: string) => Promise<unknown> = async () => {},
): Promise<readonly Told[]> {
	const nodes = ['10.0.0.1:6379', '10.0.0.2:6379'].map(instance => series({ instance, env: 'prod' }, 7));
	const told: Told[] = [];
	await new Promise<void>(resolve => {
		const source = createFleetSource({
			client: {
				async query(expression) {
					await wait(expression);
					if (fail(expression)) return { problem: 'gone' };
					return { series: expression.includes('redis_top_') ? [] : nodes };
				},
				range: async () => ({ series: [] }),
				used: () => ({ questions: 0, bytes: 0 }),
				close: () => {},
			},
			...{ settings: {}, delaySeconds: () => 1, onFleets: () => {} },
			onRound: (_, round) => void told.push(round),
			onTrouble(text) {
				if (text !== undefined) return;
				source.stop();
				resolve();
			},
		});
		source.start();
	});
	return told;
}

test('who is there is told before the figures, as a look that is not over and says nothing of a node', async () => {
	let failures = 1;
	const told = await toldWith(
		expression => expression.startsWith('redis_memory_used_bytes') && failures-- > 0,
	);
	const listed = ['10.0.0.1:6379', '10.0.0.2:6379'];
	assert.deepEqual(
		told.map(round => [round.isExtra, round.isSettled, round.listed, round.readings.length]),
		[
			[true, false, listed, 0],
			[true, false, listed, 0],
			// Of each the reading of a minute ago as well, also where the first refresh failed: there are rates at once.
			[false, true, listed, 4],
		],
	);
});

test('the lines of a node are in one order, whichever answer comes first', async () => {
	const turns = async (times: number) => {
		for (let turn = 0; turn < times; turn++) await untilServed();
	};
	const infoBy = async (wait: (expression: string) => Promise<unknown>) =>
		(await toldWith(() => false, wait)).at(-1)!.readings.map(({ replies }) => replies[0]);
	const late = await infoBy(expression => turns(expression.length % 7));
	assert.deepEqual(await infoBy(expression => turns(6 - (expression.length % 7))), late);
	assert.match(String(late[1]), /used_memory:7\r\n/);
});
