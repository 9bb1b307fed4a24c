// The screen of a runbook: its steps, its scan, what is copied and written; and changes: none leaves without
// --allow-changes and the node's address typed in full, whatever is pressed, in whatever order, at whatever moment.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Address, Info, Sample } from '../../source/core/types.ts';
import { answeredNow, changeNow, stepNow } from '../../source/state/runbook-runs.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { entryNow, paneLines, paneWidth } from '../../source/view/screens/runbook/lines.ts';
import { entryOf, lineText } from '../../source/view/theme.ts';
import { often } from '../lane.ts';
import { inputOf, primary, replica, scanOf, start } from '../runbooks/build.ts';
import { allKeys } from '../view/all-keys.ts';
import { progressOf } from '../view/build-keys.ts';
import {
	runbookAudit,
	runbookClient,
	runbookDurable,
	runbookFragmentation,
	runbookKeys,
	runbookRelief,
	runbookScope,
	runbookState,
} from '../view/build-runbook.ts';
import { calm, incident, several, standalone, starting } from '../view/build-state.ts';
import { withoutCodes } from '../view/frame-files.ts';
import { changes } from './changes-asked.ts';
import { type Meanwhile, promptOf, readNow } from './consent.ts';

const allowed = { isChangesAllowed: true };

function press(state: State, ...keys: readonly Key[]): { state: State; effects: Effect[] } {
	const [next, effects] = update(state, { type: 'keys', at: state.at, keys });
	return { state: next, effects };
}
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];
/** The address in full, Enter, and the reading that the yes waits for. */
const agreed = (state: State, meanwhile: Meanwhile = {}): { state: State; effects: Effect[] } => {
	const typed = press(state, ...promptOf(state).change.node, 'enter');
	assert.deepEqual(typed.effects, [{ type: 'consent-check', id: promptOf(state).id }]);
	const [next, effects] = readNow(typed.state, true, meanwhile);
	return { state: next, effects };
};
const changesIn = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'change');
const text = (state: State) => paneLines(state).map(lineText).join('\n');
const stepId = (state: State) => stepNow(state)?.step.id;

/** The first node of a fleet is opened for its change, as an operator would do it. */
const asked = (over: Partial<State> = allowed) => {
	const { state } = press(runbookRelief(over), 'x');
	return later(state, 400);
};

