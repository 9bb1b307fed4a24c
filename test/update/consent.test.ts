// The question about a change while the facts move under it: what differs closes it and says what, nothing that is typed
// afterwards means anything, and only a reading made for the yes that fits what was shown sends the change.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { printableText } from '../../source/core/text/printable.ts';
import type { Info } from '../../source/core/types.ts';
import { settingIn } from '../../source/runbooks/grounds.ts';
import type { Change } from '../../source/runbooks/runbook.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { gigabyte, megabyte, monitorClient, primary } from '../runbooks/build.ts';
import { withoutCodes } from '../view/frame-files.ts';
import { asLeft, changes, followed, made, undoing } from './changes-asked.ts';
import { clientLine, type Meanwhile, promptOf, readNow } from './consent.ts';

const press = (state: State, ...keys: readonly Key[]) => update(state, { type: 'keys', at: state.at, keys });
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];
const sentIn = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'change');
const shownBy = (state: State) =>
	frameOf({ ...state, size: { columns: 80, rows: 24 } })
		.map(withoutCodes)
		.join('\n')
		.replace(/\s+/g, ' ');

const answered = (state: State): State => press(state, ...promptOf(state).change.node, 'enter')[0];

const raise = changes['raise-maxmemory']!;
const policy = changes['policy-volatile-ttl']!;
const kill = changes['client-kill-1']!;

const restarted = { runId: 'f'.repeat(40), uptimeSeconds: 0 };
const another = { runId: 'e'.repeat(40), uptimeSeconds: 9_999_999 };

type Event = {
	readonly name: string;
	/** What is read then; undefined where it cannot matter to this change. */
	readonly meanwhile: (change: Change, role: Info['role']) => Meanwhile | undefined;
	readonly why: RegExp;
};

const always = (name: string, meanwhile: Meanwhile, why: RegExp): Event => ({
	...{ name, why, meanwhile: () => meanwhile },
});

/** Another value that the setting could have. */
const otherValues: Readonly<Record<string, string>> = {
	activedefrag: 'yes',
	'maxmemory-clients': '7340032',
	'client-query-buffer-limit': '7340032',
	'tracking-table-max-keys': '77777',
	'client-output-buffer-limit': 'normal 9 9 9 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
};

/** Whatever can happen to any node while the question is open. */
const events: readonly Event[] = [
	always('restarted', { info: restarted }, /it was restarted meanwhile/),
	always('another server at the address', { info: another }, /another server answers at this address now/),
	{
		name: 'roles swapped',
		// A Sentinel has one role.
		meanwhile: ({ command }, role) =>
			command[0] === 'SENTINEL' ? undefined : { info: { role: role === 'replica' ? 'primary' : 'replica' } },
		why: /it is a (replica|primary) now, not a (primary|replica)/,
	},
	always('upgraded in place', { info: { version: '9.9.9' } }, /it runs 9\.9\.9 now, not /),
	always('the limit is changed', { info: { maxmemoryBytes: 3 * gigabyte } }, /maxmemory is 3\.0G now, not /),
	always('the limit is taken away', { info: { maxmemoryBytes: 7 } }, /maxmemory is 7B now, not /),
	always(
		'the policy is changed',
		{ info: { maxmemoryPolicy: 'volatile-random' } },
		/maxmemory-policy is volatile-random now, not /,
	),
	{
		name: 'its setting is changed',
		meanwhile: change => {
			const { name = 'none' } = settingIn(change) ?? {};
			const other = change.undoes && name === 'activedefrag' ? 'no' : otherValues[name];
			return other === undefined ? undefined : { config: { [name]: other } };
		},
		why: /^(activedefrag|maxmemory-clients|client-query-buffer-limit|tracking-table-max-keys|client-output-buffer-limit) is .+ now, not /,
	},
	always('loading', { error: { reason: 'loading', text: 'loading its data set' } }, /loading its data set/),
	always('gone', { error: { reason: 'refused', text: 'connection refused' } }, /connection refused/),
	always('silent', { error: { reason: 'timeout', text: 'no answer for 3s' } }, /no answer for 3s/),
	always('log full', { refusal: 'the log cannot be written: the disk is full' }, /the disk is full/),
];

