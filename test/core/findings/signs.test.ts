// What a server tells of itself and nobody asks about: clients that wait, clients that were closed, connections that come
// and go, a replica that removes keys by itself, slots left open, settings that changed. Under each limit, at it, over it.
// From public reports: writers that hang for 10 s on the old primary of a manual failover (redis/redis#10985, #9618), a
// pause that outlives its maker (#9477), a replica with a smaller maxmemory (#1393, #4954), a slot that imports for ever
// (#9421, #6212), connection storms (#10524).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Migration } from '../../../source/core/cluster/migration-record.ts';
import { configChanges } from '../../../source/core/findings/events-config.ts';
import { judge, noHolds } from '../../../source/core/findings/findings.ts';
import { absorb } from '../../../source/core/fleet/track.ts';
import { parseClientList } from '../../../source/core/parse/parse-client-list.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { isSilent } from '../../../source/core/text/node-trouble.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type { Info, NodeTrack, Rates } from '../../../source/core/types.ts';
import {
	fleetOf,
	judgeRounds,
	type Round,
	ratesOf,
	sampleOf,
	start,
	times,
	trackOf,
	tracksOf,
} from '../build.ts';

const node = '10.0.0.1:6379';
const one = (info: Info, more: Partial<NodeTrack> = {}): Round => ({
	tracks: tracksOf(trackOf(node, info, more)),
});
const told = (rounds: readonly Round[], id: string) =>
	judgeRounds(rounds).map(({ findings }) => {
		const found = findings.find(finding => finding.id === id);
		return found && `${found.severity}: ${found.text}`;
	});

// ---------------------------------------------------------------------------------------------------------
// Paused

const pause = (milliseconds: number, pausedActions = 'write', pausedReason = 'client_pause') =>
	one({ pausedReason, pausedActions, pausedMilliseconds: milliseconds });

test('paused: any is a warning, writes for 10 s are critical, with the time left', () => {
	assert.deepEqual(told([pause(0, 'none', 'none')], 'paused'), [undefined]);
	assert.deepEqual(told([pause(9000)], 'paused'), ['warn: writes paused by CLIENT PAUSE, 9s left']);
	assert.deepEqual(told([pause(10_000)], 'paused'), ['crit: writes paused by CLIENT PAUSE, 10s left']);
	assert.deepEqual(told([pause(4000, 'all')], 'paused'), [
		'warn: all commands paused by CLIENT PAUSE, 4s left',
	]);
	// Renewed again and again, each time for a second.
	const severities = told(times(12, pause(1000)), 'paused').map(text => text?.slice(0, 4));
	assert.deepEqual(severities, [...times(9, 'warn'), ...times(3, 'crit')]);
});

test('paused: that of a failover is no finding of its own, unless it lasts', () => {
	// Until when it pauses at most is no time left: CLUSTER FAILOVER tells 10 s, FAILOVER of Valkey 8.1 and 9.1 2^63 ms.
	for (const most of [5000, 10_000, 2 ** 63]) {
		const failover = pause(most, 'write', 'failover_in_progress');
		const texts = told(times(11, failover), 'paused');
		assert.deepEqual(texts, [...times(10, undefined), 'crit: writes paused by failover in progress for 10s']);
		const done = [...times(3, failover), pause(0, 'none', 'none'), ...times(3, failover)];
		assert.deepEqual(told(done, 'paused').filter(Boolean), []);
		// It may become one without anything getting worse.
		assert.deepEqual(judgeRounds([failover])[0]?.pending, [
			{ id: 'paused', node, readingsLeft: 1, isCritical: true },
		]);
	}
});

test('paused: a primary that shuts down and waits for its replicas is told from its first reading on', () => {
	const at = (left: number) => one({ shutdownMilliseconds: left * 1000, pausedReason: 'none' });
	const texts = told(
		times(11, 0).map((_, second) => at(50 - second)),
		'paused',
	);
	assert.equal(texts[0], 'warn: writes paused by SHUTDOWN for 0s, waits for its replicas, 50s at most');
	assert.equal(texts[10], 'crit: writes paused by SHUTDOWN for 10s, waits for its replicas, 40s at most');
	// Called off (SHUTDOWN ABORT).
	assert.deepEqual(told([at(50), one({ pausedReason: 'none' })], 'paused').at(-1), undefined);
	assert.equal(parseInfo('# Server\r\nshutdown_in_milliseconds:8970\r\n').shutdownMilliseconds, 8970);
	// Overdue (-22 ms) no time is told, and by Valkey a pause until the end of all days.
	assert.equal(parseInfo('# Server\r\nshutdown_in_milliseconds:-22\r\n').shutdownMilliseconds, undefined);
	assert.deepEqual(
		told([...times(3, at(1)), pause(2 ** 63, 'write', 'shutdown_in_progress')], 'paused').at(-1),
		undefined,
	);
});

const client = (command: string, flags = 'b', more = '') =>
	`id=${command.length} addr=10.0.0.9:1 name= age=0 idle=0 flags=${flags} db=0 cmd=${command} user=default ${more}`;

/** Judged with this CLIENT LIST, for so many seconds; INFO tells nothing of a pause. */
function judged(info: Info, text: string, seconds = 1, rates: Partial<Rates> = {}) {
	let holds = noHolds;
	return Array.from({ length: seconds }, (_, index) => {
		const { tracks } = one(info, { rates: ratesOf(rates) });
		const at = start + index * 1000;
		const list = { at, list: parseClientList(text) };
		const next = judge({
			fleet: fleetOf(tracks),
			tracks,
			holds,
			limits: defaultLimits,
			at,
			freshNodes: new Set([node]),
			clientsOf: () => list,
		});
		holds = next.holds;
		return next;
	});
}

