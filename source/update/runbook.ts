// What the keys do on the screen of a runbook: steps, selecting and scrolling, the scan of step 3, copying, writing, and
// the other runbook. Changes are change.ts. Opening it sends nothing but what looking closely at a node asks.

import { comebackOf } from '../core/findings/findings.ts';
import { printableText } from '../core/text/printable.ts';
import type { Address } from '../core/types.ts';
import { commandText } from '../runbooks/command-text.ts';
import {
	nodeOfRunbook,
	type RunbookPlace,
	runbookInput,
	scanOfRunbook,
	scopeOfRunbook,
} from '../state/runbook-input.ts';
import { answeredNow, changeNow, runbookOf, stepNow } from '../state/runbook-runs.ts';
import { type RunbookId, type RunbookState, runbookIds } from '../state/runbook-screen.ts';
import { fleetWith } from '../state/shown.ts';
import type { FleetTrack, Message, State, Step } from '../state/state.ts';
import { cursorOf } from '../view/screens/fleet/rows.ts';
import type { RunbookCommand } from '../view/screens/runbook/keys.ts';
import {
	auditLineNow,
	entriesOf,
	entryNow,
	paneHeight,
	paneLines,
	paneTop,
} from '../view/screens/runbook/lines.ts';
import { entryOf } from '../view/theme.ts';
import type { ScreenActs } from './acts.ts';
import { startScan } from './big-keys.ts';
import { askForConsent, askForUndo } from './change.ts';
import { scrolledTo } from './move.ts';
import { copied, say } from './toast.ts';

// ---------------------------------------------------------------------------------------------------------
// Coming

/** Opens it for the node under the cursor; where it was left, if it was that node's. */
function openRunbook(state: State): Step {
	const address = placeToOpen(state);
	const fleet = fleetWith(state, address);
	if (!fleet || address === undefined) return [state, []];
	const lost = lostDataOf(fleet, address);
	if (lost !== undefined) return [openFor(state, fleet.id, lost, 'lost-data'), []];
	const known = state.runbook?.runbook ?? 'high-memory';
	return [openFor(state, fleet.id, address, known === 'lost-data' ? 'high-memory' : known), []];
}

/** The primary that came back without its keys: this node, or the one whose keys this node holds. */
function lostDataOf({ holds, now }: FleetTrack, address: Address): Address | undefined {
	const isOf = (node: Address) => {
		const comeback = comebackOf(holds, node);
		return comeback !== undefined && (node === address || comeback.holder === address);
	};
	return now.fleet.nodes.find(node => isOf(node.address))?.address;
}

/** Straight to the question whether the keys of a replica are to be kept: there are seconds. */
export function rescue(state: State): Step {
	const address = cursorOf(state);
	const fleets = state.fleets.flatMap(fleet => {
		const at = address === undefined ? undefined : lostDataOf(fleet, address);
		const worst = fleet.now.findings.find(({ id }) => id === 'came-back-empty')?.node;
		const primary = at ?? worst;
		return primary === undefined ? [] : [{ fleet, primary, isHere: at !== undefined }];
	});
	const found = fleets.find(({ isHere }) => isHere) ?? fleets[0];
	if (!found) return [say(state, 'nothing to save here: changes are on 6'), []];
	const opened = openFor(state, found.fleet.id, found.primary, 'lost-data');
	return [askForConsent(withRunbook(opened, { step: 0, top: 0, entry: undefined })), []];
}

/** From the screen of a node it is that node's; else the one under the cursor. */
const placeToOpen = (state: State): Address | undefined =>
	state.screen === 'node' ? state.node?.address : cursorOf(state);

function openFor(state: State, fleet: number, address: Address, runbook: RunbookId): State {
	const known = state.runbook;
	const isSame = known?.fleet === fleet && known.address === address && known.runbook === runbook;
	const place = { fleet, address, runbook, startedAt: state.at, step: 0, top: 0 };
	const isOver = isSame && runbookInput(state, known)?.changed !== undefined;
	return {
		...state,
		screen: 'runbook',
		helpFrom: undefined,
		toast: undefined,
		paused: undefined,
		runbook: isSame && !isOver ? known : { ...place, began: newestOf(state, place) },
	};
}

const newestOf = (state: State, place: RunbookPlace) => runbookInput(state, place)?.track?.lastGood;

/** For --runbook. */
export const openRunbookOf = (
	state: State,
	{ at, fleet, node, runbook }: Extract<Message, { type: 'open-runbook' }>,
): State => openFor({ ...state, at: Math.max(state.at, at) }, fleet, node, runbook);

// ---------------------------------------------------------------------------------------------------------
// Keys

export const runbookActs: ScreenActs<RunbookCommand> = {
	open: openRunbook,
	move: (state, rows) => (Math.abs(rows) === 1 ? select(state, rows as 1 | -1) : scrollBy(state, rows)),
	page: state => paneHeight(state) - 1,
	acts: {
		follow,
		'step-after': state => toStep(state, state.runbook!.step + 1),
		'step-before': state => toStep(state, state.runbook!.step - 1),
		'other-runbook': otherRunbook,
		scan,
		copy,
		'run-change': askForConsent,
		'undo-change': askForUndo,
	},
};

const withRunbook = (state: State, change: Partial<RunbookState>): State => ({
	...state,
	runbook: { ...state.runbook!, ...change },
});