const trackOf = (state: State) => {
	const { place, change } = promptOf(state);
	return state.fleets.find(({ id }) => id === place.fleet)!.tracks.get(change.node)!;
};
const textOf = (state: State) => trackOf(state).lastGood?.infoText ?? '';
const small = { clientsNormalBytes: 1 * megabyte };

/** What each change is for is over, or it would do more than was shown. */
const reasonsGone: readonly (readonly [
	change: string,
	name: string,
	meanwhile: Meanwhile | ((open: State) => Meanwhile),
	why: RegExp,
])[] = [
	['memory-purge', 'the pages are back', { info: { residentBytes: 0.66 * gigabyte } }, /retains few pages/],
	['activedefrag', 'the holes are gone', { info: { activeBytes: 0.63 * gigabyte } }, /is over$/],
	['client-kill-1', 'client gone', { clients: '' }, /client 10\.0\.3\.7:51422 is gone/],
	[
		'client-kill-1',
		'id of another client',
		{ clients: clientLine(monitorClient, { address: '10.0.9.9:4000' }) },
		/id 812 is another client now: 10\.0\.9\.9:4000/,
	],
	[
		'client-kill-1',
		'same place, new connection',
		{ clients: clientLine(monitorClient, { age: 3 }) },
		/10\.0\.3\.7:51422 is a new connection, 3s old/,
	],
	[
		'client-kill-1',
		'client harmless by now',
		{ clients: clientLine({ ...monitorClient, outputBytes: 0, totalBytes: 1000 }) },
		/what it was offered for is over/,
	],
	['script-flush', 'flushed by another', { info: { scriptsBytes: 100 } }, /is over$/],
	['script-flush of 7.0', 'flushed by another', { info: { scriptsBytes: 100 } }, /is over$/],
	['maxmemory-clients', 'the requests are through', { info: small }, /is over$/],
	['maxmemory-clients for MULTI', 'executed', { info: small }, /is over$/],
	['query-buffer-limit', 'the request is through', { info: small }, /is over$/],
	['output-buffer-limit', 'the client has read', { info: small }, /no client holds much now/],
	[
		'tracking-table-max-keys',
		'the clients that tracked are gone',
		open => ({ infoText: textOf(open).replaceAll(/^(tracking_total_\w+):\d+/gm, '$1:0') }),
		/is over$/,
	],
	[
		'raise-maxmemory',
		'no room for it any more',
		{ info: { rssBytes: 55 * gigabyte, residentBytes: 55 * gigabyte } },
		/there is no room for it|there is room for/,
	],
	[
		'raise-maxmemory',
		'no pressure any more',
		{ info: { usedMemoryBytes: 2 * gigabyte, datasetBytes: 1.9 * gigabyte } },
		/nothing presses/,
	],
	[
		'policy-volatile-ttl',
		'evicts much more',
		{ info: { usedMemoryBytes: 4 * gigabyte + 600 * megabyte } },
		/it would evict 600M at once by now, 20\.0M was shown/,
	],
	[
		'policy-volatile-ttl',
		'no pressure any more',
		{ info: { usedMemoryBytes: 2 * gigabyte, datasetBytes: 1.9 * gigabyte } },
		/it would|nothing presses|not offered|over/,
	],
	['keep-copy', 'the copy is gone', { info: { databases: [] } }, /does not hold them any more/],
	['keep-copy in a cluster', 'the copy is gone', { info: { databases: [] } }, /does not hold them any more/],
	['keep-copy', 'it loads', { info: { isLoading: true } }, /is loading and takes no command yet/],
	[
		'keep-copy',
		'the keys are back',
		{ beside: { databases: [{ db: 0, keys: 5000, expires: 0 }] } },
		/is over$/,
	],
	[
		'keep-copy under Sentinels',
		'they fail over by themselves',
		{ sentinel: { ...followed, masters: [{ ...followed.masters[0]!, flags: ['failover_in_progress'] }] } },
		/the Sentinels are failing over already/,
	],
	[
		'keep-copy under Sentinels',
		'it follows another by now',
		{ sentinel: { ...followed, masters: [{ ...followed.masters[0]!, address: '10.0.0.7:6379' }] } },
		/no Sentinel that answers names this primary/,
	],
	['keep-copy under Sentinels', 'in TILT', { info: { isInTilt: true } }, /all Sentinels are in TILT/],
	[
		'keep-copy under Sentinels',
		'the copy is gone',
		{ beside: { databases: [] } },
		/does not hold them any more/,
	],
	[
		'keep-bring-back',
		'the other follows it again',
		{ beside: { role: 'replica' } },
		/must be a primary first/,
	],
	[
		'keep-bring-back',
		'the other is gone',
		{ besideError: { reason: 'refused', text: 'connection refused' } },
		/^\S+: connection refused$|; \S+: connection refused/,
	],
	[
		'raise-maxmemory-replica',
		'its primary is gone',
		{ besideError: { reason: 'timeout', text: 'no answer for 3s' } },
		/^\S+: no answer for 3s$|; \S+: no answer for 3s/,
	],
	[
		'raise-maxmemory-replica',
		'nothing presses its primary any more',
		{ beside: { usedMemoryBytes: 2 * gigabyte, datasetBytes: 1.9 * gigabyte } },
		/nothing presses|is over$/,
	],
	[
		'keep-bring-back',
		'the other lost its keys',
		{ beside: { databases: [] } },
		/does not hold them any more/,
	],
];