test('no-replica: clients that wait in WAIT for a replica, and there is none', () => {
	const list = (idle: number) =>
		[client('wait'), client('wait')].join('\n').replace('idle=0', `idle=${idle}`);
	const text = (info: Info, idle = 12) => {
		const found = judged({ blockedClients: 2, ...info }, list(idle), 5).at(-1)!.findings[0];
		return found && `${found.id} ${found.severity}: ${found.text}`;
	};
	const waits = 'no-replica warn: no replica, and 1 client waits for one in WAIT, for up to 12s';
	assert.equal(text({ connectedReplicas: 0 }), waits);
	assert.equal(text({ connectedReplicas: 0, pausedReason: 'none' }), waits);
	assert.equal(text({ connectedReplicas: 0 }, 9), undefined, 'one with a timeout is through by then');
	assert.equal(text({ connectedReplicas: 1 }), undefined, 'one is there: whether it is enough is not told');
	assert.equal(text({ connectedReplicas: 0, role: 'replica', isLinkUp: true }), undefined);
	const asks = (info: Info) => judgeRounds([one({ blockedClients: 1, ...info })])[0]!;
	const looks = (info: Info) =>
		'looks' in asks(info) ? (asks(info) as never as { looks: [] }).looks.length : -1;
	assert.equal(looks({ pausedReason: 'none', connectedReplicas: 0 }), 1);
	assert.equal(looks({ pausedReason: 'none', connectedReplicas: 2 }), 0);
});

test('no-replica: who waits is not decided before the list of clients is there, and at a long delay it is an older one', () => {
	const blocked: Info = { blockedClients: 1, connectedReplicas: 0 };
	const asked: Partial<NodeTrack> = { pings: [0.4] };
	type Seen = { age?: number; idle?: number; delay?: number; info?: Info; cluster?: true };
	/** Six refreshes; the list is as old as is said, none where nothing is. */
	const rounds = ({ age, idle = 12, delay = 1, info, cluster }: Seen, more = asked) => {
		let holds = noHolds;
		return Array.from({ length: 6 }, (_, index) => {
			const at = start + index * delay * 1000;
			const rates = index > 0 ? ratesOf({ seconds: delay }) : undefined;
			const tracks = tracksOf(trackOf(node, { ...blocked, ...info }, { rates, ...more }, at));
			const shard = { number: 1, primary: node, replicas: [], slots: [[0, 16383] as const] };
			const fleet = fleetOf(tracks, cluster && { mode: 'cluster', shards: [shard] }, {}, at);
			const text = client('wait').replace('idle=0', `idle=${idle}`);
			const list = age === undefined ? undefined : { at: at - age * 1000, list: parseClientList(text) };
			const base = { fleet, tracks, holds, limits: defaultLimits, at, freshNodes: new Set([node]) };
			const next = judge({ ...base, clientsOf: () => list });
			holds = next.holds;
			return next;
		});
	};
	const pending = (seen: Seen, more = asked) => rounds(seen, more)[0]!.pending.map(({ id }) => id);
	const found = (seen: Seen) =>
		rounds(seen)
			.at(-1)!
			.findings.map(({ id, text }) => `${id}: ${text}`);
	assert.deepEqual(pending({}), ['no-replica']);
	assert.deepEqual(pending({ age: 1, idle: 3 }), ['no-replica'], 'it may wait for ever');
	assert.deepEqual(pending({ info: { blockedClients: 0 } }), []);
	assert.deepEqual(pending({ info: { connectedReplicas: 1 } }), []);
	// No list will come.
	assert.deepEqual(pending({ info: { connectedClients: 1001 } }), []);
	const refused = [{ command: 'client list', why: 'no-permission', word: '+client|list' } as const];
	assert.deepEqual(pending({}, { ...asked, refused }), []);
	assert.deepEqual(pending({}, {}), [], 'nobody asks it');
	const waits = 'no-replica: no replica, and 1 client waits for one in WAIT, for up to 12s';
	assert.deepEqual(found({ age: 15 }), [waits]);
	assert.deepEqual(found({ age: 16 }), []);
	assert.deepEqual(found({ age: 59, delay: 60 }), [waits]);
	assert.deepEqual(found({ age: 121, delay: 60 }), []);
	// What is known without the list is not put off by that.
	assert.deepEqual(found({ cluster: true }), ['no-replica: no replica to take over']);
	assert.deepEqual(found({ cluster: true, age: 1 }), [waits]);
});

test('paused: where INFO does not tell, a client that waits in a command that never blocks gives it away', () => {
	const text = (list: string, blockedClients = 1) => judged({ blockedClients }, list)[0]?.findings[0]?.text;
	assert.equal(text(client('set')), 'writes paused: 1 client waits in SET, as under CLIENT PAUSE');
	assert.equal(
		text(`${client('set')}\n${client('hset')}`),
		'writes paused: 2 clients wait in SET, as under CLIENT PAUSE',
	);
	const never = ['blpop', 'xreadgroup', 'wait', 'flushall', 'ft.search', 'cluster|failover', 'auth', 'hello'];
	// Measured on Redis 8.0.2: two clients that search vectors are `flags=b cmd=VSIM`, blocked_clients is 2.
	for (const command of [...never, 'VSIM', 'VADD']) assert.equal(text(client(command)), undefined, command);
	assert.equal(text(client('set', 'N')), undefined);
	assert.equal(text(client('set'), 0), undefined);
	assert.equal(judged({ blockedClients: 1 }, client('set'), 11).at(-1)?.findings[0]?.severity, 'crit');
	// Who has only just come sees how long the client has waited.
	const [first] = judged({ blockedClients: 1 }, client('set').replace('idle=0', 'idle=12'));
	assert.deepEqual([first?.findings[0]?.severity, first?.findings[0]?.value], ['crit', 12]);
});

