// What a node refuses to its clients, by kind: each kind under and over its limit, how bad it is by what it means and by
// its share, what is ours and does not count, and what cannot be told. The reports that taught the cases are named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, noHolds } from '../../../source/core/findings/findings.ts';
import { countUp } from '../../../source/core/fleet/own-use.ts';
import { parseClientList } from '../../../source/core/parse/parse-client-list.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type { Finding, Info, NodeTrack, OwnUse, Severity } from '../../../source/core/types.ts';
import {
	fleetOf,
	judgeRounds,
	noOwn,
	peerOf,
	type Round,
	sampleOf,
	start,
	times,
	trackOf,
	tracksOf,
} from '../build.ts';

const node = '10.0.0.1:6379';

type Second = {
	/** Errors of this second, by code. */
	readonly errors?: Readonly<Record<string, number>>;
	/** Commands that ran in it. */
	readonly ran?: number;
	readonly info?: Info;
	readonly own?: Partial<OwnUse>;
	readonly track?: Partial<NodeTrack>;
	/** Of this reading after the one before. */
	readonly seconds?: number;
};

/** Readings of a server whose counters rise by what happened in each second, as rounds. */
function rounds(seconds: readonly Second[], first: Info = {}): Round[] {
	let at = start;
	let info: Info = { commandsProcessed: 1000, errors: { ERR: 7 }, errorReplies: 7, ...first };
	let own: OwnUse = noOwn;
	return [{}, ...seconds].map((second: Second, index) => {
		if (index > 0) at += (second.seconds ?? 1) * 1000;
		info = { ...risen(info, second), ...second.info };
		own = { ...own, ...second.own };
		const track = trackOf(node, info, second.track, at);
		const sample = sampleOf(node, at, { info: track.lastGood!.info, own });
		const tracks = tracksOf({ ...track, latest: sample, lastGood: sample });
		return { tracks, fleet: fleetOf(tracks, {}, {}, at), seconds: seconds[index]?.seconds ?? 1 };
	});
}

function risen(info: Info, { errors = {}, ran = 1000 }: Second): Info {
	const sums = { ...info.errors } as Record<string, number>;
	let all = 0;
	for (const [code, count] of Object.entries(errors)) {
		countUp(sums, code, count);
		all += count;
	}
	return {
		...info,
		commandsProcessed: info.commandsProcessed! + ran,
		...(info.errors && { errors: sums }),
		...(info.errorReplies !== undefined && { errorReplies: info.errorReplies + all }),
	};
}

const found = (seconds: readonly Second[], first?: Info) =>
	judgeRounds(rounds(seconds, first)).map(({ findings }) =>
		findings.filter(({ id }) => id === 'commands-refused' || id === 'auth-failing'),
	);
const lastOf = (seconds: readonly Second[], first?: Info) => found(seconds, first).at(-1)!;
const severityOf = (seconds: readonly Second[], first?: Info) => lastOf(seconds, first)[0]?.severity;

const some = (errors: Second['errors'], more: Second = {}): Second[] => times(3, { errors, ...more });

