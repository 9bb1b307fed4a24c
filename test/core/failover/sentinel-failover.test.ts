// Failovers under Sentinels, from captures of four server versions: the polls of all Sentinels and data nodes, and the
// messages they published. And the messages themselves: typed, and told once however many Sentinels tell them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Failovers, noFailovers, toldFailovers } from '../../../source/core/failover/failover.ts';
import { noteSentinelMessage } from '../../../source/core/failover/failover-messages.ts';
import { type Failover, type StepKind, stepOf } from '../../../source/core/failover/failover-record.ts';
import { failoverReport, outcomeText } from '../../../source/core/failover/failover-words.ts';
import {
	mergeSentinelMessage,
	noSentinelLog,
	parseSentinelEvent,
	type SentinelEvent,
} from '../../../source/core/failover/sentinel-messages.ts';
import { sentinelEventText } from '../../../source/core/failover/sentinel-words.ts';
import { often } from '../../lane.ts';
import { versions } from '../captures.ts';
import { messagesIn, nodeOf, playSentinels } from '../sentinel-timeline.ts';

const atOf = (failover: Failover, kind: StepKind) => {
	const step = stepOf(failover, kind);
	assert.ok(step, `${kind} in ${failover.steps.map(each => each.kind)}`);
	return step.at;
};
function assertOrder(failover: Failover, ...kinds: StepKind[]): void {
	const times = kinds.map(kind => atOf(failover, kind));
	assert.deepEqual(
		[...times].sort((a, b) => a - b),
		times,
		failoverReport(failover).join('\n'),
	);
}