test('paused: at a long delay who waits is read of the list of the refresh before', () => {
	const delayed = (delay: number, blockedClients: number, list: string, changes = 0) => {
		let holds = noHolds;
		return [0, 1, 2].map(refresh => {
			const at = start + refresh * delay * 1000;
			const rates = { rates: ratesOf({ seconds: delay }) };
			const info: Info = { blockedClients, changesSinceSave: refresh * changes };
			const tracks = tracksOf(trackOf(node, info, rates, at));
			const clients = { at: at - delay * 1000, list: parseClientList(list) };
			const now = judge({
				...{ fleet: fleetOf(tracks, {}, {}, at), tracks, holds, limits: defaultLimits, at },
				...{ freshNodes: new Set([node]), clientsOf: () => (refresh === 0 ? undefined : clients) },
			});
			holds = now.holds;
			return now.findings.map(({ severity, value }) => [severity, value]);
		});
	};
	// It has waited since then as well.
	assert.deepEqual(delayed(60, 1, client('set')), [[], [['crit', 60]], [['crit', 60]]]);
	assert.deepEqual(delayed(16, 1, client('set'))[1], [['crit', 16]]);
	assert.deepEqual(
		delayed(60, 1, `${client('set')}\n${client('hset')}`),
		[[], [], []],
		'fewer are blocked by now',
	);
	assert.deepEqual(delayed(60, 1, client('blpop')), [[], [], []]);
	// Workers are always blocked; the pause of a moment made a writer wait beside them.
	const workers = [...times(3, client('blpop')), client('set')].join('\n');
	assert.deepEqual(delayed(16, 3, workers), [[], [], []]);
	assert.deepEqual(delayed(16, 4, workers, 1), [[], [], []], 'what waited was done since');
	assert.deepEqual(delayed(16, 4, workers)[1], [['crit', 16]]);
});

const held = (seconds: number): Round => {
	const at = start + seconds * 1000;
	const silent = sampleOf(node, at, { silentMilliseconds: seconds * 1000, isHeld: true });
	const waiting = absorb(trackOf(node, {}, { firstSeenAt: start - 60_000 }), silent);
	const failed = sampleOf(node, at, { error: { reason: 'paused', text: 'waits' } });
	const tracks = tracksOf(seconds < 5 ? waiting : absorb(waiting, failed));
	return { tracks, fleet: fleetOf(tracks, {}, {}, at), fresh: false };
};

test('paused: a node that answers errors and nothing else makes all wait, and is neither down nor out of our reach', () => {
	const calm = one({}, { firstSeenAt: start - 60_000 });
	const judged = judgeRounds([calm, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(held)]);
	const found = judged.map(({ findings }) => findings.map(({ id, severity }) => `${id} ${severity}`));
	assert.deepEqual(found[1], ['stalled warn', 'paused warn']);
	assert.deepEqual(found[9], ['paused warn']);
	assert.deepEqual(found[10], ['paused crit']);
	const [, paused] = judged[1]!.findings;
	assert.equal(paused?.text, 'all commands wait for 1s, as under CLIENT PAUSE: only errors are answered');
	assert.deepEqual([paused?.value, paused?.limit], [1, 0]);
	const { fleet } = held(6);
	assert.deepEqual(fleet!.nodes.map(isSilent), [false]);
});

test('paused: one that has served nobody since we came is critical at once: it may have begun long before', () => {
	const { tracks, fleet } = held(2);
	const unknown = tracksOf({ ...tracks.get(node)!, lastGood: undefined });
	const [judged] = judgeRounds([
		{ tracks: unknown, fleet: fleetOf(unknown, {}, {}, fleet!.at), fresh: false },
	]);
	const found = judged!.findings.find(({ id }) => id === 'paused');
	assert.deepEqual([found?.severity, found?.limit], ['crit', undefined]);
	assert.deepEqual(
		judged!.pending.filter(({ id }) => id === 'paused'),
		[],
	);
});

test('paused: when it is over, the stall tells why it was', () => {
	const track = held(6).tracks.get(node)!;
	const back = sampleOf(node, start + 8000, {
		info: track.lastGood!.info,
		pingMilliseconds: 1,
		stalls: [{ at: start + 8000, seconds: 8 }],
	});
	const tracks = tracksOf(absorb(track, back));
	const [last] = judgeRounds([{ tracks, fleet: fleetOf(tracks, {}, {}, start + 8000) }]);
	assert.deepEqual(
		last!.findings.map(({ id }) => id),
		['stalled'],
	);
	assert.match(last!.findings[0]!.text, /: all commands waited, as under CLIENT PAUSE$/);
});

test('paused: CLIENT LIST is asked when clients are blocked and INFO does not tell why, and not of thousands', () => {
	const looks = (info: Info, more: Partial<NodeTrack> = {}) => {
		const { tracks } = one(info, more);
		return judge({
			fleet: fleetOf(tracks),
			tracks,
			holds: noHolds,
			limits: defaultLimits,
			at: start,
			freshNodes: new Set([node]),
		}).looks;
	};
	assert.deepEqual(looks({ blockedClients: 1 }), [{ node, at: 'clients' }]);
	assert.deepEqual(looks({ blockedClients: 0 }), []);
	assert.deepEqual(looks({ blockedClients: 1, pausedReason: 'none' }), []);
	assert.deepEqual(looks({ blockedClients: 1, connectedClients: 1001 }), []);
	// A user that may not ask it is not asked for it at every refresh: each time it would be a visit more.
	const refused = [{ command: 'client list', why: 'no-permission', word: '+client|list' }] as const;
	assert.deepEqual(looks({ blockedClients: 1 }, { refused }), []);
});

// ---------------------------------------------------------------------------------------------------------
// Clients and connections

test('clients-dropped: one is a warning, ten within 10 s are critical, and it goes away', () => {
	const dropped = (droppedClients: number | undefined) =>
		one({ outputLimitDisconnections: 1 }, { rates: ratesOf({ droppedClients }) });
	assert.deepEqual(told([dropped(0), dropped(undefined)], 'clients-dropped'), [undefined, undefined]);
	assert.deepEqual(told([dropped(1)], 'clients-dropped'), [
		'warn: 1 client closed in 10s for their buffers: client-output-buffer-limit',
	]);
	assert.equal(told([dropped(9)], 'clients-dropped')[0]?.slice(0, 4), 'warn');
	assert.equal(told([dropped(10)], 'clients-dropped')[0]?.slice(0, 4), 'crit');
	assert.equal(
		told(times(10, dropped(1)), 'clients-dropped')
			.at(-1)
			?.slice(0, 4),
		'crit',
	);
	assert.deepEqual(
		told([dropped(1), ...times(10, dropped(0))], 'clients-dropped')
			.slice(-2)
			.map(Boolean),
		[true, false],
	);
});

