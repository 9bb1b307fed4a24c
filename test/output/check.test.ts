// When a check ends, and what it says then: as the screen would, and never fine of what was not measured.
// From reports: github.com/sensu-plugins/sensu-plugins-redis/issues/39 and /3 (a check that could not connect and said
// nothing, or WARNING), github.com/willixix/WL-NagiosPlugins/issues/15 ("OK: 0 databases").

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../source/core/thresholds.ts';
import type { Finding, RedisNode } from '../../source/core/types.ts';
import { checkJson, checkResult, endsCheck, isDecided, longestCheck } from '../../source/output/check.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { ratesOf, times, trackOf } from '../core/build.ts';
import { calm } from '../view/build-state.ts';

const base = calm({ size: { columns: 80, rows: 24 } });
const withFleet = (change: (fleet: FleetTrack) => Partial<FleetTrack>): State => ({
	...base,
	fleets: base.fleets.map(fleet => ({ ...fleet, ...change(fleet) })),
});
const withNow = (
	findings: readonly Finding[],
	change: (node: RedisNode) => Partial<RedisNode> = () => ({}),
) =>
	withFleet(({ now }) => ({
		now: {
			...now,
			findings,
			fleet: { ...now.fleet, nodes: now.fleet.nodes.map(node => ({ ...node, ...change(node) })) },
		},
	}));
const finding = (severity: 'warn' | 'crit', text: string): Finding => ({
	...{ id: 'memory-high', severity, node: '10.0.1.12:6379', value: 0.93, limit: 0.9, unit: 'share' },
	...{ since: base.at, text },
});

test('it ends at once when nothing is near a limit, else when that is decided, at last after 38 refreshes', () => {
	const at = (rounds: number, pending: FleetTrack['pending'] = []) =>
		isDecided(withFleet(() => ({ rounds, pending })));
	assert.deepEqual([at(0), at(1)], [false, true]);
	const swapped = [{ id: 'swapped', readingsLeft: 3 }];
	assert.deepEqual([at(1, swapped), at(30, swapped), at(38, swapped)], [false, false, true]);
	assert.equal(longestCheck(defaultLimits), 38);
});

test('a node without rates yet is waited for, not for ever', () => {
	const state = withNow([], () => ({ opsPerSecond: undefined }));
	const at = (rounds: number) =>
		isDecided({ ...state, fleets: state.fleets.map(one => ({ ...one, rounds })) });
	assert.deepEqual([at(1), at(2), at(3)], [false, false, true]);
});

test('a slot open at one end is waited for until it is left open, or no more open', () => {
	const at = (milliseconds: number) =>
		isDecided(
			withFleet(({ now, migrations }) => ({
				rounds: 6,
				pending: [],
				migrations: { ...migrations, halves: new Map([['77 a b', now.fleet.at - milliseconds]]) },
			})),
		);
	assert.deepEqual([at(0), at(2999), at(3000)], [false, false, true]);
});

test('what has had its time between two refreshes has not had its readings: only a refresh ends it', () => {
	const state = calm();
	const round = { type: 'round', at: state.at, fleet: 0, samples: [], isSettled: true } as const;
	assert.equal(endsCheck(state, { ...round, isExtra: false }), isDecided(state));
	assert.equal(isDecided(state), true);
	assert.equal(endsCheck(state, { ...round, isExtra: true }), false);
	assert.equal(endsCheck(state, { type: 'clock', at: state.at }), false);
});

test('a node that stands still after one reading is waited for: its answer told all it could', () => {
	const node = base.fleets[0]!.now.fleet.nodes[0]!.address;
	const at = (readings: number, rounds = 5) => {
		const state = withNow([], ({ address }) => (address === node ? { opsPerSecond: undefined } : {}));
		const tracks = new Map(base.fleets[0]!.tracks);
		tracks.set(node, { ...tracks.get(node)!, pings: times(readings, 1) });
		return isDecided({ ...state, fleets: state.fleets.map(one => ({ ...one, rounds, tracks })) });
	};
	assert.deepEqual([at(1), at(2), at(3), at(1, 38)], [false, false, true, true]);
});

test('fine: the figures behind the bar, each with its limits', () => {
	const { text, code } = checkResult(withNow([]), true);
	assert.equal(code, 0);
	assert.match(text, /^OK 6 nodes, [\d.]+k ops\/s, no findings \| nodes_up=6;;;0;6 ops=[\d.]+;;;0 hit_rate=/);
	assert.match(text, / memory=[\d.]+%;75;90;0 cpu=[\d.]+%;80;95;0 ping=[\d.]+ms;;;0 lag=\d+B;;;0$/);
	const label = /(?:[a-z_]+|'[^'=|]+')=(?:U|-?[\d.]+(?:s|ms|%|B)?)(?:;[\d.]*){0,4}/.source;
	assert.match(text.split(' | ')[1]!, new RegExp(`^${label}(?: ${label})*$`));
});