const cases: [code: string, rate: number, severity: Severity | undefined, text?: RegExp][] = [
	// redisson/redisson#5875: writes fail after a failover until the new primary has its replicas.
	['NOREPLICAS', 5, 'crit', /^writes refused, too few replicas in sync: NOREPLICAS 5\/s, <1% of commands$/],
	// redis/redis#13444: writes stop when a save fails.
	['MISCONF', 1, 'crit', /^writes refused, it cannot save to disk: MISCONF 1\/s/],
	['CLUSTERDOWN', 1, 'crit', /^refused, the cluster is down: CLUSTERDOWN/],
	['NOPERM', 5, 'warn', /^refused, user without permission: NOPERM 5\/s, <1% of commands$/],
	['NOPERM', 200, 'crit', /^refused, user without permission: NOPERM 200\/s, 17% of commands$/],
	['MOVED', 5, 'warn', /^redirected, clients without the slot map: MOVED/],
	['MOVED', 130, 'crit', /12% of commands$/],
	['LOADING', 5, 'warn'],
	['BUSY', 5, 'warn'],
	['MASTERDOWN', 5, 'warn'],
	['EXECABORT', 5, 'warn', /^transactions aborted: EXECABORT/],
	['NOSCRIPT', 5, 'warn', /^scripts called that are not loaded: NOSCRIPT/],
	['WRONGTYPE', 5, 'warn'],
	['ERR', 5, 'warn', /^wrong or unknown commands, or scripts that fail: ERR/],
	['CROSSSLOT', 5, 'warn'],
	['STOCK', 5, 'warn', /^commands answered with an error: STOCK 5\/s/],
	['constructor', 5, 'warn', /: constructor 5\/s/],
	['WRONGPASS', 500, 'warn', /^logins fail, wrong user or password: WRONGPASS 500\/s/],
	['NOAUTH', 500, 'warn', /^clients not logged in: NOAUTH/],
	// Ways of working, and one that has a finding of its own.
	['ASK', 500, undefined],
	['BUSYGROUP', 5, undefined],
	['OOM', 500, undefined],
];

for (const [code, rate, severity, text] of cases)
	test(`${code} at ${rate}/s: ${severity ?? 'nothing'}`, () => {
		const [finding, ...others] = lastOf(some({ [code]: rate }));
		assert.equal(finding?.severity, severity);
		assert.deepEqual(others, []);
		if (!severity) return;
		assert.equal(finding?.kind, code);
		assert.equal(finding?.value, rate);
		if (text) assert.match(finding!.text, text);
	});

test('it shows with the third reading, is told once, and goes after three without', () => {
	const seconds = [...times(4, { errors: { NOPERM: 3 } }), ...times(3, {})];
	const judged = judgeRounds(rounds(seconds));
	assert.deepEqual(
		judged.map(({ findings }) => findings.length),
		[0, 0, 0, 1, 1, 1, 1, 0],
	);
	assert.deepEqual(
		judged.flatMap(({ events }) => events.map(({ kind, text }) => `${kind} ${text}`)),
		[
			'finding refused, user without permission: NOPERM 3/s, <1% of commands',
			'finding-over no longer: refused, user without permission: NOPERM 3/s, <1% of commands',
		],
	);
});

test('less than one a second, a burst, and errors of long ago are nothing', () => {
	assert.deepEqual(lastOf(times(9, { errors: { NOPERM: 9 }, seconds: 10 })), []);
	assert.deepEqual(found([{ errors: { NOPERM: 500 } }, {}, {}, {}]).flat(), []);
	assert.deepEqual(found(times(5, {})).flat(), []);
});

test('one a second is that, whatever the timer makes of a second', () => {
	assert.equal(severityOf(some({ NOPERM: 1 }, { seconds: 1.003 })), 'warn');
});

test('at a short delay an error is judged over a second, and the hold is of seconds', () => {
	const stray = times(4, {}).map((second, index) => (index === 1 ? { errors: { NOPERM: 2 } } : second));
	const quick = (seconds: Second[]) => seconds.map(second => ({ ...second, seconds: 0.25 }));
	assert.deepEqual(found(quick([...stray, ...times(12, {})])).flat(), []);
	const steady = found(quick(times(16, { errors: { NOPERM: 1 } })));
	assert.equal(steady.at(-1)![0]?.value, 4);
	assert.equal(
		steady.findIndex(findings => findings.length > 0),
		12,
	);
});

test('one finding for each kind, the critical first', () => {
	const findings = lastOf(some({ NOPERM: 2, MISCONF: 2, WRONGPASS: 2 }));
	assert.deepEqual(
		findings.map(({ id, kind, severity }) => [id, kind, severity]),
		[
			['commands-refused', 'MISCONF', 'crit'],
			['commands-refused', 'NOPERM', 'warn'],
			['auth-failing', 'WRONGPASS', 'warn'],
		],
	);
});