for (const version of versions) {
	test(`${version}: the master is killed, and comes back calling itself master`, () => {
		const killed = playSentinels(`${version}/sentinel/kill-master-timeline.txt`);
		const [failover] = toldFailovers(killed.playing.failovers);
		assert.ok(failover && toldFailovers(killed.playing.failovers).length === 1);
		assert.equal(failover.kind, 'crash');
		assert.equal(failover.group, 'mymaster');
		assertOrder(failover, 'unreachable', 'sdown', 'odown', 'promoted', 'switch', 'reconfigured');
		assertOrder(failover, 'link-lost', 'leader', 'selected', 'promoted');
		assert.match(stepOf(failover, 'link-lost')!.text, /^link lost: 3 of 3 Sentinels, 2 of 2 replicas$/);
		assert.match(
			stepOf(failover, 'switch')!.text,
			/^switch: 3 of 3 Sentinels send clients to .*, epoch 0 to 1$/,
		);
		const unserved = failover.unservedMilliseconds;
		assert.ok(unserved > 2900 && unserved < 3900, `${unserved}`);
		assert.ok(!failover.isOver);

		// A poller that began late wrote down that it was down when another had seen it up.
		const path = `${version}/sentinel/old-master-back-timeline.txt`;
		const back = playSentinels(path, 250, 12_000, killed, /ConnectionRefused/);
		const [whole] = toldFailovers(back.playing.failovers);
		assert.equal(whole?.id, failover.id);
		assertOrder(whole!, 'switch', 'stale', 'returned');
		assert.match(stepOf(whole!, 'stale')!.text, /still calls itself primary \(expected up to 12s\)/);
		assert.equal(stepOf(whole!, 'stale')!.severity, 'warn');
		const stale = whole!.lanes.writes.find(span => span.level === 'stale');
		const lasted = (stale?.until ?? 0) - (stale?.from ?? 0);
		assert.ok(lasted > 9000 && lasted < 12_500, `${lasted}`);
		assert.equal(whole!.unservedMilliseconds, unserved, 'what is lost is not what was refused');
		assert.ok(whole!.isOver);
	});

	test(`${version}: SENTINEL FAILOVER by hand`, () => {
		const { playing } = playSentinels(`${version}/sentinel/manual-failover-timeline.txt`);
		const [failover] = toldFailovers(playing.failovers);
		assert.equal(failover?.kind, 'manual');
		assertOrder(failover!, 'leader', 'promoted', 'switch', 'returned');
		// It goes on as a primary from the promotion on, not only from the switch.
		assertOrder(failover!, 'promoted', 'stale', 'returned');
		assert.match(stepOf(failover!, 'promoted')!.text, /by hand \(SENTINEL FAILOVER\)/);
		assert.equal(failover!.unservedMilliseconds, 0);
	});

	test(`${version}: without a quorum nobody takes over, and that is said`, () => {
		const { playing } = playSentinels(`${version}/sentinel/no-quorum-timeline.txt`);
		const [failover] = toldFailovers(playing.failovers);
		assertOrder(failover!, 'unreachable', 'sdown', 'majority-lost');
		assert.equal(
			stepOf(failover!, 'majority-lost')?.text,
			'no failover is possible: 1 of 3 Sentinels answer, needed are 2',
		);
		assert.ok(!stepOf(failover!, 'odown'));
		assert.equal(failover!.kind, 'lost');
	});

	test(`${version}: messages of three Sentinels are told once, with who told them`, () => {
		const messages = messagesIn(`${version}/sentinel/kill-master-timeline.txt`);
		const log = messages.reduce(mergeSentinelMessage, noSentinelLog);
		const of = (kind: SentinelEvent['kind'], role = 'primary') =>
			log.filter(
				({ event }) =>
					event.kind === kind &&
					(!('instance' in event) || event.instance.role === role) &&
					!('isOver' in event && event.isOver),
			);
		assert.equal(of('sdown').length, 1);
		assert.equal(of('sdown')[0]!.by.length, 3);
		assert.equal(of('odown').length, 1);
		assert.equal(of('switch').length, 1);
		assert.equal(of('switch')[0]!.by.length, 3);
		assert.equal(of('promoted-replica', 'replica').length, 1);
		const first = Math.min(
			...messages.filter(each => each.channel === '+switch-master').map(each => each.at),
		);
		assert.equal(of('switch')[0]!.at, first);
		assert.ok(
			!log.some(({ event }) => event.kind === 'other'),
			JSON.stringify(log.filter(({ event }) => event.kind === 'other')),
		);
		for (const { event } of log) assert.match(sentinelEventText(event), /^[ -~]+$/);
	});

	test(`${version}: messages bring the steps of a failover forward, and none twice`, () => {
		const path = `${version}/sentinel/kill-master-timeline.txt`;
		// Polled every second, as it is without a fast phase.
		const slow = playSentinels(path, 1000);
		const [polled] = slow.playing.failovers;
		const moment = { fleet: slow.playing.fleet, tracks: slow.playing.tracks, at: slow.playing.at };
		const messages = messagesIn(path).map(each => ({ ...each, at: slow.begin + each.at }));
		const [told] = messages.reduce(
			(failovers, message) => noteSentinelMessage(failovers, message, moment),
			slow.playing.failovers,
		);
		assert.equal(told?.steps.length, new Set(told?.steps.map(step => step.kind)).size);
		for (const kind of ['sdown', 'odown', 'switch'] as const) {
			assert.ok(atOf(told!, kind) <= atOf(polled!, kind));
			const channel = kind === 'switch' ? '+switch-master' : `+${kind}`;
			const first = messages.find(each => each.channel === channel && !/^(slave|sentinel) /.test(each.text))!;
			assert.equal(atOf(told!, kind), first.at);
		}
		assert.equal(told!.newPrimary, polled!.newPrimary);
	});
}

test('a message before any poll begins a failover, and does not say who is primary', () => {
	const { playing } = playSentinels('redis-7.0.15/sentinel/manual-failover-timeline.txt', 250, 0);
	const moment = { fleet: playing.fleet, tracks: playing.tracks, at: playing.at };
	const message = {
		at: 5,
		sentinel: nodeOf('7310'),
		channel: '+sdown',
		text: 'master mymaster 127.0.0.1 7302',
	};
	const [failover] = noteSentinelMessage(noFailovers, message, moment);
	assert.deepEqual(
		failover?.steps.map(step => [step.kind, step.at]),
		[['sdown', 5]],
	);
	const down = {
		...message,
		at: 9,
		channel: '+switch-master',
		text: 'mymaster 127.0.0.1 7302 127.0.0.1 7301',
	};
	const [switched] = noteSentinelMessage([failover!], down, moment);
	assert.equal(switched?.newPrimary, undefined);
	assert.ok(stepOf(switched!, 'switch'));
});