test('a server that counts no errors is not said to refuse none', () => {
	const calmOf = (version: string, errorReplies?: number) => {
		const tracks = new Map(
			base.fleets[0]!.now.fleet.nodes.map(({ address }) => [
				address,
				trackOf(address, { server: 'redis', version, errorReplies }),
			]),
		);
		const state = withNow([]);
		return checkResult({ ...state, fleets: state.fleets.map(one => ({ ...one, tracks })) }, true).text;
	};
	assert.match(calmOf('6.0.16'), /, no findings; refused commands are not counted before 6\.2 \| /);
	assert.match(calmOf('7.0.15', 0), /, no findings \| /);
});

test('each figure behind the bar is the total of its name, or that of the worst node; shares are in percent', () => {
	const totals = {
		...{ opsPerSecond: 10.5, hitRate: 0.25, evictedPerSecond: 3, expiredPerSecond: 4, usedMemoryBytes: 5 },
		...{ rssBytes: 6, connectedClients: 7, keys: 8 },
	};
	const up = (node: RedisNode, index: number): RedisNode => ({
		...node,
		...{ memoryShare: index / 10, cpuPercent: index, pingMilliseconds: 7 - index },
		replicationLagBytes: index * 100,
		health: index === 5 ? 'down' : 'up',
	});
	const state = withFleet(({ now }) => ({
		now: { ...now, findings: [], fleet: { ...now.fleet, totals, nodes: now.fleet.nodes.map(up) } },
	}));
	const figures = checkResult(state, true).text.split('\n')[0]!.split(' | ')[1]!;
	assert.equal(
		figures,
		'nodes_up=5;;;0;6 ops=10.5;;;0 hit_rate=25%;;;0 evicted=3;;;0 expired=4;;;0 used_memory=5B;;;0 rss=6B;;;0 ' +
			'clients=7;;;0 keys=8;;;0 memory=40%;75;90;0 cpu=4%;80;95;0 ping=7ms;;;0 lag=400B;;;0',
	);
});

test('findings: the first line carries the figures, the others are one finding each', () => {
	const state = withNow([finding('crit', 'memory 93% of maxmemory'), finding('warn', 'name with a | in it')]);
	const { text, code } = checkResult(state, true);
	const lines = text.split('\n');
	assert.equal(code, 2);
	assert.match(lines[0]!, /^CRITICAL memory-high 10.0.1.12:6379: memory 93% of maxmemory \| nodes_up=/);
	assert.equal(lines[1], 'WARNING memory-high 10.0.1.12:6379: name with a / in it');
	assert.equal(checkResult(withNow([finding('warn', 'x')]), true).code, 1);
});

test('nothing measured is never OK, and never 0', () => {
	const nothing = withNow([], () => ({ opsPerSecond: undefined, health: 'stale' }));
	const blind = { ...nothing, fleets: nothing.fleets.map(fleet => noTotals(fleet)) };
	assert.equal(checkResult(blind, true).code, 3);
	assert.match(
		checkResult(blind, true).text,
		/^UNKNOWN 0 of 6 nodes, - ops\/s, not measured: .* \| .* ops=U;;;0 /,
	);
	const empty = withFleet(({ now }) => ({
		now: { ...now, findings: [], fleet: { ...now.fleet, nodes: [], totals: {} } },
	}));
	assert.match(
		checkResult(empty, true).text,
		/^UNKNOWN 0 nodes, - ops\/s, not measured: no data node is known \|/,
	);
	assert.equal(checkResult(empty, true).code, 3);
	assert.match(checkResult(blind, false).text, /^UNKNOWN no node could be reached: 10/);
	const one = withNow([], node => (node.address === '10.0.1.12:6379' ? { opsPerSecond: undefined } : {}));
	assert.deepEqual(
		[checkResult(one, true).code, /5 of 6 nodes/.test(checkResult(one, true).text)],
		[3, true],
	);
});