test('connections-churn: over 100 a second and over a tenth of the commands, for five readings, with the hosts', () => {
	const churn = (connections: number, ops?: number) =>
		told(times(5, one({}, { rates: ratesOf({ connections, ops }) })), 'connections-churn');
	assert.deepEqual(churn(100, 999), [...times(4, undefined), 'warn: 100 new connections/s, 10% of ops']);
	assert.deepEqual(churn(99, 100).at(-1), undefined);
	assert.deepEqual(churn(100, 1000).at(-1), undefined);
	assert.match(churn(450).at(-1) ?? '', /^warn: 450 new connections\/s$/);
	const list = [
		client('get', 'N'),
		client('ping', 'N').replace('10.0.0.9', '10.0.0.8'),
		client('info', 'N').replace('name=', 'name=redis-top'),
	];
	const all = judged({}, list.join('\n'), 5, { connections: 450, ops: 450 });
	assert.equal(all.at(-1)?.findings[0]?.text, '450 new connections/s, 100% of ops, from 10.0.0.9, 10.0.0.8');
	// Who is in the list already is not asked for again at once.
	assert.deepEqual(
		all.flatMap(({ looks }) => looks),
		[],
	);
});

// ---------------------------------------------------------------------------------------------------------
// A replica that removes keys by itself

const keysOf = (keys: number): Info => ({ databases: [{ db: 0, keys, expires: 0 }] });
function pair(below: Info, rates: Partial<Rates> = {}, config: NodeTrack['config'] = undefined): Round {
	const primary = trackOf('10.0.0.2:6379', keysOf(10_000));
	const more = { rates: ratesOf(rates), config };
	const replica = trackOf(node, { role: 'replica', isLinkUp: true, ...below }, more);
	const tracks = tracksOf(replica, primary);
	return { tracks, fleet: fleetOf(tracks, {}, { [node]: { primary: primary.address } }) };
}

test('replica-evicts: how many keys it lacks, for two readings, while it goes on and as long as it lacks them', () => {
	const gone = { ...keysOf(4000), evictedKeys: 6000 };
	assert.deepEqual(told(times(2, pair(gone, { evicted: 500 })), 'replica-evicts'), [
		undefined,
		'warn: replica evicts by itself at its own maxmemory: lacks 6.0k of 10.0k keys',
	]);
	assert.match(told(times(2, pair(gone)), 'replica-evicts')[1] ?? '', /lacks 6.0k of 10.0k keys$/);
	assert.match(
		told(times(2, pair({ ...keysOf(4000), expiredKeys: 6000 }, { expired: 5 })), 'replica-evicts')[1] ?? '',
		/^warn: replica expires by itself: lacks/,
	);
	// Counters of a time when it was a primary; a replica that is a little behind.
	assert.deepEqual(
		told(times(3, pair({ ...keysOf(10_000), evictedKeys: 6000 })), 'replica-evicts').filter(Boolean),
		[],
	);
	assert.deepEqual(
		told(times(3, pair({ ...keysOf(9901), evictedKeys: 6000 })), 'replica-evicts').filter(Boolean),
		[],
	);
	// One that was a primary until now, and is read a moment after its primary while many keys come and go.
	const former: readonly Round[] = [
		pair({ ...keysOf(9800), expiredKeys: 1_000_000 }),
		pair({ ...keysOf(9800), evictedKeys: 1_000_000, maxmemoryBytes: 0 }),
		pair({ ...keysOf(9800), evictedKeys: 1_000_000 }, {}, { 'replica-ignore-maxmemory': 'yes' }),
	];
	for (const round of former) assert.deepEqual(told(times(3, round), 'replica-evicts').filter(Boolean), []);
	assert.deepEqual(told(times(3, pair({ ...gone, isLinkUp: false })), 'replica-evicts').filter(Boolean), []);
	const writable: Info = { isReadOnly: false };
	const text = (more: Info) => told(times(2, pair(more)), 'replica-evicts').at(-1);
	assert.equal(
		text({ ...keysOf(10_100), ...writable }),
		'warn: replica is writable and holds 100 keys more than its primary: its next full sync deletes them',
	);
	assert.equal(text({ ...keysOf(10_099), ...writable }), undefined);
	assert.equal(text({ ...keysOf(20_000), isReadOnly: true }), undefined, 'read a moment before its primary');
	assert.equal(text(keysOf(20_000)), undefined, 'not told');
	assert.equal(text({ ...keysOf(20_000), ...writable, isLinkUp: false }), undefined);
	// Nothing that it counts tells why: a replica that may be written to was flushed (replica-read-only no).
	assert.deepEqual(told(times(2, pair(keysOf(5000))), 'replica-evicts'), [
		undefined,
		'warn: replica lacks 5.0k of 10.0k keys and is in step: was it written to?',
	]);
	assert.deepEqual(told(times(3, pair(keysOf(5001))), 'replica-evicts').filter(Boolean), []);
	assert.deepEqual(
		told(times(3, pair({ ...keysOf(10), isLinkUp: false })), 'replica-evicts').filter(Boolean),
		[],
	);
});

test('replica-evicts: a replica on which commands of its primary failed may differ, until a full sync', () => {
	const round = (failedFromPrimary: number | undefined, more: Info = {}) =>
		pair({ ...keysOf(10_000), version: '7.2.4', failedFromPrimary, ...more });
	const texts = (...rounds: readonly Round[]) => told(rounds, 'replica-evicts');
	const three =
		'warn: replica may differ: 3 commands of its primary failed on it, and no full sync was seen since';
	assert.deepEqual(texts(round(3), round(3)), [undefined, three]);
	assert.equal(
		texts(...times(2, round(3, { version: '6.2.14' }))).at(-1),
		'warn: replica may differ: 3 commands of its primary failed on it, as scripts do that fail at both ends',
	);
	assert.deepEqual(texts(...times(3, round(0)), ...times(3, round(undefined))).filter(Boolean), []);
	const syncing = round(3, { isSyncing: true, isLinkUp: false });
	assert.equal(texts(round(3), round(3), syncing, syncing, round(3), round(3)).at(-1), undefined);
	assert.equal(texts(syncing, round(6), round(6)).at(-1), three, 'what fails after it counts');
	assert.equal(texts(syncing, ...times(4, round(0))).at(-1), undefined, 'CONFIG RESETSTAT');
	assert.match(
		texts(syncing, round(1), round(1)).at(-1) ?? '',
		/1 command of its primary/,
		'after a RESETSTAT',
	);
	const again = [0, 1, 2, 3, 3].map(count => round(count));
	assert.equal(texts(syncing, ...again).at(-1), three, 'as many again after a RESETSTAT');
	assert.deepEqual(texts(...times(3, round(3, { role: 'primary' }))).filter(Boolean), []);
});

