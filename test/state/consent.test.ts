// The question about a change while the facts move under it: what differs closes it and says what, nothing that is typed
// afterwards means anything, and only a reading made for the yes that fits what was shown sends the change.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { changeNow } from '../../source/state/runbook-runs.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/state/update.ts';
import { frameOf } from '../../source/ui/frame.tsx';
import { gigabyte, megabyte, monitorClient, primary } from '../runbooks/build.ts';
import { runbookClient, runbookFragmentation, runbookRelief } from '../ui/build-runbook.ts';
import { withoutCodes } from '../ui/frame-files.ts';
import { clientLine, type Meanwhile, promptOf, readNow } from './consent.ts';

const allowed = { isChangesAllowed: true };
const press = (state: State, ...keys: readonly Key[]) => update(state, { type: 'keys', at: state.at, keys });
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];
const sentIn = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'change');
const shownBy = (state: State) =>
	frameOf({ ...state, size: { columns: 80, rows: 24 } })
		.map(withoutCodes)
		.join('\n')
		.replace(/\s+/g, ' ');

/** The question about one of the changes of a step. */
function asked(state: State, entry: string): State {
	const on = { ...state, runbook: { ...state.runbook!, entry } };
	assert.equal(changeNow(on)?.id, entry);
	const [open, effects] = press(on, 'x');
	assert.ok(
		effects.some(({ type }) => type === 'consent-open'),
		open.toast?.text,
	);
	return later(open, 400);
}

const answered = (state: State): State => press(state, ...promptOf(state).change.node, 'enter')[0];

const raise = () => asked(runbookRelief(allowed), 'raise-maxmemory');
const policy = () => asked(runbookRelief(allowed), 'policy-volatile-ttl');
const kill = () => asked(runbookClient(allowed), 'client-kill-1');
const defragment = () => asked(runbookFragmentation(allowed), 'activedefrag');
const rows: readonly (readonly [name: string, open: () => State, meanwhile: Meanwhile, why: RegExp])[] = [];
const row = (name: string, opens: readonly (() => State)[], meanwhile: Meanwhile, why: RegExp) => {
	for (const open of opens)
		(rows as [string, () => State, Meanwhile, RegExp][]).push([name, open, meanwhile, why]);
};

const all = [raise, policy, kill, defragment];
const restarted = { runId: 'f'.repeat(40), uptimeSeconds: 0 };
const another = { runId: 'e'.repeat(40), uptimeSeconds: 9_999_999 };
row('restarted', all, { info: restarted }, /it was restarted meanwhile/);
row('another server', all, { info: another }, /another server answers at this address now/);
row('roles swapped', all, { info: { role: 'replica' } }, /it is a replica now, not a primary/);
row('upgraded in place', all, { info: { version: '9.9.9' } }, /it runs 9\.9\.9 now, not /);
row('limit changed', all, { info: { maxmemoryBytes: 3 * gigabyte } }, /maxmemory is 3\.0G now, not 4\.0G/);
row('limit taken away', all, { info: { maxmemoryBytes: 0 } }, /maxmemory is no limit now, not 4\.0G/);
row(
	'policy changed',
	all,
	{ info: { maxmemoryPolicy: 'volatile-random' } },
	/maxmemory-policy is volatile-random now, not (noeviction|allkeys-lru)/,
);
row('setting changed', [defragment], { config: { activedefrag: 'yes' } }, /activedefrag is yes now, not no/);
row(
	'loading',
	[raise],
	{ error: { reason: 'loading', text: 'loading its data set' } },
	/loading its data set/,
);
row('gone', all, { error: { reason: 'refused', text: 'connection refused' } }, /connection refused/);
row(
	'no room for it any more',
	[raise],
	{ info: { rssBytes: 55 * gigabyte, residentBytes: 55 * gigabyte } },
	/there is no room for it|there is room for/,
);
row(
	'evicts much more',
	[policy],
	{ info: { usedMemoryBytes: 4 * gigabyte + 600 * megabyte } },
	/it would evict 600M at once by now, 20\.0M was shown/,
);
row(
	'no pressure any more',
	[policy],
	{ info: { usedMemoryBytes: 2 * gigabyte, datasetBytes: 1.9 * gigabyte } },
	/it would|nothing presses|not offered|over/,
);
row('client gone', [kill], { clients: '' }, /client 10\.0\.3\.7:51422 is gone/);
row(
	'id of another client',
	[kill],
	{ clients: clientLine(monitorClient, { address: '10.0.9.9:4000' }) },
	/id 812 is another client now: 10\.0\.9\.9:4000/,
);
row(
	'same place, new connection',
	[kill],
	{ clients: clientLine(monitorClient, { age: 3 }) },
	/10\.0\.3\.7:51422 is a new connection, 3s old/,
);
row(
	'client harmless by now',
	[kill],
	{ clients: clientLine({ ...monitorClient, outputBytes: 0, totalBytes: 1000 }) },
	/what it was offered for is over/,
);
row('log full', all, { refusal: 'the log cannot be written: the disk is full' }, /the disk is full/);