test('critical beats all, and what was not measured beats a warning; all of it is told', () => {
	const unread = ({ address }: RedisNode) =>
		address === '10.0.1.11:6379' ? { opsPerSecond: undefined } : {};
	const told = (state: State) => {
		const { code, text } = checkResult(state, true);
		return [code, text.split('\n').map(line => line.split(' | ')[0])];
	};
	const warning = 'WARNING memory-high 10.0.1.12:6379: w';
	const unknown = 'UNKNOWN 10.0.1.11:6379: - its answer to INFO has no figure that is known';
	assert.deepEqual(told(withNow([finding('warn', 'w')], unread)), [3, [unknown, warning]]);
	assert.deepEqual(told(withNow([finding('warn', 'w'), finding('crit', 'c')], unread)), [
		2,
		['CRITICAL memory-high 10.0.1.12:6379: c', unknown, warning],
	]);
	// What a warning speaks of is no secret, unless all of the fleet is like it.
	const itself = ({ address }: RedisNode) =>
		address === '10.0.1.12:6379' ? { opsPerSecond: undefined } : {};
	assert.deepEqual(told(withNow([finding('warn', 'w')], itself)), [1, [warning]]);
	const [seen] = base.fleets;
	const blind = (change: Partial<RedisNode>, findings: readonly Finding[]): FleetTrack => {
		const [node] = seen!.now.fleet.nodes;
		const fleet = { ...seen!.now.fleet, name: 'b', nodes: [{ ...node!, ...change, address: 'b:1' }] };
		return { ...seen!, id: 2, now: { ...seen!.now, findings, fleet } };
	};
	const beside = (other: FleetTrack) => {
		const [first] = withNow([finding('warn', 'w')]).fleets;
		return told({ ...base, fleets: [first!, other] });
	};
	const away: Partial<RedisNode> = { health: 'down', opsPerSecond: undefined };
	const gone = { ...away, error: { reason: 'refused', text: 'connection refused' } } as const;
	assert.deepEqual(beside(blind(gone, [])), [3, ['UNKNOWN b:1: - connection refused', warning]]);
	const notReached = { ...finding('warn', 'r'), id: 'not-reached', node: 'b:1' } as const;
	assert.deepEqual(beside(blind(gone, [notReached])), [
		3,
		['UNKNOWN b: no node was measured', warning, 'WARNING not-reached b:1: r'],
	]);
	const lost = { ...finding('crit', 'r'), id: 'unreachable', node: 'b:1' } as const;
	assert.deepEqual(beside(blind(gone, [lost])), [2, ['CRITICAL unreachable b:1: r', warning]]);
	const loading = { ...finding('warn', 'l'), id: 'loading', node: 'b:1' } as const;
	assert.equal(beside(blind({ ...away, health: 'loading' }, [loading]))[0], 1);
	const none = blind({}, []);
	const empty = { ...none, now: { ...none.now, fleet: { ...none.now.fleet, nodes: [] } } };
	assert.deepEqual(beside(empty), [3, ['UNKNOWN b: no data node is known', warning]]);
});

test('one late answer in the refresh that decides is asked for again, and a far node has no late answers', () => {
	const { address } = base.fleets[0]!.now.fleet.nodes[0]!;
	const at = (change: Partial<RedisNode>, tripMilliseconds = 1, rounds = 20) => {
		const state = withNow([], node => (node.address === address ? change : {}));
		const tracks = new Map(base.fleets[0]!.tracks);
		const lastGood = { ...trackOf(address).lastGood!, tripMilliseconds };
		tracks.set(address, trackOf(address, {}, { pings: times(20, 1), lastGood, rates: ratesOf({ ops: 1 }) }));
		const all = { ...state, fleets: state.fleets.map(one => ({ ...one, rounds, tracks })) };
		return isDecided(all) && checkResult(all, true).code;
	};
	const late = { isUnread: true, opsPerSecond: undefined, ageSeconds: 1.2 };
	assert.equal(at(late), false);
	assert.equal(at({ ...late, isUnread: undefined, health: 'stale' }), false);
	assert.equal(at({}), 0);
	const error = { reason: 'timeout', text: 'no answer for 5s' } as const;
	assert.equal(at({ ...late, isUnread: undefined, health: 'stale', error }), 3, 'it is given up');
	assert.equal(at(late, 1, 38), 3, 'and not for ever');
	assert.equal(at(late, 1300), 0, 'an answer takes as long as it always does');
	assert.equal(at({ ...late, ageSeconds: 3 }, 1300), false);
});

const noTotals = (fleet: FleetTrack): FleetTrack => ({
	...fleet,
	now: { ...fleet.now, fleet: { ...fleet.now.fleet, totals: {} } },
});

test('a primary that is not dialled is not measured, whatever was asked for; a replica may be left out', () => {
	const error = { reason: 'not-allowed', text: 'not dialled: not in allow' } as const;
	const leftOut = (role: RedisNode['role']) =>
		checkResult(
			withNow([], node =>
				node.role === role ? { health: 'down', error, isSeenWell: true, opsPerSecond: undefined } : {},
			),
			true,
		);
	assert.equal(leftOut('replica').code, 0);
	const blind = leftOut('primary');
	assert.equal(blind.code, 3);
	assert.match(blind.text, /^UNKNOWN .*not dialled: not in allow/);
});

test('as JSON: the objects of --json with the verdict', () => {
	const { text, code } = checkJson(withNow([finding('crit', 'memory 93% of maxmemory')]), true);
	const object = JSON.parse(text);
	assert.equal(code, 2);
	assert.deepEqual(object.check, {
		...{ status: 'CRITICAL', code: 2 },
		text: 'CRITICAL memory-high 10.0.1.12:6379: memory 93% of maxmemory',
	});
	assert.deepEqual(
		[object.version, object.nodes.length, object.findings[0].value, object.findings[0].unit],
		[1, 6, 0.93, 'share'],
	);
});

test('several fleets: labels with their names, and nothing that ends a label', () => {
	const [one] = base.fleets;
	const other = { ...one!, id: 2, now: { ...one!.now, fleet: { ...one!.now.fleet, name: "it's=2|b" } } };
	const { text } = checkResult({ ...withNow([]), fleets: [one!, other] }, true);
	assert.match(text, / 'it_s_2_b ops'=[\d.]+;;;0 /);
	assert.equal(text.split('|').length, 2);
});