// ---------------------------------------------------------------------------------------------------------
// Slots left open

const migration = (more: Partial<Migration>): Migration => ({
	...{
		id: 'm',
		kind: 'classic',
		sourceId: 'a',
		targetId: 'b',
		source: node,
		target: '10.0.0.2:6379',
		slots: [[100, 100]],
	},
	...{
		state: 'moving keys',
		startedAt: start,
		seenAt: start,
		progressAt: start,
		hasFailed: false,
		slotsDone: 0,
		flips: [],
		keysCounted: 5,
		keysLeft: 5,
	},
	...more,
});

test('slot-open: at one side only at once, on both without progress for 60 s, never of what was not counted', () => {
	const texts = (each: Migration, seconds: number) => {
		const { tracks } = one({});
		let holds = noHolds;
		let found: string | undefined;
		for (const at of [start + seconds * 1000 - 1000, start + seconds * 1000]) {
			const next = judge({
				fleet: fleetOf(tracks),
				tracks,
				holds,
				limits: defaultLimits,
				at,
				freshNodes: new Set([node]),
				migrations: [each],
			});
			holds = next.holds;
			found = next.findings.map(({ severity, node: where, text }) => `${severity} ${where}: ${text}`)[0];
		}
		return found;
	};
	assert.equal(
		texts(migration({ kind: 'left-open', openAt: 'target' }), 1),
		'warn 10.0.0.2:6379: slot 100 open at the target only: a reshard was broken off, redis-cli --cluster fix mends it',
	);
	assert.match(
		texts(migration({ kind: 'left-open', openAt: 'source' }), 1) ?? '',
		/^warn 10.0.0.1:6379: slot 100 open at the source only/,
	);
	assert.equal(texts(migration({}), 60), undefined);
	assert.equal(
		texts(migration({}), 61),
		`warn ${node}: slot 100 open, ${node} to 10.0.0.2:6379, no progress for 1m, 5 keys left: redis-cli --cluster fix`,
	);
	assert.equal(texts(migration({ progressAt: start + 30_000 }), 80), undefined);
	assert.equal(texts(migration({ keysCounted: undefined, keysLeft: undefined }), 600), undefined);
	assert.equal(texts(migration({ endedAt: start }), 600), undefined);
	assert.equal(texts(migration({ kind: 'atomic' }), 600), undefined);
	const atomic: Partial<Migration> = { kind: 'atomic', id: 'atomic 0e9c', slots: [[300, 301]] };
	const failing = migration({ ...atomic, retries: 3, state: 'failed, tries again: closed' });
	assert.equal(texts(failing, 59), undefined);
	assert.equal(
		texts(failing, 61),
		'warn 10.0.0.2:6379: slots 300-301 on the way here for 1m, failed, tries again: closed: CLUSTER MIGRATION CANCEL ID 0e9c ends it',
	);
	assert.equal(
		texts(migration({ ...atomic, endedAt: start, leftTask: '0e9c' }), 61),
		`warn ${node}: slots 300-301: its task of a migration to 10.0.0.2:6379 that is over blocks a reshard: CLUSTER MIGRATION CANCEL ID 0e9c ends it`,
	);
});

// ---------------------------------------------------------------------------------------------------------
// What was changed

const configured = (
	config: Readonly<Record<string, string>> | undefined,
	info: Info = {},
	more: Partial<NodeTrack> = {},
) => trackOf(node, info, { ...(config && { config }), ...more });

test('config-changed: the old and the new value of each, and what switches persistence off is a warning', () => {
	const changes = (
		was: Readonly<Record<string, string>> | undefined,
		is: Readonly<Record<string, string>> | undefined,
		info: Info = {},
	) =>
		configChanges(configured(was), configured(is, info)).map(({ kind, severity, text }) =>
			[kind, severity, text].filter(Boolean).join(' '),
		);
	assert.deepEqual(changes({ maxmemory: '100', save: '900 1' }, { maxmemory: '200', save: '' }), [
		'config-changed maxmemory 100 to 200',
		'config-changed warn save 900 1 to ""',
	]);
	assert.deepEqual(changes({ appendonly: 'yes' }, { appendonly: 'no' }), [
		'config-changed warn appendonly yes to no',
	]);
	assert.deepEqual(changes({ appendonly: 'yes' }, { appendonly: 'no' }, { runId: 'b', uptimeSeconds: 1 }), [
		'config-changed warn appendonly yes to no since its restart',
	]);
	// One that has run for longer is another server at that address: nobody changed anything.
	assert.deepEqual(changes({ appendonly: 'yes' }, { appendonly: 'no' }, { runId: 'b' }), []);
	assert.deepEqual(changes({ maxmemory: '100' }, { maxmemory: '100' }), []);
	assert.deepEqual(changes(undefined, { maxmemory: '100' }), []);
	assert.deepEqual(changes({}, { maxmemory: '100' }), []);
	const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, '1']));
	const other = Object.fromEntries(Object.keys(many).map(name => [name, '2']));
	assert.equal(changes(many, other).length, 9);
	assert.equal(changes(many, other).at(-1), 'config-changed 12 more settings changed');
});