// https://github.com/redis/redis/issues/12798: one of three is patched, meanwhile the master is another; back again it
// suspects the one that it knew, and then tells the switch of long ago. Neither is a failover of today.
test('a Sentinel that was away tells of the past', () => {
	const { playing } = playSentinels('redis-7.0.15/sentinel/kill-master-timeline.txt', 250, 120_000);
	const moment = { fleet: playing.fleet, tracks: playing.tracks, at: playing.at };
	const { name, primary: is } = playing.fleet.sentinel!.masters[0]!;
	const [old] = toldFailovers(playing.failovers).map(({ oldPrimary }) => oldPrimary);
	assert.notEqual(old, is);
	const words = (address: string) => address.replace(':', ' ');
	const said = [
		['+sdown', `master ${name} ${words(old!)}`],
		['+odown', `master ${name} ${words(old!)} #quorum 2/2`],
		['+switch-master', `${name} ${words(old!)} ${words(is)}`],
		// Another group on the same hosts (https://github.com/ortoo/node-redis-sentinel/pull/53).
		['+switch-master', `other ${words(is)} ${words(old!)}`],
	].map(([channel, text]) => ({
		...{ at: playing.at + 1, sentinel: nodeOf('7310'), channel: channel!, text: text! },
	}));
	const isOpen = ({ isOver }: Failover) => !isOver;
	const before = playing.failovers.map(each => ({ ...each, isOver: true }));
	const after = said.reduce<Failovers>(
		(failovers, message) => noteSentinelMessage(failovers, message, moment),
		before,
	);
	assert.deepEqual(after.filter(isOpen), []);
	const fresh = { ...said[0]!, text: `master ${name} ${words(is)}` };
	assert.equal(
		noteSentinelMessage(before, fresh, moment).filter(isOpen).length,
		1,
		'that of today begins one',
	);
});

const primary = {
	role: 'primary',
	name: 'm',
	address: '10.0.0.1:6379',
	group: 'm',
	primary: '10.0.0.1:6379',
};
const replica = {
	role: 'replica',
	name: 'r',
	address: '10.0.0.2:6379',
	group: 'm',
	primary: '10.0.0.1:6379',
};
const at = 'slave r 10.0.0.2 6379 @ m 10.0.0.1 6379';

const parsed: readonly (readonly [channel: string, text: string, expected: object])[] = [
	['+sdown', 'master m 10.0.0.1 6379', { kind: 'sdown', isOver: false, instance: primary }],
	['-sdown', 'master m 10.0.0.1 6379', { kind: 'sdown', isOver: true, instance: primary }],
	['+sdown', at, { kind: 'sdown', isOver: false, instance: replica }],
	[
		'+odown',
		'master m 10.0.0.1 6379 #quorum 3/2',
		{ kind: 'odown', isOver: false, instance: primary, votes: 3, quorum: 2 },
	],
	['-odown', 'master m 10.0.0.1 6379', { kind: 'odown', isOver: true, instance: primary }],
	['+try-failover', 'master m 10.0.0.1 6379', { kind: 'try-failover', instance: primary }],
	['+elected-leader', 'master m 10.0.0.1 6379', { kind: 'elected-leader', instance: primary }],
	[
		'+failover-state-select-slave',
		'master m 10.0.0.1 6379',
		{ kind: 'failover-state', state: 'select-replica', instance: primary },
	],
	[
		'+failover-state-wait-promotion',
		at,
		{ kind: 'failover-state', state: 'wait-promotion', instance: replica },
	],
	['+selected-slave', at, { kind: 'selected-replica', instance: replica }],
	['+promoted-slave', at, { kind: 'promoted-replica', instance: replica }],
	['+slave-reconf-sent', at, { kind: 'reconf', stage: 'sent', instance: replica }],
	['+slave-reconf-done', at, { kind: 'reconf', stage: 'done', instance: replica }],
	['+failover-end', 'master m 10.0.0.1 6379', { kind: 'failover-end', isTimeout: false, instance: primary }],
	[
		'+failover-end-for-timeout',
		'master m 10.0.0.1 6379',
		{ kind: 'failover-end', isTimeout: true, instance: primary },
	],
	[
		'-failover-abort-no-good-slave',
		'master m 10.0.0.1 6379',
		{ kind: 'failover-abort', why: 'no replica is good enough', instance: primary },
	],
	[
		'+switch-master',
		'm 10.0.0.1 6379 10.0.0.2 6379',
		{ kind: 'switch', group: 'm', from: '10.0.0.1:6379', to: '10.0.0.2:6379' },
	],
	['+convert-to-slave', at, { kind: 'converted', instance: replica }],
	['+reboot', 'master m 10.0.0.1 6379', { kind: 'reboot', instance: primary }],
	[
		'-role-change',
		`${at} new reported role is master`,
		{ kind: 'role-change', isExpected: false, role: 'primary', instance: replica },
	],
	['+new-epoch', '7', { kind: 'new-epoch', epoch: 7 }],
	['+vote-for-leader', 'abc 7', { kind: 'vote', leader: 'abc', epoch: 7 }],
	['+tilt', '#tilt mode entered', { kind: 'tilt', isOver: false }],
	['-tilt', '#tilt mode exited', { kind: 'tilt', isOver: true }],
	[
		'+switch-master',
		'm 10.0.0.1 6379',
		{ kind: 'other', channel: '+switch-master', text: 'm 10.0.0.1 6379' },
	],
	[
		'+monitor',
		'master m ::1 6379 quorum 2',
		{ kind: 'monitor', instance: { ...primary, address: '[::1]:6379', primary: '[::1]:6379' } },
	],
	['__sentinel__:hello', 'x\x1b[31m', { kind: 'other', channel: '__sentinel__:hello', text: '"x\\x1b[31m"' }],
];
for (const [channel, text, expected] of parsed)
	test(`message ${channel} ${text.slice(0, 30).replace(/[^ -~]/g, '?')}`, () =>
		assert.deepEqual(parseSentinelEvent(channel, text), expected));