describe('steps', () => {
	test('6 opens it for the node under the cursor, which is then asked closely', () => {
		const { state, effects } = press(calm({ cursor: '10.0.1.12:6379' }), '6');
		assert.equal(state.runbook?.address, '10.0.1.12:6379');
		assert.deepEqual(effects, [{ type: 'focus', fleet: 1, node: '10.0.1.12:6379', isCluster: false }]);
	});

	test('Enter goes where the answer leads, the arrows to the neighbours', () => {
		const first = runbookClient({ runbook: { ...runbookClient().runbook!, step: 0 } });
		assert.equal(stepNow(first)?.verdict.goTo, 'relief');
		assert.equal(stepId(press(first, 'enter').state), 'relief');
		assert.equal(stepId(press(first, 'right').state), 'fragmentation');
		assert.equal(stepId(press(first, 'right', 'left').state), 'scope');
		assert.match(press(first, 'left').state.toast!.text, /first step/);
		assert.match(press(runbookDurable(), 'enter').state.toast!.text, /last step/);
	});

	test('Tab turns to the audit and back, and begins it at its first step', () => {
		const audit = press(runbookKeys(), 'tab').state;
		assert.equal(audit.runbook?.runbook, 'config-audit');
		assert.equal(stepId(audit), 'topology');
		assert.match(text(audit), /tcp-keepalive|replica/);
		assert.equal(press(audit, 'tab').state.runbook?.runbook, 'high-memory');
	});

	test('Esc and q go back to the fleet, and 6 comes back to the same step', () => {
		for (const key of ['escape', 'q']) {
			const back = press(runbookKeys(), key).state;
			assert.equal(back.screen, 'fleet');
			assert.equal(stepId(press(back, '6').state), 'large-keys');
		}
	});

	test('every line of every step can be scrolled to, and no further', () => {
		for (const build of [runbookScope, runbookFragmentation, runbookRelief, runbookDurable, runbookAudit]) {
			let state = build({ size: { columns: 50, rows: 15 } });
			const seen = new Set<string>();
			for (let moves = 0; moves < 400; moves++) {
				for (const line of frameOf(state)) seen.add(line.replace(/\x1b\[[0-9;]*m/g, '').replace(/^>/, ' '));
				const next = press(state, 'down').state;
				if (next.runbook === state.runbook) break;
				state = next;
			}
			for (const each of paneLines(state)) {
				const line = lineText(each).trimEnd().replace(/^>/, ' ');
				if (line !== '')
					assert.ok(
						[...seen].some(each => each.startsWith(line.slice(0, 49))),
						line,
					);
			}
			assert.equal(press(state, 'G').state.runbook!.top, press(state, 'G', 'down').state.runbook!.top);
			assert.equal(press(state, 'g').state.runbook!.top, 0);
		}
	});

	test('a node that is forgotten says so, on any key', () => {
		const state = runbookScope();
		const [fleet] = state.fleets;
		const gone = {
			...state,
			fleets: [{ ...fleet!, now: { ...fleet!.now, fleet: { ...fleet!.now.fleet, nodes: [] } } }],
		};
		assert.match(text(gone), /not known any more/);
		for (const key of allKeys) press(gone, key);
	});
});

describe('the scan of step 3', () => {
	const input = () => inputOf();

	test('it is of one process: nothing it found is of another that took the address, and nothing is sent there', () => {
		const open = runbookRelief(allowed);
		const fleet = open.fleets[0]!;
		const { address } = open.runbook!;
		const track = fleet.tracks.get(address)!;
		const { lastGood } = track;
		const begun = { ...open, runbook: { ...open.runbook!, began: lastGood } };
		assert.equal(press(begun, 'x').state.prompt?.kind, 'change');
		for (const [info, words] of [
			[{ runId: 'e'.repeat(40), uptimeSeconds: 9_999_999 }, /^Another server answers at \S+ since /],
			[{ runId: 'f'.repeat(40), uptimeSeconds: 0 }, / was restarted, or another server took its place/],
		] as const) {
			const now = { ...lastGood!, info: { ...lastGood!.info, ...info } };
			const tracks = new Map([...fleet.tracks, [address, { ...track, lastGood: now }]]);
			const after = { ...begun, fleets: [{ ...fleet, tracks }, ...open.fleets.slice(1)] };
			for (const { verdict, changes: offered } of answeredNow(after)!.runs) {
				assert.equal(verdict.answer, 'unknown');
				assert.match(verdict.text, words);
				assert.deepEqual([verdict.facts, offered], [[], []]);
			}
			assert.match(press(after, 'x').state.toast?.text ?? '', /this step offers no change/);
			const anew = press({ ...press(after, 'escape').state, cursor: address }, '6').state;
			assert.notEqual(stepNow(anew)?.verdict.answer, 'unknown');
		}
	});

	test('s scans this shard by its replica, shows how far it is, and ends it when pressed again', () => {
		const { state, effects } = press(runbookState(input(), {}, { step: 2 }), 's');
		const [scan] = effects;
		assert.ok(effects.length === 1 && scan?.type === 'scan-start');
		const nodes = new Set(scan.targets.map(({ primary: each }) => each));
		assert.deepEqual([...nodes], [primary]);
		const told = { type: 'scan', at: start, id: scan.id, progress: progressOf(), isOver: false } as const;
		const running = update(state, told)[0];
		assert.match(text(running), /14\.9M|36%/);
		assert.deepEqual(press(running, 's').effects, [{ type: 'scan-stop', id: scan.id }]);
		const over = update(running, { ...told, found: scanOf([], []), isOver: true })[0];
		assert.equal(over.toast, undefined, 'it is seen here, and needs no word');
	});

	test('a second scan keeps what the first found, so that growth can be told', () => {
		const first = runbookKeys();
		const { state } = press(first, 's');
		assert.equal(state.bigKeys!.scans.length, 1);
		assert.equal(state.bigKeys!.scans[0]!.earlier, first.bigKeys!.scans[0]!.found);
	});

	test('it starts from another step too, and shows the third', () => {
		assert.equal(stepId(press(runbookState(input()), 's').state), 'large-keys');
		const replay = { replay: { speed: 1, isPaused: false } };
		const pressed = press(runbookState(input(), replay), 's');
		assert.deepEqual(pressed.effects, []);
		assert.match(pressed.state.toast!.text, /^a recording has no servers to ask: s /);
	});

	test('a replay names no key that asks or changes a server, neither beside the steps nor below', () => {
		const replay = { replay: { speed: 1, isPaused: false } };
		for (const columns of [50, 80, 140]) {
			const size = { columns, rows: 24 };
			const live = withoutCodes(frameOf(runbookRelief({ size })).join('\n'));
			const played = withoutCodes(frameOf(runbookRelief({ size, ...replay })).join('\n'));
			assert.match(live, /\bx run\b.*\bs scan\b/s, `${columns} columns`);
			assert.doesNotMatch(played, /\bx run\b|\bs scan\b/, `${columns} columns`);
		}
	});
});

describe('taking it along', () => {
	test('y copies the command that is selected, and in the last step the findings', () => {
		const relief = runbookRelief();
		const { effects } = press(relief, 'y');
		assert.deepEqual(effects, [{ type: 'copy', text: changeNow(relief)!.command.join(' ') }]);
		const [copied] = press(runbookDurable(), 'y').effects;
		assert.ok(copied?.type === 'copy');
		assert.equal(copied.text.split('\n').length, 7);
		assert.match(copied.text, /^Memory runbook on 10\.0\.1\.12:6379\n1\. \w+: /);
	});

	test('arrows select among changes and among the lines of the audit; y copies that one', () => {
		for (const build of [runbookRelief, runbookAudit]) {
			const state = build({ size: { columns: 140, rows: 60 } });
			const entries = [...new Set(paneLines(state).flatMap(line => entryOf(line) ?? []))];
			const last = entries.reduce(now => press(now, 'down').state, state);
			assert.equal(entryNow(last), entries.at(-1));
		}
	});

	test('w asks for a name and writes the run', () => {
		const { state } = press(runbookKeys(), 'w');
		assert.match(state.prompt!.text, /^high-memory-\d{6}\.md$/);
		const { effects } = press(state, 'enter');
		assert.deepEqual(effects, [{ type: 'write', screen: 'runbook', path: state.prompt!.text }]);
	});
});

test('each change has its whole name in the list, on one line of 80 columns, and the mark of what cannot be sent', () => {
	for (const columns of [40, 50, 66, 80]) {
		const state = runbookDurable({ size: { columns, rows: 24 } });
		const lines = paneLines(state);
		const { changes } = stepNow(state)!;
		assert.ok(changes.length > 1);
		for (const { id, title } of changes) {
			const entry = lines.filter(line => entryOf(line) === id).map(lineText);
			for (const line of entry) assert.ok(line.length < paneWidth(state), line);
			if (columns >= 80) assert.equal(entry.length, 1);
			const words = entry.map(line => line.replace(/^[> ] [a-z] /, '').trim()).join(' ');
			assert.equal(words, `${title}  not offered`);
		}
	}
});

test('of a node that does not answer no rate stands at the head', () => {
	const state = runbookScope();
	const fleet = state.fleets[0]!;
	const nodes = fleet.now.fleet.nodes.map(node => ({ ...node, health: 'down' as const }));
	const tracks = new Map(
		[...fleet.tracks].map(([address, track]) => [address, { ...track, rates: { seconds: 1, oomErrors: 7 } }]),
	);
	const now = { ...fleet.now, fleet: { ...fleet.now.fleet, nodes } };
	const head = frameOf({ ...state, fleets: [{ ...fleet, tracks, now }] })[1]!;
	assert.match(withoutCodes(head), /oom -/);
});

describe('a change', () => {
	test('without --allow-changes x says so, and nothing is asked', () => {
		const { state, effects } = press(runbookRelief(), 'x');
		assert.deepEqual(effects, []);
		assert.equal(state.prompt, undefined);
		assert.equal(state.toast!.text, 'read-only: restart with --allow-changes');
	});

	test('the question shows command, node, now, after, undo and what a restart loses', () => {
		const shown = text(asked());
		const change = changeNow(asked())!;
		for (const part of [change.command.join(' '), change.node, change.now, change.undo!.join(' ')])
			assert.ok(shown.replace(/\s+/g, ' ').includes(part), part);
		assert.match(shown, /lost at restart unless CONFIG REWRITE/);
		assert.match(shown, /Type 10\.0\.1\.\d\d:6379 to run it there, Esc to cancel\./);
	});

	test('the address in full sends exactly the command that was shown to exactly that node, once', () => {
		const before = asked();
		const change = changeNow(before)!;
		const typed = agreed(before);
		const { id } = promptOf(before);
		assert.deepEqual(typed.effects, [
			{ type: 'change', id, fleet: 1, node: change.node, command: change.command },
		]);
		assert.equal(typed.state.changes?.length, 1);
		assert.equal(typed.state.prompt, undefined);
		assert.deepEqual(changesIn(press(typed.state, 'enter', 'enter', 'x').effects), []);
		assert.match(press(typed.state, 'x').state.toast!.text, /wait for its reply/);
	});

	test('anything else sends nothing', () => {
		const { node } = changeNow(asked())!;
		const host = node.slice(0, node.lastIndexOf(':'));
		for (const words of [
			'',
			'y',
			'yes',
			host,
			`${node}0`,
			node.slice(0, -1),
			node.slice(1),
			replica === node ? primary : replica,
		]) {
			const { state, effects } = press(asked(), ...words, 'enter');
			assert.deepEqual(effects, [{ type: 'consent-close', id: 1 }], words);
			assert.match(state.toast!.text, /^not sent: /);
		}
		assert.deepEqual(changesIn(press(asked(), ...node, 'escape', 'enter').effects), []);
	});

	test('what is typed in the first 0.3 s is not taken', () => {
		const first = press(runbookRelief(allowed), 'x').state;
		const { node } = changeNow(first)!;
		assert.deepEqual(press(first, ...node, 'enter').effects, []);
		assert.equal(press(first, ...node).state.prompt!.text, '');
		const half = press(later(first, 299), ...node).state;
		assert.equal(half.prompt!.text, '');
		assert.equal(press(later(first, 300), ...node).state.prompt!.text, node);
		assert.equal(press(first, 'escape').state.prompt, undefined, 'cancelling is never ignored');
		// As one input: a paste.
		assert.deepEqual(changesIn(press(runbookRelief(allowed), 'x', ...node, 'enter').effects), []);
	});

	test('a node that went down sends nothing', () => {
		const { state, effects } = agreed(asked(), { error: { reason: 'refused', text: 'connection refused' } });
		assert.deepEqual(changesIn(effects), []);
		assert.equal(promptOf(state).closed, 'connection refused');
		assert.match(text(state), /^Not sent[\s\S]*: connection refused\. Esc goes back\.$/);
	});

	test('what is not offered cannot be run', () => {
		const state = runbookFragmentation(allowed);
		const not = answeredNow(state)!
			.runs.flatMap(({ changes }) => changes)
			.find(({ isOffered }) => !isOffered)!;
		const relief = runbookRelief({ ...allowed });
		const on = { ...relief, runbook: { ...relief.runbook!, entry: 'bgrewriteaof' } };
		assert.equal(changeNow(on)!.id, 'bgrewriteaof');
		const { state: said } = press(on, 'x');
		assert.equal(said.prompt, undefined);
		assert.match(said.toast!.text, /not offered: it frees disk, not memory/);
		assert.equal(not.isOffered, false);
	});

	test('its reply is shown and told as an event; a minute later how memory stands', () => {
		const { state } = agreed(asked());
		const [next] = update(state, { type: 'changed', at: state.at, id: 1, reply: 'OK', isDone: true });
		assert.match(text(next), /reply {3}OK/);
		assert.match(text(next), /before {2}maxmemory 4\.0G, used/);
		assert.match(text(next), /measured in 60s/);
		const [event] = next.fleets[0]!.events;
		assert.equal(event?.kind, 'change');
		assert.match(event!.text, /^CONFIG SET maxmemory \d+: OK$/);
		const round = { type: 'round', fleet: 1, samples: [], isExtra: true, isSettled: true } as const;
		const minute = update(next, { ...round, at: next.at + 59_000 })[0];
		assert.equal(minute.changes![0]!.after, undefined);
		assert.match(update(next, { ...round, at: next.at + 60_000 })[0].changes![0]!.after!, /used/);
		const refused = update(state, {
			type: 'changed',
			at: state.at,
			id: 1,
			reply: 'ERR no',
			isDone: false,
		})[0];
		assert.match(text(refused), /ERR no/);
		assert.doesNotMatch(text(refused), /measured in/);
	});

	test('a recording shows what was changed then, and changes nothing', () => {
		const replay = { ...allowed, replay: { speed: 1, isPaused: false } };
		assert.match(press(runbookRelief(replay), 'x').state.toast!.text, /recording/);
		const { state } = agreed(asked());
		const recorded = { ...state.changes![0]!, reply: 'OK', isDone: true };
		const message = { type: 'changed', at: start, id: 1, reply: 'OK', isDone: true, recorded } as const;
		const [shown] = update(runbookRelief(replay), message);
		assert.match(text(shown), /Changes that were made/);
	});
});

describe('whatever is pressed', () => {
	const known = allKeys;
	const nodes: readonly Address[] = [primary, replica, '127.0.0.1:6379', '10.0.1.11:6379'];
	const key: fc.Arbitrary<Key> = fc.oneof(
		{ weight: 5, arbitrary: fc.constantFrom(...known) },
		{ weight: 4, arbitrary: fc.constantFrom('x', 'x', 'enter', 'right', 'down', '6', 'y', 'tab') },
		{ weight: 2, arbitrary: fc.constantFrom('1', '0', '.', ':', '6', '3', '7', '9', 'backspace', 'ctrl-u') },
		{ weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }) },
	);
	type Move =
		| { readonly keys: readonly Key[] }
		| { readonly wait: number }
		| { readonly reply: boolean }
		/** The node is read for the open question, as it was or as it has become. */
		| { readonly read: Meanwhile; readonly isFinal: boolean }
		/** From now on the node is another than it was: by its number in `worlds`. */
		| { readonly world: number }
		/** All nodes are polled, and tell how it is now. */
		| { readonly round: true }
		/** The question is answered with yes, whatever has become of it, and the node is read for that. */
		| { readonly yes: true };
	const meanwhile: readonly Meanwhile[] = [
		{ info: { maxmemoryBytes: 12_345 } },
		{ info: { maxmemoryPolicy: 'allkeys-random' } },
		{ info: { runId: 'f'.repeat(40), uptimeSeconds: 1 } },
		{ info: { runId: 'e'.repeat(40), uptimeSeconds: 9_999_999 } },
		{ info: { role: 'replica' } },
		{ info: { version: '9.9.9' } },
		{ error: { reason: 'refused', text: 'connection refused' } },
		{ refusal: 'the log cannot be written: the disk is full' },
		{ clients: '' },
		{ clients: 'id=1 addr=10.9.9.9:1 name= age=1 idle=0 flags=N db=0 omem=0 tot-mem=0 cmd=get\n' },
		{ info: { maxmemoryBytes: 12_345 }, after: 60_000 },
	];
	/** How the node can be for good; no change that is shown in one of them may be sent in another. */
	const worlds: readonly Meanwhile[] = [
		{},
		{ info: { maxmemoryBytes: 3 * 2 ** 30 } },
		{ info: { maxmemoryPolicy: 'volatile-lru' } },
		{ info: { runId: 'f'.repeat(40), uptimeSeconds: 1 } },
		{ info: { runId: 'e'.repeat(40), uptimeSeconds: 9_999_999 } },
		{ info: { role: 'replica' } },
		{ info: { version: '9.9.9' } },
	];
	const move: fc.Arbitrary<Move> = fc.oneof(
		{ weight: 1, arbitrary: fc.record({ world: fc.nat(worlds.length - 1) }) },
		{ weight: 1, arbitrary: fc.constant<Move>({ round: true }) },
		{ weight: 2, arbitrary: fc.constant<Move>({ yes: true }) },
		{ weight: 12, arbitrary: fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 30 }) }) },
		{ weight: 3, arbitrary: fc.record({ wait: fc.nat(2000) }) },
		// Nearly the address of one of them, in full or not.
		{
			weight: 3,
			arbitrary: fc
				.tuple(fc.constantFrom(...nodes), fc.nat(16), fc.boolean())
				.map(([node, length, isWhole]) => ({ keys: [...(isWhole ? node : node.slice(0, length)), 'enter'] })),
		},
		{ weight: 1, arbitrary: fc.record({ reply: fc.boolean() }) },
		{
			weight: 6,
			arbitrary: fc.record({
				read: fc.oneof(
					{ weight: 3, arbitrary: fc.constant<Meanwhile>({}) },
					{ weight: 1, arbitrary: fc.constantFrom(...meanwhile) },
				),
				isFinal: fc.boolean(),
			}),
		},
	);
	const starts = [
		runbookScope,
		runbookFragmentation,
		runbookKeys,
		runbookRelief,
		runbookClient,
		runbookDurable,
		runbookAudit,
		calm,
		incident,
		several,
		standalone,
		starting,
		...Object.values(changes).map(open => (over: Partial<State>) => ({ ...open(), ...over })),
	];

	/** The node that becomes another: where the question is open from the start the one that would be changed. */
	const targetOf = ({ prompt, runbook }: State): Address =>
		prompt?.kind === 'change' ? prompt.change.node : (runbook?.address ?? primary);

	/** What it tells in a world; a Sentinel has one role. */
	function factsIn(first: State, { info }: Meanwhile): Info {
		const fleet = first.fleets.find(({ tracks }) => tracks.has(targetOf(first)));
		const facts = { ...fleet?.tracks.get(targetOf(first))?.lastGood?.info, ...info };
		return facts.mode === 'sentinel' ? { ...facts, role: undefined } : facts;
	}

	/** What the nodes told at first, with what has become of the one. */
	function poll(state: State, first: State, world: Meanwhile): [State, Effect[]] {
		const [fleet] = first.fleets;
		const node = targetOf(first);
		const samples = [...(fleet?.tracks.values() ?? [])].flatMap(({ lastGood }): Sample[] => {
			if (!lastGood) return [];
			const moved = state.at - lastGood.at;
			// Two of the same run id would be one server under two names.
			const info =
				lastGood.node === node
					? { ...lastGood.info, ...world.info }
					: { ...lastGood.info, runId: `${lastGood.info?.runId} of ${lastGood.node}` };
			return [{ ...lastGood, info, at: state.at, clock: lastGood.clock + moved }];
		});
		const round = { type: 'round', fleet: fleet?.id ?? 0, isExtra: false, isSettled: true } as const;
		return update(state, { ...round, at: state.at, samples });
	}

	/** Key by key, for what was typed since the question is the proof. */
	function partsOf(one: Move, { prompt }: State): readonly Exclude<Move, { yes: true }>[] {
		if ('keys' in one) return one.keys.map(each => ({ keys: [each] }));
		if (!('yes' in one)) return [one];
		if (prompt?.kind !== 'change') return [];
		const typed = ['ctrl-u', ...prompt.change.node, 'enter'].map(each => ({ keys: [each] }));
		return [{ wait: 400 }, ...typed, { read: {}, isFinal: true }];
	}

	function make(
		state: State,
		one: Exclude<Move, { yes: true }>,
		first: State,
		world: Meanwhile,
	): [State, Effect[]] {
		if ('world' in one) return [state, []];
		if ('round' in one) return poll(state, first, world);
		if ('keys' in one) return update(state, { type: 'keys', at: state.at, keys: one.keys });
		if ('wait' in one) return [later(state, one.wait), []];
		if ('read' in one) {
			if (state.prompt?.kind !== 'change') return [state, []];
			const of = state.prompt.change.node === targetOf(first) ? world.info : undefined;
			return readNow(state, one.isFinal, { ...one.read, info: { ...of, ...one.read.info } }, first);
		}
		const waiting = state.changes?.find(({ reply }) => reply === undefined);
		return waiting
			? update(state, { type: 'changed', at: state.at, id: waiting.id, reply: 'OK', isDone: one.reply })
			: [state, []];
	}

	/** Keys pressed, changes sent, and a check of each against what was typed and what was read. */
	function walk(over: Partial<State>, moves: readonly Move[], build: (over: Partial<State>) => State) {
		const first = build(over);
		let state = first;
		let world = 0;
		/** As the last poll told it, and as it told it when the question was asked. */
		let told = 0;
		let shown = 0;
		const sent: Effect[] = [];
		let typed = '';
		let pressed = 0;
		/** The question that was answered with yes, by what was typed. */
		let yes: { readonly id: number; readonly node: Address } | undefined;
		for (const one of moves) {
			for (const part of partsOf(one, state)) {
				const before = state.prompt;
				const key = 'keys' in part ? part.keys[0]! : undefined;
				if ('world' in part) world = part.world;
				const [next, effects] = make(state, part, first, worlds[world]!);
				if ('round' in part) told = world;
				if (next.prompt?.kind === 'change' && next.prompt.id !== (before?.kind === 'change' ? before.id : 0))
					shown = told;
				const isTaken = before?.kind === 'change' && before.closed === undefined && !before.isChecking;
				if (isTaken && key !== undefined && state.at >= before.from)
					typed =
						key === 'backspace'
							? typed.slice(0, -1)
							: key === 'ctrl-u'
								? ''
								: typed + (key.length === 1 ? key : '');
				if (before?.kind !== 'change') typed = '';
				if (effects.some(({ type }) => type === 'consent-check')) {
					assert.ok(isTaken && key === 'enter' && state.at >= before.from);
					assert.equal(typed.trim(), before.change.node);
					yes = { id: before.id, node: before.change.node };
				}
				for (const effect of changesIn(effects)) {
					assert.ok(effect.type === 'change' && before?.kind === 'change');
					assert.ok('read' in part && part.isFinal, 'only what was read just now sends');
					assert.deepEqual(
						[part.read.error, part.read.refusal, part.read.info, part.read.after],
						[undefined, undefined, undefined, undefined],
						'what differs sends nothing',
					);
					if (before.change.client) assert.equal(part.read.clients, undefined);
					if (effect.node === targetOf(first))
						assert.deepEqual(
							factsIn(first, worlds[world]!),
							factsIn(first, worlds[shown]!),
							'what became of the node since it was shown sends nothing',
						);
					assert.deepEqual(yes, { id: effect.id, node: effect.node });
					assert.equal(before.change.node, effect.node);
					assert.deepEqual(effect.command, before.change.command);
					assert.ok(before.change.isOffered);
					yes = undefined;
					sent.push(effect);
				}
				state = next;
				pressed += key === undefined ? 0 : 1;
			}
		}
		return { sent, pressed };
	}

	/** At least 200,000 keys each in the lane that has the time. */
	const most = often(8000, 224_000);

	test(`no change is sent without --allow-changes, over ${most.toLocaleString('en')} keys`, () => {
		let pressed = 0;
		fc.assert(
			fc.property(
				fc.constantFrom(...starts),
				fc.constantFrom<Partial<State>>(
					{ isChangesAllowed: undefined },
					{ isChangesAllowed: false },
					{ ...allowed, replay: { speed: 1, isPaused: false } },
				),
				fc.array(move, { minLength: 20, maxLength: 60 }),
				(build, over, moves) => {
					const walked = walk(over, moves, build);
					pressed += walked.pressed;
					assert.deepEqual(walked.sent, []);
				},
			),
			{ numRuns: Math.ceil(most / 130) },
		);
		assert.ok(pressed >= most * 0.9, String(pressed));
	});

	test(`with it each was shown, and its address typed in full after the first 0.3 s, over ${most.toLocaleString('en')} keys`, () => {
		let pressed = 0;
		let sent = 0;
		fc.assert(
			fc.property(
				fc.constantFrom(...starts),
				fc.array(move, { minLength: 20, maxLength: 60 }),
				(build, moves) => {
					const walked = walk(allowed, moves, build);
					pressed += walked.pressed;
					sent += walked.sent.length;
				},
			),
			{ numRuns: Math.ceil(most / 130) },
		);
		assert.ok(pressed >= most * 0.9, String(pressed));
		// That it was tried: some of them got as far as being sent.
		assert.ok(sent > 0, 'no walk ever sent a change');
	});

	test('what became of the node since a change was shown never lets it be sent, whatever was polled and read between', () => {
		const moment: fc.Arbitrary<Move> = fc.oneof(
			{ weight: 3, arbitrary: fc.record({ world: fc.nat(worlds.length - 1) }) },
			{ weight: 2, arbitrary: fc.constant<Move>({ round: true }) },
			{ weight: 2, arbitrary: fc.record({ read: fc.constant<Meanwhile>({}), isFinal: fc.boolean() }) },
			{ weight: 3, arbitrary: fc.constant<Move>({ yes: true }) },
			{ weight: 2, arbitrary: fc.constantFrom<Move>({ keys: ['escape', 'x'] }, { keys: ['escape', 'u'] }) },
			{ weight: 1, arbitrary: fc.record({ reply: fc.boolean() }) },
		);
		let sent = 0;
		const runs = often(100, 5000);
		fc.assert(
			fc.property(
				fc.constantFrom(...Object.values(changes)),
				fc.array(moment, { minLength: 3, maxLength: 20 }),
				(open, moves) => {
					sent += walk({}, moves, over => ({ ...open(), ...over })).sent.length;
				},
			),
			{ numRuns: runs },
		);
		assert.ok(sent > runs / 10, `${sent} were sent in ${runs} walks`);
	});
});