test('config-changed: modules, function libraries and the number of ACL users', () => {
	const changes = (was: NodeTrack, is: NodeTrack) => configChanges(was, is).map(({ text }) => text);
	const info = (text: string) => parseInfo(`# Modules\r\n${text}`);
	assert.deepEqual(
		changes(
			configured(
				undefined,
				{ ...info('module:name=bf,ver=1,api=1\r\n'), functionLibraries: 1 },
				{ seldom: { aclUsers: 2 } },
			),
			configured(
				undefined,
				{ ...info('module:name=system,ver=1\r\n'), functionLibraries: 2 },
				{ seldom: { aclUsers: 3 } },
			),
		),
		['function libraries 1 to 2', 'module system loaded', 'module bf unloaded', 'ACL users 2 to 3'],
	);
	assert.deepEqual(changes(configured(undefined, info('')), configured(undefined, {})), []);
	assert.deepEqual(info('').modules, []);
	assert.equal(parseInfo('# Server\r\n').modules, undefined);
});

test('a link that never was up is not down since 1970', () => {
	const down = (seconds: number, uptime: number) =>
		parseInfo(
			`uptime_in_seconds:${uptime}\r\nrole:slave\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:${seconds}\r\n`,
		).linkDownSeconds;
	assert.equal(down(1_518_001_110, 900), undefined);
	assert.equal(down(899, 900), 899);
	assert.equal(down(-1, 900), undefined);
});

// ---------------------------------------------------------------------------------------------------------
// Saves that never end: valkey-io/valkey#2322 (a hung BGSAVE, `BGSAVE CANCEL` mends it), Snapchat/KeyDB#435 and #675,
// redis/redis#15666 (a rewrite that waited for a lock for 8 days), #5523 (a rewrite that waited for saves without end).

type Told = { readonly seconds: number; readonly keys?: number; readonly report?: number };

/** One reading while a child writes; the numbers that only a close look reads stand in the text of INFO. */
const writing = (
	file: 'rdb' | 'aof',
	{ seconds, keys, report }: Told,
	last?: number,
	more: Info = {},
): Round => {
	const isRdb = file === 'rdb';
	const lines = [
		`${isRdb ? 'rdb_current_bgsave_time_sec' : 'aof_current_rewrite_time_sec'}:${seconds}`,
		...(keys === undefined ? [] : [`current_save_keys_processed:${keys}`, 'current_save_keys_total:1000']),
		...(report === undefined ? [] : [`current_cow_size_age:${report}`]),
		...(isRdb || last === undefined ? [] : [`aof_last_rewrite_time_sec:${last}`]),
	];
	const busy: Info = isRdb
		? { isSaving: true, lastSaveSeconds: last }
		: { isAofEnabled: true, isAofRewriting: true };
	const round = one({ ...busy, ...more });
	const track = round.tracks.get(node)!;
	const reading = { ...track.lastGood!, infoText: lines.join('\r\n') };
	return { tracks: tracksOf({ ...track, latest: reading, lastGood: reading }) };
};
const seconds = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);
const idOf = { rdb: 'save-failing', aof: 'aof-failing' } as const;

for (const file of ['rdb', 'aof'] as const)
	test(`${file}: a child that writes no more keys is stuck after a minute, critical after ten; one that gets on is not`, () => {
		const stuck = told(
			seconds(605).map(second => writing(file, { seconds: second, keys: 120 })),
			idOf[file],
		);
		assert.deepEqual(stuck.slice(0, 60).filter(Boolean), []);
		assert.match(
			stuck[60]!,
			/^warn: .* stuck for 1m at 12%: no other can begin until its child process is killed$/,
		);
		assert.deepEqual([stuck[599]?.slice(0, 4), stuck[600]?.slice(0, 4)], ['warn', 'crit']);
		const slow = seconds(605).map(second =>
			writing(file, { seconds: second, keys: Math.floor(second / 50) }),
		);
		assert.deepEqual(told(slow, idOf[file]).filter(Boolean), []);
		// It rests for as long as the last one took: one large key.
		const large = seconds(200).map(second => writing(file, { seconds: second, keys: 120 }, 100));
		assert.deepEqual(told(large, idOf[file]).filter(Boolean), []);
		const over = [...seconds(70).map(second => writing(file, { seconds: second, keys: 1 })), one({})];
		assert.equal(told(over, idOf[file]).at(-1), undefined);
	});

test('a save that was stuck before we came is told after ten seconds of watching, and asked for that long by a check', () => {
	const old = seconds(12, 5000).map(second =>
		writing('rdb', { seconds: second, keys: 120, report: second - 20 }, 2),
	);
	const judged = judgeRounds(old);
	assert.deepEqual(
		judged.map(({ findings }) => findings.length),
		[...times(10, 0), 1, 1],
	);
	assert.deepEqual(
		judged.map(({ pending }) => pending.length),
		[...times(10, 1), 0, 0],
	);
	const [found] = judged.at(-1)!.findings;
	assert.deepEqual(
		[found?.severity, found?.value, found?.limit, found?.unit],
		['crit', 4991, 600, 'seconds'],
	);
	// Its keys grow, only its memory was not measured lately.
	const busy = seconds(12, 5000).map(second =>
		writing('rdb', { seconds: second, keys: second, report: second - 20 }, 2),
	);
	assert.deepEqual(told(busy, 'save-failing').filter(Boolean), []);
	// Near its beginning nobody waits for anything.
	assert.deepEqual(judgeRounds([writing('rdb', { seconds: 30, keys: 1, report: 29 })])[0]?.pending, []);
	// The next child is another: its time begins anew.
	const next = [...seconds(59), ...seconds(59)].map(second => writing('rdb', { seconds: second, keys: 0 }));
	assert.deepEqual(told(next, 'save-failing').filter(Boolean), []);
});

test('where keys are not counted a save is stuck when it takes many times as long as the last one', () => {
	const text = (at: number, last?: number) =>
		told([writing('rdb', { seconds: at }, last)], 'save-failing')[0];
	assert.equal(text(599, 2), undefined);
	assert.match(text(600, 2)!, /^crit: rdb save stuck for 10m: no other can begin/);
	assert.equal(text(999, 200), undefined);
	assert.match(text(1000, 200)!, /^crit: rdb save stuck for 16m/);
	assert.equal(text(3599), undefined);
	assert.match(text(3600)!, /^crit/);
});