describe('what differs', () => {
	/** Answered with yes nothing leaves, and why is on the screen; while it is open it closes by itself. */
	function assertStopped(open: State, meanwhile: Meanwhile, why: RegExp): void {
		const waiting = answered(open);
		assert.equal(promptOf(waiting).isChecking, true);
		const [closed, effects] = readNow(waiting, true, meanwhile);
		assert.deepEqual(sentIn(effects), []);
		assert.match(promptOf(closed).closed ?? '', why);
		assert.match(shownBy(closed), /[Nn]ot sent/);
		// The longest reasons go on in a second line, with its border between.
		assert.ok(shownBy(closed).includes(printableText(promptOf(closed).closed!).slice(0, 30)));
		// Where it only does not answer it may come back as it was.
		const [seen] = readNow(open, false, meanwhile);
		if (meanwhile.error || meanwhile.besideError) {
			assert.equal(promptOf(seen).closed, undefined);
			assert.match(promptOf(seen).live?.text ?? '', why);
			assert.match(shownBy(seen), why);
		} else assert.match(promptOf(seen).closed ?? '', why);
	}

	for (const [name, open] of Object.entries(changes))
		test(`${name}: of all that can happen meanwhile nothing lets it be sent, 0 and 60 s later`, () => {
			const state = open();
			for (const { name: event, meanwhile, why } of events)
				for (const after of [0, 60_000]) {
					const read = meanwhile(promptOf(state).change, trackOf(state).lastGood?.info?.role);
					if (!read) continue;
					try {
						assertStopped(state, { ...read, after }, why);
					} catch (error) {
						throw new Error(`${event}, read ${after / 1000} s later`, { cause: error });
					}
				}
			const [, effects] = readNow(answered(state), true, {});
			assert.equal(sentIn(effects).length, 1, 'where nothing happens it is sent');
		});

	for (const [name, event, meanwhile, why] of reasonsGone)
		test(`${name}: ${event}`, () => {
			const open = changes[name]!();
			const read = typeof meanwhile === 'function' ? meanwhile(open) : meanwhile;
			for (const after of [0, 60_000]) assertStopped(open, { ...read, after }, why);
		});

	for (const [name, open] of Object.entries(changes))
		test(`taking back ${name}: the same holds`, () => {
			const state = undoing(open());
			if (!state) return assert.equal(promptOf(open()).change.undo, undefined);
			const left = asLeft(promptOf(state));
			const role = left.info?.role ?? trackOf(state).lastGood?.info?.role;
			for (const { name: event, meanwhile, why } of events) {
				const read = meanwhile(promptOf(state).change, role);
				if (!read) continue;
				const info = { ...left.info, ...read.info };
				const both = { ...left, ...read, info, config: { ...left.config, ...read.config } };
				try {
					assertStopped(state, both, why);
				} catch (error) {
					throw new Error(event, { cause: error });
				}
			}
			assert.equal(sentIn(readNow(answered(state), true, left)[1]).length, 1, 'else it is sent');
		});

	test('no change that a runbook can name is missing from the table', () => {
		const folder = new URL('../../source/runbooks/', import.meta.url);
		const named = readdirSync(folder).flatMap(file =>
			[
				...readFileSync(new URL(file, folder), 'utf8').matchAll(
					/\bid: ['`]([a-z-]+)[^\n]*\n\s*title[\s\S]{0,400}?\n\s*command\b/g,
				),
			].map(([, id]) => id!),
		);
		assert.ok(named.length >= 12, named.join(' '));
		// The first is named and never offered, the second is every undo.
		const missing = named.filter(
			id => id !== 'bgrewriteaof' && id !== 'undo' && !Object.keys(changes).some(each => each.startsWith(id)),
		);
		assert.deepEqual(missing, []);
	});

	test('a closed question takes no key but the way out, and asks for a new reading', () => {
		const open = raise();
		const [closed, effects] = readNow(open, false, { info: restarted });
		assert.deepEqual(effects, [
			{ type: 'ask-now', fleet: 1, nodes: [primary] },
			{ type: 'consent-close', id: promptOf(open).id },
		]);
		const [typed, none] = press(closed, ...primary, 'x', 'q', '6', 'd', 'u');
		assert.deepEqual([typed.prompt, none], [closed.prompt, []]);
		// The Enter that was on its way leaves the reason where it is.
		const [kept] = press(typed, 'enter');
		assert.deepEqual(kept.prompt, closed.prompt);
		for (const [state, key] of [
			[typed, 'escape'],
			[later(typed, 1100), 'enter'],
		] as const) {
			const [away, gone] = press(state, key);
			assert.deepEqual([away.prompt, away.screen, gone], [undefined, 'runbook', []]);
		}
	});

	test('a server that lists all clients or none is asked for them only for the yes', () => {
		const [open] = readNow(kill(), false, { clients: false });
		assert.equal(promptOf(open).closed, undefined);
		assert.equal(promptOf(open).live?.text, 'primary, up');
		const [, effects] = readNow(answered(open), true);
		assert.equal(sentIn(effects).length, 1);
	});

	test('a reading for a question that was cancelled sends nothing', () => {
		const waiting = answered(raise());
		const { id } = promptOf(waiting);
		const [cancelled, closing] = press(waiting, 'escape');
		assert.deepEqual(closing, [{ type: 'consent-close', id }]);
		const [again] = press(cancelled, 'x');
		assert.notEqual(promptOf(again).id, id);
		const late = { type: 'consent', at: again.at, id, samples: [], isFinal: true } as const;
		assert.deepEqual(update(again, late), [again, []]);
		// One of its own that no yes was given for.
		assert.deepEqual(sentIn(readNow(later(again, 400), true)[1]), []);
	});
});

describe('what moves by nature', () => {
	const moved: readonly (readonly [() => State, Meanwhile])[] = [
		[raise, { info: { usedMemoryBytes: 4 * gigabyte - 80 * megabyte } }],
		[raise, { info: { usedMemoryBytes: 4 * gigabyte + 90 * megabyte, connectedClients: 900 } }],
		[policy, { info: { usedMemoryBytes: 4 * gigabyte + 22 * megabyte } }],
		[policy, { info: { usedMemoryBytes: 4 * gigabyte + 2 * megabyte } }],
		[kill, { clients: clientLine(monitorClient, { age: 7260 }), after: 60_000 }],
		[kill, { clients: clientLine({ ...monitorClient, outputBytes: 1.7 * gigabyte }) }],
		[kill, { info: { usedMemoryBytes: 4 * gigabyte - 3 * megabyte } }],
	];
	for (const [open, meanwhile] of moved)
		test(`${promptOf(open()).change.id} is sent all the same: ${JSON.stringify(meanwhile).slice(0, 60)}`, () => {
			const [next, effects] = readNow(answered(open()), true, meanwhile);
			assert.equal(sentIn(effects).length, 1, next.prompt && promptOf(next).closed);
			assert.deepEqual(next.changes?.at(-1)?.change.command, promptOf(open()).change.command);
		});

	test('role and state stand at the prompt, and how old they are where it cannot be read', () => {
		const [read] = readNow(raise(), false, { after: 1000 });
		assert.match(shownBy(read), /node: primary, up; Enter runs it, Esc cancels/);
		assert.match(shownBy(read), /live primary, up; maxmemory 4\.0G, used 4\.0G/);
		assert.match(shownBy(later(read, 12_000)), /primary, up 11s ago; Enter runs it/);
		const [lost] = readNow(read, false, { error: { reason: 'timeout', text: 'no answer for 3s' } });
		assert.match(shownBy(lost), /no answer for 3s; Enter runs it/);
	});
});

describe('taking back', () => {
	const undoingOf = (open: () => State) => undoing(open())!;
	const set = (state: State) => ({ info: { maxmemoryBytes: Number(promptOf(state).change.undo![3]) } });

	test('u asks as for any change, and sends the undo where its value still stands', () => {
		const state = undoingOf(raise);
		const { change } = promptOf(state);
		assert.deepEqual(change.command, ['CONFIG', 'SET', 'maxmemory', String(4 * gigabyte)]);
		assert.match(change.risk, /20\.0M of used memory are over that limit/);
		const [next, effects] = readNow(answered(state), true, set(state));
		assert.equal(sentIn(effects).length, 1, next.prompt && promptOf(next).closed);
		const { id } = next.changes!.at(-1)!;
		const [done] = update(next, { type: 'changed', at: next.at, id, reply: 'OK', isDone: true });
		assert.match(press(done, 'u')[0].toast?.text ?? '', /no change was made that can be taken back/);
	});

	test('what somebody else has set meanwhile stays', () => {
		const state = undoingOf(raise);
		const [next, effects] = readNow(answered(state), true, { info: { maxmemoryBytes: 9 * gigabyte } });
		assert.deepEqual(sentIn(effects), []);
		assert.match(promptOf(next).closed ?? '', /maxmemory is 9\.0G now, not /);
	});

	test('nothing is taken back over a restart, from another role, or without --allow-changes', () => {
		const state = undoingOf(raise);
		for (const info of [restarted, another, { role: 'replica' as const }]) {
			const [, effects] = readNow(answered(state), true, { info: { ...set(state).info, ...info } });
			assert.deepEqual(sentIn(effects), []);
		}
		const [refused] = press({ ...made(raise()), isChangesAllowed: false }, 'u');
		assert.match(refused.toast?.text ?? '', /read-only/);
	});

	test('nothing is taken back from another process at the address, also where it happens to have that value', () => {
		const state = made(raise());
		const fleet = state.fleets[0]!;
		const { change } = state.changes!.at(-1)!;
		const track = fleet.tracks.get(change.node)!;
		assert.equal(press(state, 'u')[0].prompt?.kind, 'change');
		for (const info of [restarted, another]) {
			const lastGood = { ...track.lastGood!, info: { ...track.lastGood!.info, ...info } };
			const tracks = new Map([...fleet.tracks, [change.node, { ...track, lastGood }]]);
			const next = { ...state, fleets: [{ ...fleet, tracks }, ...state.fleets.slice(1)] };
			assert.match(press(next, 'u')[0].toast?.text ?? '', /no change was made that can be taken back/);
		}
	});

	test('what nothing takes back is not offered to be', () => {
		assert.match(press(made(kill()), 'u')[0].toast?.text ?? '', /no change was made that can be taken back/);
	});
});