// StackExchange/StackExchange.Redis#2264, dragonflydb/dragonfly-operator#278: clients go on writing to the old primary.
test('READONLY is critical where clients see a primary: it was one before, also before its restart', () => {
	const replica: Info = { role: 'replica', isLinkUp: true };
	assert.equal(severityOf(some({ READONLY: 2 }), replica), 'warn');
	assert.equal(severityOf(some({ READONLY: 500 }), replica), 'crit');
	assert.equal(severityOf(some({ READONLY: 2 }, { info: replica })), 'crit');
	assert.equal(severityOf(times(4, { errors: { READONLY: 2 }, info: { ...replica, runId: 'b' } })), 'crit');
});

test('a slot that moves sends each client on once: little of MOVED is normal then, much is not', () => {
	const moving = (errors: number) => {
		const myself = peerOf('1', node, { isMyself: true, migrating: [{ slot: 7, to: '2' }] });
		return severityOf(some({ MOVED: errors }, { track: { cluster: { peers: [myself] } } }));
	};
	assert.equal(moving(20), undefined);
	assert.equal(moving(500), 'crit');
});

// A cluster that hardly anybody uses: each command of one client without the map is one of a few.
test('a tenth of a handful of commands is a warning, of many critical; a refused write is critical alone', () => {
	const idle = (errors: Second['errors'], ran: number) => severityOf(some(errors, { ran }));
	assert.equal(idle({ MOVED: 2 }, 3), 'warn');
	assert.equal(idle({ NOPERM: 9 }, 0), 'warn');
	assert.equal(idle({ MOVED: 10 }, 3), 'crit');
	assert.equal(idle({ MOVED: 10 }, 100), 'warn', 'less than a tenth');
	assert.equal(idle({ MISCONF: 1 }, 0), 'crit');
	const slots = {
		cluster: { peers: [peerOf('1', node, { isMyself: true, migrating: [{ slot: 7, to: '2' }] })] },
	};
	assert.equal(
		severityOf(some({ MOVED: 2 }, { ran: 3, track: slots })),
		undefined,
		'and nothing while slots move',
	);
});

test('until the first second is over it is not decided, also at a short delay; a server that counts no errors is', () => {
	const pending = (seconds: readonly Second[], first?: Info) =>
		judgeRounds(rounds(seconds, first)).map(told => told.pending.map(({ id }) => id));
	const both = ['commands-refused', 'auth-failing'];
	const quick = times(4, { seconds: 0.25 });
	assert.deepEqual(pending(quick), [both, both, both, both, []]);
	assert.deepEqual(pending(quick, { errors: undefined, errorReplies: undefined }).flat(), []);
});

test("what redis-top was refused is not the clients' trouble", () => {
	const own = (count: number): Partial<OwnUse> => ({ errors: { NOPERM: count }, commands: 0 });
	const ours = times(4, {}).map((_, index) => ({ errors: { NOPERM: 5 }, own: own(5 * (index + 1)) }));
	assert.deepEqual(found(ours).flat(), []);
	const both = ours.map(second => ({ ...second, errors: { NOPERM: 8 } }));
	assert.equal(lastOf(both)[0]?.value, 3);
});

test('a server that counts no errors (6.0) is not said to have none, and has no finding', () => {
	const none: Info = { errors: undefined, errorReplies: undefined };
	assert.deepEqual(found(some({ NOPERM: 500 }), none).flat(), []);
});

test('where only the sum is counted, it is told that the kinds are not', () => {
	const [finding] = lastOf(some({ X: 50 }), { errors: undefined });
	assert.equal(finding?.kind, 'not told');
	assert.match(finding!.text, /^commands answered with an error: kind not told 50\/s, 5% of commands$/);
});