test('a rewrite that waits for its turn for ten minutes is told, with what it waits for', () => {
	const due: Info = { isAofEnabled: true, isAofRewriteScheduled: true };
	const saves = seconds(602).map(second => writing('rdb', { seconds: second % 40, keys: second }, 40, due));
	const found = told(saves, 'aof-failing');
	assert.deepEqual(found.slice(0, 600).filter(Boolean), []);
	assert.equal(found[600], 'warn: aof rewrite waits for rdb saves to end, due for 10m');
	const begun = [...times(599, one(due)), writing('aof', { seconds: 1, keys: 1 }), ...times(10, one(due))];
	assert.deepEqual(told(begun, 'aof-failing').filter(Boolean), []);
});

test('paused: FAILOVER that waits for its replica holds writes back, is named as that, and is no link that never came up', () => {
	const handing = (failoverState: string, more: Info = {}) => one({ failoverState, ...more });
	const waits = times(12, handing('waiting-for-sync'));
	assert.deepEqual(told(waits, 'paused'), [
		...times(10, undefined),
		'crit: writes paused by FAILOVER for 10s, waiting for sync: FAILOVER ABORT ends it',
		'crit: writes paused by FAILOVER for 11s, waiting for sync: FAILOVER ABORT ends it',
	]);
	assert.deepEqual(told([handing('no-failover')], 'paused'), [undefined]);
	// It has stepped down, and nobody takes over: seen on Redis 7.0 with a replica that stands still.
	const down: Info = { role: 'replica', primary: '10.0.0.2:6379', isLinkUp: false };
	const rounds = times(12, handing('failover-in-progress', down));
	assert.deepEqual(told(rounds, 'replication-link').filter(Boolean), []);
	assert.match(told(rounds, 'paused').at(-1)!, /FAILOVER for 11s, failover in progress/);
});

// ---------------------------------------------------------------------------------------------------------
// A link that counts as up: a firewall that has forgotten the connection, seen on Redis 7.0 behind a line that stands still.

test('a link over which nothing comes is down, whatever both sides say, and an idle one is not', () => {
	const linked = (lastIoSeconds: number, lagSeconds?: number, config?: Record<string, string>): Round => {
		const replica = '10.0.0.2:6379';
		const info: Info = { role: 'replica', primary: node, isLinkUp: true, lastIoSeconds };
		const replicas = [{ address: replica, state: 'online', lagSeconds }];
		return { tracks: tracksOf(trackOf(node, { replicas }, { config }), trackOf(replica, info)) };
	};
	const text = (round: Round) => told([round], 'replication-link')[0];
	for (const idle of [linked(10, 1), linked(29, 1), linked(14, 14), linked(29)])
		assert.equal(text(idle), undefined);
	assert.equal(text(linked(15, 15)), 'crit: nothing from its primary for 15s, and the link counts as up');
	assert.match(text(linked(30, 1))!, /^crit: nothing from its primary for 30s/);
	assert.match(text(linked(30))!, /^crit/);
	const seldom = { 'repl-ping-replica-period': '20' };
	assert.equal(text(linked(59, 1, seldom)), undefined);
	assert.match(text(linked(60, 1, seldom))!, /^crit/);
});

// ---------------------------------------------------------------------------------------------------------
// Two primaries that were one. The lines are those of Redis 7.0, read after REPLICAOF NO ONE at the replica.

const oldHistory = '8a6d2b4c'.repeat(5);
const newHistory = '1f2e3d4c'.repeat(5);
const replication = (id: string, former: string, offset: number, until: number, received: number) =>
	parseInfo(
		[
			...['# Stats', `total_net_repl_input_bytes:${received}`, '# Replication', 'role:master'],
			...['connected_slaves:0', 'master_failover_state:no-failover', `master_replid:${id}`],
			...[`master_replid2:${former}`, `master_repl_offset:${offset}`, `second_repl_offset:${until}`],
		].join('\r\n'),
	);
const nobody = '0'.repeat(40);
const promotedNode = '10.0.0.2:6379';
const remained = (offset = 260): Info => ({
	...{ ...replication(oldHistory, nobody, offset, -1, 0), runId: 'a', changesSinceSave: 5 },
});
const promoted = (more: Info = {}): Info => ({
	...{ ...replication(newHistory, oldHistory, 251, 211, 340), runId: 'b', changesSinceSave: 5, ...more },
});

/** Each node of the round with its INFO; `written` by which reading so many changes more. */
const both = (one: Info, other: Info, mode: 'standalone' | 'sentinel' = 'standalone'): Round => {
	const tracks = tracksOf(trackOf(node, one), trackOf(promotedNode, other));
	return { tracks, fleet: fleetOf(tracks, { mode }) };
};
const splitText = (...rounds: readonly Round[]) => told(rounds, 'two-primaries').at(-1);

test('two-primaries: a replica that was promoted while its primary stayed one, from one reading of both', () => {
	assert.equal(
		splitText(...times(3, both(remained(), promoted()))),
		`warn: two primaries of one data set: a replica of ${node} until it was promoted; 41B written here since, 50B there`,
	);
	assert.equal(splitText(...times(2, both(remained(), promoted()))), undefined, 'two that swap by hand');
	const linked: Info = { role: 'replica', primary: promotedNode, isLinkUp: true };
	assert.equal(splitText(...times(4, both({ ...remained(), ...linked }, promoted()))), undefined);
	assert.equal(
		splitText(
			...times(4, both(remained(), promoted())),
			...times(3, both({ ...remained(), ...linked }, promoted())),
		),
		undefined,
	);
	assert.equal(splitText(...times(4, both(remained(), promoted(), 'sentinel'))), undefined, 'stale-primary');
	const forgotten = promoted({ previousReplicationId: undefined });
	assert.equal(splitText(...times(4, both(remained(), forgotten))), undefined);
	const restored = promoted({ replicationInputBytes: 0 });
	assert.equal(splitText(...times(4, both(remained(), restored))), undefined, 'from a copy of its file');
	assert.match(
		splitText(...times(4, both(remained(), promoted({ replicationInputBytes: undefined }))))!,
		/^warn/,
	);
	assert.equal(splitText(...times(4, both(remained(), promoted({ isClusterEnabled: true })))), undefined);
	const active: Info = { primary: node, isActiveReplica: true };
	assert.equal(splitText(...times(4, both(remained(), promoted(active)))), undefined);
});