test('the same from the same Sentinel seconds later is news', () => {
	const message = { sentinel: 'a:1', channel: '+sdown', text: 'master m 10.0.0.1 6379' };
	const log = [0, 400, 3000, 20_000].reduce(
		(so, time) => mergeSentinelMessage(so, { ...message, at: time }),
		noSentinelLog,
	);
	assert.deepEqual(
		log.map(entry => entry.at),
		[20_000, 3000, 0],
	);
});

test('any messages: never throws, bounded, printable', () => {
	const words = fc.constantFrom(
		'master',
		'slave',
		'@',
		'm',
		'127.0.0.1',
		'6379',
		'#quorum',
		'3/2',
		'\x1b',
		'',
	);
	const message = fc.record({
		at: fc.nat(100_000),
		sentinel: fc.constantFrom('a:1', 'b:1'),
		channel: fc.oneof(
			fc.constantFrom('+sdown', '+odown', '+switch-master', '-failover-abort-x', '+tilt'),
			fc.string(),
		),
		text: fc.oneof(
			fc.string(),
			fc.array(words, { maxLength: 10 }).map(each => each.join(' ')),
		),
	});
	const { playing } = playSentinels('redis-7.0.15/sentinel/no-quorum-timeline.txt', 500, 0);
	const moment = { fleet: playing.fleet, tracks: playing.tracks, at: playing.at };
	fc.assert(
		fc.property(fc.array(message, { maxLength: 300 }), messages => {
			const log = messages.reduce(mergeSentinelMessage, noSentinelLog);
			assert.ok(log.length <= 200);
			for (const { event } of log) assert.doesNotMatch(sentinelEventText(event), /\x1b/);
			const failovers = messages.reduce(
				(so, each) => noteSentinelMessage(so, each, moment),
				playing.failovers,
			);
			assert.ok(failovers.length <= 52);
		}),
		{ numRuns: often(25, 100) },
	);
});

test('a failover that the Sentinels have given up is not said to be under way, until they try again', () => {
	const killed = playSentinels(`${versions[0]}/sentinel/kill-master-timeline.txt`);
	const [whole] = toldFailovers(killed.playing.failovers);
	const upTo = (...kinds: StepKind[]): Failover => ({
		...whole!,
		kind: 'under-way',
		isSuspicion: false,
		steps: kinds.map((kind, at) => ({ at, node: 'a:1', kind, text: kind })),
	});
	assert.match(outcomeText(upTo('link-lost', 'odown', 'leader')), /^under way, clients unserved/);
	assert.match(
		outcomeText(upTo('odown', 'leader', 'aborted', 'sdown')),
		/^given up by the Sentinels, clients/,
	);
	assert.match(outcomeText(upTo('leader', 'aborted', 'leader')), /^under way/);
});

test('a word of a Sentinel that is a property of all objects is told as it came', () => {
	const master = 'master mymaster 10.0.0.1 6379';
	for (const word of ['constructor', 'toString', 'valueOf']) {
		const aborted = parseSentinelEvent(`-failover-abort-${word}`, master);
		assert.ok(aborted.kind === 'failover-abort' && aborted.why === word, JSON.stringify(aborted));
		const state = parseSentinelEvent(`+failover-state-${word}`, master);
		assert.ok(state.kind === 'failover-state' && state.state === word, JSON.stringify(state));
	}
});