test('failed logins are told from what ACLs count, where that is more', () => {
	const seconds = [5, 10, 15, 20].map(deniedLogins => ({ info: { deniedLogins } }));
	const [finding] = lastOf(seconds, { deniedLogins: 0 });
	assert.equal(finding?.id, 'auth-failing');
	assert.equal(finding?.value, 5);
});

test('refused rights are told by what ACLs count where the server tells no kinds any more', () => {
	for (const right of ['deniedKeys', 'deniedCommands', 'deniedChannels', 'deniedDatabases'] as const) {
		const seconds = [5, 10, 15, 20].map(denied => ({ errors: { X: 9 }, info: { [right]: denied } }));
		const findings = lastOf(seconds, { [right]: 0, errors: undefined });
		assert.deepEqual(
			findings.map(({ kind, value }) => [kind, value]),
			[
				['NOPERM', 5],
				['not told', 4],
			],
			right,
		);
	}
});

test('counters that start anew (restart, RESETSTAT) are no errors and no zero', () => {
	const seconds: Second[] = [
		...some({ MISCONF: 5 }),
		{ info: { errors: {}, errorReplies: 0, commandsProcessed: 3 } },
		{ errors: { MISCONF: 5 } },
	];
	const told = found(seconds);
	assert.equal(told.at(3)?.length, 1);
	assert.equal(told.at(-1)?.[0]?.severity, 'crit');
	assert.equal(told.at(-1)?.[0]?.value, 5);
});

// redis/redis#9993 shows min_slaves_good_slaves. Nobody may have tried to write yet, and 6.0 would not count it.
test('too few replicas for any write is critical by what the server says of itself', () => {
	const info: Info = { goodReplicas: 0, errors: undefined, errorReplies: undefined };
	const track = { config: { 'min-replicas-to-write': '2' } };
	const [finding, ...others] = lastOf(times(3, { track }), info);
	assert.deepEqual(others, []);
	assert.equal(finding?.severity, 'crit');
	assert.match(finding!.text, /^writes refused, 0 of 2 replicas in sync \(NOREPLICAS\)$/);
	assert.match(
		lastOf(times(3, { track, errors: { NOREPLICAS: 20 } }), { goodReplicas: 1 })[0]!.text,
		/^writes refused, 1 of 2 replicas in sync, NOREPLICAS 20\/s, 2% of commands$/,
	);
	assert.deepEqual(lastOf(times(3, { track }), { goodReplicas: 2 }), []);
	assert.deepEqual(lastOf(times(3, { track }), { goodReplicas: 0, role: 'replica', isLinkUp: true }), []);
});

// A password is rotated, and one service still has the old one: its other connections go on for hours.
test('a denied login of a user that is logged in is told at any rate, one of a stranger is not', () => {
	const denied = (user: string, ageSeconds = 1, clientName?: string) => ({
		at: start,
		list: [
			{ reason: 'auth', object: 'AUTH', user, count: 1, ageSeconds, client: '10.0.0.9:5000', clientName },
		],
	});
	const clients = {
		at: start,
		list: parseClientList('id=1 addr=10.0.0.9:1 name= age=9 idle=0 flags=N db=0 cmd=get user=app'),
	};
	const found = (list: ReturnType<typeof denied>, errors: Second['errors'] = {}, later = 0) => {
		let holds = noHolds;
		let last: readonly Finding[] = [];
		for (const { tracks, fleet } of rounds([{ errors: { WRONGPASS: 1 } }, {}, {}, { errors }])) {
			const at = fleet!.at + later * 1000;
			const judged = judge({
				...{ fleet: fleet!, tracks, holds, limits: defaultLimits, at, freshNodes: new Set([node]) },
				...{ clientsOf: () => clients, deniedOf: () => list },
			});
			({ holds, findings: last } = judged);
		}
		return last.map(({ id, severity, value, text }) => ({ id, severity, value, text }));
	};
	assert.deepEqual(found(denied('app')), [
		{
			...{ id: 'auth-failing', severity: 'warn', value: undefined },
			text: 'login denied: user app, logged in elsewhere from 10.0.0.9:5000; WRONGPASS',
		},
	]);
	assert.deepEqual(found(denied('admin')), []);
	assert.deepEqual(found(denied('app', 1, 'redis-top')), [], 'our own');
	assert.deepEqual(found(denied('app', 61)), []);
	assert.deepEqual(found(denied('app'), {}, 60), []);
	const [many] = found(denied('app'), { WRONGPASS: 50 });
	assert.match(many!.text, /WRONGPASS 50\/s, 5% of commands, user app, logged in elsewhere from/);
});