test('two-primaries: a replica that was started again without its primary has forgotten it, and we have not', () => {
	const linked: Info = {
		...{ role: 'replica', primary: node, isLinkUp: true, runId: 'b', uptimeSeconds: 99 },
		replicationId: oldHistory,
	};
	const again = (more: Info = {}): Info => ({
		...{ ...replication(newHistory, nobody, 0, -1, 0), runId: 'b2', uptimeSeconds: 1, ...more },
	});
	const after = (is: Info, was = linked) =>
		splitText(...times(2, both(remained(), was)), ...times(3, both(remained(), is)));
	assert.equal(
		after(again()),
		`warn: two primaries of one data set: a replica of ${node} until it was restarted`,
	);
	assert.equal(after(again({ uptimeSeconds: 90_000 })), undefined, 'another server at its address');
	assert.equal(
		after(again(), { ...linked, isLinkUp: false }),
		undefined,
		'whose history it was is not known',
	);
	assert.equal(splitText(...times(4, both(remained(), again()))), undefined, 'nobody saw it before');
	const hour = Array.from({ length: 80 }, () => ({ ...both(remained(), again()), seconds: 60 }));
	assert.equal(splitText(both(remained(), linked), ...hour), undefined, 'an hour later');
});

test('two-primaries: two replicas of one that is gone are two primaries as well, and it is said once', () => {
	const sister: Info = {
		...promoted(),
		runId: 'c',
		replicationId: 'c'.repeat(40),
		secondReplicationOffset: 200,
	};
	const last = judgeRounds(times(3, both(sister, promoted()))).at(-1)!;
	assert.deepEqual(
		last.findings.filter(({ id }) => id === 'two-primaries').map(({ node: of, text }) => [of, text]),
		[[promotedNode, `two primaries of one data set: beside ${node} a replica until it was promoted`]],
	);
});

test('two-primaries: the old primary is restarted and takes its history from its file', () => {
	const restarted: Info = {
		...{ runId: 'a2', ...replication('d'.repeat(40), oldHistory, 240, 240, 0) },
	};
	assert.equal(
		splitText(...times(3, both(restarted, promoted()))),
		`warn: two primaries of one data set: a replica of ${node} until it was promoted`,
	);
	assert.equal(
		splitText(...times(3, both(restarted, { ...restarted, runId: 'a3' }))),
		undefined,
		'two copies',
	);
});

test('two-primaries: critical while clients write to both, not while keys expire', () => {
	const changed = (ofOld: number, ofNew: number) =>
		both({ ...remained(), changesSinceSave: 5 + ofOld }, promoted({ changesSinceSave: 5 + ofNew }));
	const steps = (count: number) => Array.from({ length: count }, (_, index) => index);
	const texts = told(
		steps(4).map(step => changed(step, step)),
		'two-primaries',
	);
	assert.match(texts.at(-1)!, /^crit: two primaries take writes: a replica of 10/);
	assert.match(splitText(...steps(9).map(step => changed(step, 0)))!, /^warn: two primaries of one data set/);
	assert.match(splitText(...times(9, both(remained(900), promoted())))!, /^warn/);
	const ended = [
		...steps(4).map(step => changed(step, step)),
		...steps(70).map(step => changed(3 + step, 3)),
	];
	assert.match(splitText(...ended)!, /^warn: two primaries of one data set/);
});

test('two-primaries: what came from the primary is no write of the one that was promoted', () => {
	const following = (changes: number): Info => ({
		...promoted({ role: 'replica', primary: node, isLinkUp: true, previousReplicationId: undefined }),
		changesSinceSave: changes,
	});
	const before = [0, 1, 2].map(step =>
		both({ ...remained(), changesSinceSave: 5 + step }, following(5 + step)),
	);
	const after = times(9, both({ ...remained(), changesSinceSave: 9 }, promoted({ changesSinceSave: 8 })));
	assert.match(splitText(...before, ...after)!, /^warn: two primaries of one data set/);
});

test('two-primaries: it is not over because a counter is reset', () => {
	const rounds = [
		...times(4, both(remained(), promoted())),
		...times(9, both(remained(), promoted({ replicationInputBytes: 0 }))),
	];
	assert.match(splitText(...rounds)!, /^warn: two primaries of one data set/);
});

test('two-primaries: copies that both live on with replicas were meant, unless somebody saw them part', () => {
	const steps = [0, 1, 2, 3, 4, 5];
	const apart = steps.map(step =>
		both(
			{ ...remained(), changesSinceSave: 5 + step, connectedReplicas: 1 },
			promoted({ changesSinceSave: 5 + step, connectedReplicas: 1 }),
		),
	);
	assert.match(splitText(...apart)!, /^warn: two primaries take writes/);
	const following = both(remained(), promoted({ role: 'replica', primary: node, isLinkUp: true }));
	assert.match(splitText(following, ...apart)!, /^crit: two primaries take writes/);
});

test('two-primaries: one that is watched as another fleet', () => {
	const of = (info: Info, address: string) => tracksOf(trackOf(address, info));
	const judgedBeside = (own: NodeTrack, beside: readonly Info[]) => {
		let holds = noHolds;
		let found: string[] = [];
		for (const second of [0, 1, 2]) {
			const tracks = tracksOf(own);
			const at = start + second * 1000;
			const others = beside.map(info => ({ tracks: of(info, node), memories: new Map() }));
			const now = judge({
				...{ fleet: fleetOf(tracks), tracks, holds, limits: defaultLimits, at },
				...{ freshNodes: new Set([own.address]), elsewhere: () => others },
			});
			holds = now.holds;
			found = now.findings.map(({ id }) => id);
		}
		return found;
	};
	assert.deepEqual(judgedBeside(trackOf(promotedNode, promoted()), [remained()]), ['two-primaries']);
	assert.deepEqual(judgedBeside(trackOf(promotedNode, promoted()), []), []);
	assert.deepEqual(judgedBeside(trackOf(node, remained()), [promoted()]), [], 'said of the other');
});
