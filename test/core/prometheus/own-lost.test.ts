// Fleets of which a redis-top told and of which nobody tells now: each is known as lost, under the name that it had, until
// another service watches all of its nodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels, PromSeries } from '../../../source/core/prometheus/answer.ts';
import { listOwn } from '../../../source/core/prometheus/own-listing.ts';
import { mayBeWatched, ownFleetsQuery, toldOfLost } from '../../../source/core/prometheus/own-lost.ts';

const series = (labels: Labels): PromSeries => ({ labels, times: [60_000], values: [1] });
const by = (host: string, fleet: string) =>
	series({ fleet, instance: `10.0.9.${host}:9399`, job: 'redis-top' });
const node = (host: string, fleet: string, address: string) =>
	series({ ...by(host, fleet).labels, node: address });
const listing = (infos: readonly PromSeries[], known: readonly PromSeries[]) =>
	listOwn({ infos, stamps: [], up: infos, ages: [], known });
const a = '10.0.0.1:6379';
const b = '10.0.0.2:6379';

test('a fleet without a node is lost, and says whose it was; one that is told of is not', () => {
	const infos = [node('1', 'carts', a)];
	const seen = listing(infos, [by('1', 'carts'), by('2', 'search'), series({ instance: 'x' })]);
	const lost = toldOfLost(seen, infos);
	assert.deepEqual([...lost.keys()], ['search']);
	const told = lost.get('search')!;
	assert.deepEqual([told.isWhole, told.lost], [false, '10.0.9.2:9399 tells nothing of it now']);
	assert.equal(mayBeWatched(seen, infos), false);
	assert.equal(toldOfLost(listing(infos, []), infos).size, 0);
});

test('a fleet of the same name by another service keeps its own name while the first is lost', () => {
	const infos = [node('2', 'prod', a)];
	const seen = listing(infos, [by('1', 'prod'), by('2', 'prod')]);
	assert.deepEqual(
		seen.nodes.map(({ group }) => group),
		['prod by 10.0.9.2:9399'],
	);
	assert.deepEqual([...toldOfLost(seen, infos).keys()], ['prod']);
});

test('one that another service watches whole is not lost; of a part, of itself alone, or of none known it is', () => {
	const infos = [node('2', 'prod', a), node('2', 'prod', b)];
	const seen = listing(infos, [by('1', 'prod'), by('2', 'prod')]);
	assert.equal(mayBeWatched(seen, infos), true);
	const lostWith = (...addresses: readonly string[]) =>
		toldOfLost(
			seen,
			infos,
			addresses.map(address => node('1', 'prod', address)),
		).size;
	assert.deepEqual([lostWith(a, b), lostWith(a), lostWith(a, '10.0.0.3:6379'), lostWith()], [0, 0, 1, 1]);
	const local = [node('2', 'prod', '127.0.0.1:6379')];
	const own = listing(local, [by('1', 'prod')]);
	assert.equal(toldOfLost(own, local, [node('1', 'prod', '127.0.0.1:6379')]).size, 1);
	const other = listing(infos, [by('1', 'other')]);
	assert.equal(toldOfLost(other, infos, [node('1', 'other', a)]).size, 1);
});

test('a service that is down is known for longer than one that was taken away', () => {
	const query = ownFleetsQuery('{env="prod"}');
	assert.match(query, /^count_over_time\(redis_top_round_age_seconds\{env="prod"\}\[1h\]\) or \(/);
	assert.match(query, / offset 7d\) and on \(instance, job\) \(up == 0\)$/);
});