describe('what differs', () => {
	// As in a fleet that is watched with a delay of a minute.
	for (const [index, [name, open, meanwhile, why]] of rows.entries())
		for (const age of index % 4 === 0 ? [0, 60_000] : [0])
			test(`${name}, ${promptOf(open()).change.id}, read ${age / 1000} s later`, () => {
				const waiting = answered(open());
				assert.equal(promptOf(waiting).isChecking, true);
				const [closed, effects] = readNow(waiting, true, { ...meanwhile, after: age });
				assert.deepEqual(sentIn(effects), []);
				assert.match(promptOf(closed).closed ?? '', why);
				assert.match(shownBy(closed), /[Nn]ot sent/);
				assert.match(shownBy(closed), why);
				// While it is open it closes by itself, unless it only does not answer.
				const [seen] = readNow(open(), false, { ...meanwhile, after: age });
				if (meanwhile.error) {
					assert.equal(promptOf(seen).closed, undefined);
					assert.match(shownBy(seen), why);
					assert.match(promptOf(seen).live?.text ?? '', why);
				} else assert.match(promptOf(seen).closed ?? '', why);
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
		for (const key of ['enter', 'escape']) {
			const [away, gone] = press(typed, key);
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
	const made = (open: () => State): State => {
		const [sent] = readNow(answered(open()), true);
		const { id } = sent.changes!.at(-1)!;
		return update(sent, { type: 'changed', at: sent.at, id, reply: 'OK', isDone: true })[0];
	};
	const undoing = (open: () => State) => later(press(made(open), 'u')[0], 400);
	const set = (state: State) => ({ info: { maxmemoryBytes: Number(promptOf(state).change.undo![3]) } });

	test('u asks as for any change, and sends the undo where its value still stands', () => {
		const state = undoing(raise);
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
		const state = undoing(raise);
		const [next, effects] = readNow(answered(state), true, { info: { maxmemoryBytes: 9 * gigabyte } });
		assert.deepEqual(sentIn(effects), []);
		assert.match(promptOf(next).closed ?? '', /maxmemory is 9\.0G now, not /);
	});

	test('nothing is taken back over a restart, from another role, or without --allow-changes', () => {
		const state = undoing(raise);
		for (const info of [restarted, another, { role: 'replica' as const }]) {
			const [, effects] = readNow(answered(state), true, { info: { ...set(state).info, ...info } });
			assert.deepEqual(sentIn(effects), []);
		}
		const [refused] = press({ ...made(raise), isChangesAllowed: false }, 'u');
		assert.match(refused.toast?.text ?? '', /read-only/);
	});

	test('what nothing takes back is not offered to be', () => {
		assert.match(press(made(kill), 'u')[0].toast?.text ?? '', /no change was made that can be taken back/);
	});
});