test('whose login was denied is asked when one was, once in 10 s', () => {
	const looks = (deniedAt?: number) => {
		let holds = noHolds;
		return rounds([{ errors: { WRONGPASS: 1 } }]).map(({ tracks, fleet }) => {
			const judged = judge({
				...{
					fleet: fleet!,
					tracks,
					holds,
					limits: defaultLimits,
					at: fleet!.at,
					freshNodes: new Set([node]),
				},
				deniedOf: () => (deniedAt === undefined ? undefined : { at: deniedAt, list: [] }),
			});
			holds = judged.holds;
			return judged.looks.map(({ at }) => at);
		});
	};
	assert.deepEqual(looks(), [[], ['logins']]);
	assert.deepEqual(looks(start - 5000), [[], []]);
	assert.deepEqual(looks(start - 10_000), [[], ['logins']]);
});

test('which command it is, where commandstats tell and no other kind could be meant', () => {
	const commands = (rejected: number, failed: number): Info => ({
		commands: {
			set: { calls: 9, usec: 9, rejected, failed: 0 },
			get: { calls: 9, usec: 9, rejected: 2, failed },
			'config|get': { calls: 9, usec: 9, rejected: 0, failed: 0 },
		},
	});
	const readings = (errors: Second['errors']) =>
		[1, 2, 3].map(times => ({ errors, info: commands(times * 9, times * 5) }));
	assert.match(lastOf(readings({ NOPERM: 9 }), commands(0, 0))[0]!.text, /of commands, mostly SET$/);
	assert.match(lastOf(readings({ WRONGTYPE: 5 }), commands(0, 0))[0]!.text, /of commands, mostly GET$/);
	for (const { text } of lastOf(readings({ NOPERM: 5, READONLY: 4 }), commands(0, 0)))
		assert.doesNotMatch(text, /mostly/);
	assert.doesNotMatch(lastOf(some({ NOPERM: 9 }))[0]!.text, /mostly/);
});

// Commands that it does not know are no commands in its count.
test('where nothing ran but what was answered with an error, all of it was', () => {
	const [found] = lastOf(times(4, { errors: { ERR: 49 }, ran: 0 }));
	assert.deepEqual([found!.severity, found!.text.split(': ')[1]], ['crit', 'ERR 49/s, 100% of commands']);
	assert.equal(severityOf(times(4, { errors: { ERR: 9 }, ran: 0 })), 'warn', 'of a handful');
});

test('that our own login would be refused is told while the connection goes on', () => {
	const of = (isLoginRefused: boolean) =>
		judgeRounds(
			rounds(times(6, {})).map(round => {
				const track = round.tracks.get(node)!;
				const lastGood = { ...track.lastGood!, isLoginRefused };
				return { ...round, tracks: tracksOf({ ...track, lastGood }) };
			}),
		).at(-1)!.findings;
	assert.deepEqual(
		of(true).map(({ id, severity, text }) => [id, severity, text]),
		[
			[
				'auth-failing',
				'warn',
				'our password or user was changed: this connection goes on, a new login is refused (WRONGPASS)',
			],
		],
	);
	assert.deepEqual(of(false), []);
});