const justOverMilliseconds = 2000;

const stepCount = (state: State) => runbookOf(state.runbook!.runbook).steps.length;

function toStep(state: State, wanted: number): State {
	const step = Math.min(Math.max(wanted, 0), stepCount(state) - 1);
	if (step !== wanted)
		return say(state, wanted < 0 ? 'this is the first step' : 'this is the last step: w writes the run');
	return withRunbook({ ...state, toast: undefined }, { step, top: 0, entry: undefined });
}

/** To the step that follows from the answer, which is not always the next one. */
function follow(state: State): State {
	const goTo = stepNow(state)?.verdict.goTo;
	const { steps } = runbookOf(state.runbook!.runbook);
	const meant = steps.findIndex(({ id }) => id === goTo);
	return toStep(state, meant > state.runbook!.step ? meant : state.runbook!.step + 1);
}

/** The other runbook, of the same node; each is where it was left only while it is on the screen. */
function otherRunbook(state: State): State {
	const at = (runbookIds as readonly RunbookId[]).indexOf(state.runbook!.runbook);
	const runbook = runbookIds[(at + 1) % runbookIds.length]!;
	return withRunbook(
		{ ...state, toast: undefined },
		{
			...{ runbook, startedAt: state.at, step: 0, top: 0, entry: undefined },
			began: newestOf(state, { ...state.runbook!, began: undefined }),
		},
	);
}

/** The next entry where the selected one is in view, else one line further: nothing is passed over unread. */
function select(state: State, step: 1 | -1): State {
	const lines = paneLines(state);
	const entries = entriesOf(lines);
	const selected = entryNow(state);
	const next = entries[entries.indexOf(selected ?? '') + step];
	const top = paneTop(state, lines);
	const isSeen = lines.slice(top, top + paneHeight(state)).some(line => entryOf(line) === selected);
	if (selected === undefined || next === undefined || !isSeen) return scrollBy(state, step);
	return inView(withRunbook(state, { entry: next }), next);
}

function inView(state: State, entry: string): State {
	const lines = paneLines(state);
	const first = lines.findIndex(line => entryOf(line) === entry);
	const last = lines.findLastIndex(line => entryOf(line) === entry);
	const height = paneHeight(state);
	const top = paneTop(state, lines);
	return withRunbook(state, { top: Math.max(0, Math.min(Math.max(top, last - height + 1), first)) });
}

function scrollBy(state: State, by: number): State {
	const lines = paneLines(state);
	const top = scrolledTo({ top: paneTop(state, lines), room: paneHeight(state), lines }, by);
	return withRunbook(state, { top });
}

// ---------------------------------------------------------------------------------------------------------
// The scan of step 3

/** Starts the scan of this node's keys, by a replica where there is one; told again, it ends it. */
function scan(state: State): Step {
	if (state.replay !== undefined) return [say(state, 'a recording has no server to scan'), []];
	const place = state.runbook!;
	const known = scanOfRunbook(state, place);
	if (known !== undefined && !known.isOver)
		return [say(state, 'stopping scan, results kept'), [{ type: 'scan-stop', id: known.id }]];
	// Told to stop a moment too late: what it found is not thrown away for that.
	if (known?.endedAt !== undefined && state.at - known.endedAt < justOverMilliseconds)
		return [say(state, 'scan done: press s again in a moment to rescan'), []];
	if (nodeOfRunbook(state, place) === undefined) return [say(state, 'this node is not known any more'), []];
	const scope = scopeOfRunbook(state, place);
	const [started, effects] = startScan(
		{ ...state, scanOnly: undefined, bigKeys: state.bigKeys ?? { scope, view: 'bytes', top: 0, scans: [] } },
		scope,
		false,
	);
	const all = { ...started, scanOnly: state.scanOnly };
	if (effects.length === 0) return [all, effects];
	const large = runbookOf('high-memory').steps.findIndex(({ id }) => id === 'large-keys');
	const isHere = place.runbook === 'high-memory';
	return [isHere ? withRunbook(all, { step: large, top: 0, entry: undefined }) : all, effects];
}

// ---------------------------------------------------------------------------------------------------------
// Taking it along

/** The command that is selected; where there is none, what the step says. */
function copy(state: State): State | Step {
	const text = textToCopy(state);
	if (text === undefined) return say(state, 'there is nothing to copy yet');
	return copied(state, text.join('\n'), printableText(text[0]!));
}

function textToCopy(state: State): readonly string[] | undefined {
	const step = stepNow(state);
	if (!step) return undefined;
	if (state.runbook!.runbook === 'config-audit') {
		const line = auditLineNow(state);
		return line && [line.command ?? `${line.set}: ${line.means}`];
	}
	const isLast = state.runbook!.step === stepCount(state) - 1;
	const change = changeNow(state);
	return change && !isLast ? [commandText(change.command)] : findingsText(state);
}

/** The verdicts of all steps, for a ticket. */
function findingsText(state: State): readonly string[] {
	const node = nodeOfRunbook(state, state.runbook!);
	const runs = answeredNow(state)?.runs ?? [];
	const head = `${runbookOf(state.runbook!.runbook).title} on ${printableText(node?.address ?? '')}`;
	return [head, ...runs.map(({ verdict }, index) => `${index + 1}. ${verdict.answer}: ${verdict.text}`)];
}
