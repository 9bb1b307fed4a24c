// What each key does to the state. The table of keys says which command a key is (keymap.ts); here is what the
// command does. A prompt takes the keys first; a key that means nothing says so and is not swallowed silently.

import { markSeen } from '../core/findings/findings.ts';
import type { Address } from '../core/types.ts';
import { fleetWith } from '../state/shown.ts';
import type { ChangePrompt, Effect, Key, Prompt, ScreenName, Sort, State, Step } from '../state/state.ts';
import { columnFacts, columnSetNames } from '../view/columns.ts';
import { type Command, commandOf, isKnownKey, keyName } from '../view/keymap.ts';
import { bodyLines, topOf } from '../view/screens/fleet/layout.ts';
import { cursorOf, rowsOf, rowsWithFindings, visibleColumns } from '../view/screens/fleet/rows.ts';
import { helpHeight, lastHelpTop } from '../view/screens/help/screen.ts';
import { bigKeysCommand, openBigKeys } from './big-keys.ts';
import { answerConsent } from './change.ts';
import { clusterCommand, openCluster } from './cluster.ts';
import { hotKeysCommand, openHotKeys } from './hot-keys.ts';
import { leaveHotKeys } from './hot-keys-watch.ts';
import { nodeCommand, openNode } from './node.ts';
import { isMoving, rowsMoved } from './rows-moved.ts';
import { openRunbook, rescue, runbookCommand } from './runbook.ts';

/** Steps of `+` and `-`, seconds; any value between can be typed with `d`. */
const delaySteps = [0.25, 0.5, 1, 2, 5, 10, 30, 60];
const shortestDelay = 0.25;
const longestDelay = 3600;
const heldMilliseconds = 3000;
const toastMilliseconds = 3000;
const longestPrompt = 60;
const longestPath = 200;

/** Raw mode took these from the terminal: they are given back also while something is typed. */
const worksInPrompt: readonly Key[] = ['ctrl-c', 'ctrl-z', 'ctrl-l'];

/** Keys in the order they were typed: several can arrive as one. */
export function updateKeys(state: State, keys: readonly Key[]): Step {
	let now = state;
	const effects: Effect[] = [];
	for (const key of keys) {
		const [next, more] =
			now.prompt && !worksInPrompt.includes(key) ? typeInto(now, now.prompt, key) : press(now, key);
		now = next;
		effects.push(...more);
	}
	return [now, effects];
}

/** Pasted text is text: its first line goes into what is asked, no line end accepts it, and elsewhere it does nothing. */
export function pasteInto(state: State, text: string): State {
	const { prompt } = state;
	if (!prompt) return say(state, 'what is pasted goes into questions only   ? help');
	if (
		prompt.kind === 'change' &&
		(state.at < prompt.from || prompt.closed !== undefined || prompt.isChecking)
	)
		return state;
	const line = text.split(/[\r\n]+/).find(each => each.trim() !== '') ?? '';
	const characters = [...line.replaceAll('\t', ' ')].filter(each => !/\p{Cc}/u.test(each));
	const pasted = characters.reduce((all, each) => edited(all, each, longestOf(prompt)), prompt.text);
	return withText(state, prompt, pasted);
}

function press(state: State, key: Key): Step {
	const isReplay = state.replay !== undefined;
	const command = commandOf(key, state.screen, isReplay);
	if (command) return run(state, command);
	const name = keyName(key, state.isAscii);
	const why =
		isReplay && commandOf(key, state.screen) !== undefined
			? `a recording has no servers to ask: ${name}`
			: isKnownKey(key, isReplay)
				? `${name} does nothing here`
				: `no such key: ${name}`;
	return [say(state, `${why}   ? help`), []];
}

const say = (state: State, text: string): State => ({
	...state,
	toast: { text, until: state.at + toastMilliseconds },
});

function run(state: State, command: Command): Step {
	// A screen has the first word about its own keys.
	const own = ownCommands[state.screen]?.(state, command);
	return own ?? runAnywhere(state, command);
}

const ownCommands: Partial<Record<ScreenName, (state: State, command: Command) => Step | undefined>> = {
	node: nodeCommand,
	cluster: clusterCommand,
	runbook: runbookCommand,
	'big-keys': bigKeysCommand,
	'hot-keys': hotKeysCommand,
};

function runAnywhere(state: State, command: Command): Step {
	switch (command) {
		case 'quit-now':
			return [state, [{ type: 'quit', code: 130 }]];
		case 'back':
			if (state.screen === 'fleet') return [state, [{ type: 'quit', code: 0 }]];
			return state.screen === 'help' ? closeHelp(state) : toFleet(state);
		case 'escape':
			if (state.screen === 'help') return closeHelp(state);
			return state.screen === 'fleet' ? [escapeFrom(state), []] : toFleet(state);
		case 'help':
			return state.screen === 'help' ? closeHelp(state) : [openHelp(state), []];
		case 'to-fleet':
			return toFleet(state);
		case 'open':
			return seenComeback(state) ?? leaving(state, openNode(state));
		case 'run-change':
			return leaving(state, rescue(state));
		case 'to-node':
			return leaving(state, openNode(state));
		case 'to-cluster':
			return leaving(state, openCluster(state));
		case 'to-runbook':
			return leaving(state, openRunbook(state));
		case 'to-hot-keys':
			return openHotKeys(state);
		case 'to-big-keys':
			return leaving(state, openBigKeys(state, 'fleet'));
		case 'to-big-keys-here':
			return leaving(state, openBigKeys(state, 'shard'));
		case 'redraw':
			return [state, [{ type: 'redraw' }, { type: 'try-now' }]];
		case 'suspend':
			return [state, [{ type: 'suspend' }]];
		case 'save-settings':
			return [state, [{ type: 'save-settings' }]];
		case 'colours':
			return [say({ ...state, isColour: !state.isColour }, `colours ${state.isColour ? 'off' : 'on'}`), []];
		case 'copy':
			return copy(state);
		case 'filter':
			return [{ ...state, prompt: { kind: 'filter', text: state.filter, before: state.filter } }, []];
		case 'delay':
			return [{ ...state, prompt: { kind: 'delay', text: '' } }, []];
		case 'next-event':
			return replayTo(state, 'event');
		case 'slower':
			if (state.replay) return setSpeed(state, state.replay.speed / 2);
			return setDelay(state, delaySteps.find(step => step > state.delaySeconds) ?? state.delaySeconds);
		case 'faster':
			if (state.replay) return setSpeed(state, state.replay.speed * 2);
			return setDelay(state, delaySteps.findLast(step => step < state.delaySeconds) ?? state.delaySeconds);
		case 'pause':
			if (state.replay) return play(state, state.paused === undefined && !state.replay.isPaused);
			return [state.paused ? { ...state, paused: undefined } : pauseAt(state, 0), []];
		case 'step-back':
			return state.replay ? stepInReplay(state, -1) : [pauseAt(state, -1), []];
		case 'step-forward':
			return state.replay ? stepInReplay(state, 1) : [pauseAt(state, 1), []];
		case 'columns-next':
			return [turnColumns(state, 1), []];
		case 'columns-previous':
			return [turnColumns(state, -1), []];
		default:
			return isTableCommand(command) ? [runInTable(state, command), []] : [state, []];
	}
}

const isTableCommand = (command: Command): command is TableCommand =>
	/^(cursor|page|sort)-|^first$|^last$|-finding$/.test(command);

/** Enter on a row that came back without its keys: it has been seen, and the line is free for what comes next. */
function seenComeback(state: State): Step | undefined {
	const address = cursorOf(state);
	if (state.screen !== 'fleet' || state.paused || address === undefined) return undefined;
	const fleet = fleetWith(state, address);
	const finding = fleet?.now.findings.find(({ id, node }) => id === 'came-back-empty' && node === address);
	if (!fleet || !finding) return undefined;
	const left = fleet.now.findings.filter(each => each !== finding);
	const next = { ...fleet, holds: markSeen(fleet.holds, address), now: { ...fleet.now, findings: left } };
	const fleets = state.fleets.map(each => (each === fleet ? next : each));
	return [say({ ...state, fleets }, 'seen; 6 has what can be done, Enter opens the node'), []];
}

function toFleet(state: State): Step {
	return leaving(state, [{ ...state, screen: 'fleet', helpFrom: undefined, toast: undefined }, []]);
}

/** The screen of hot keys keeps asking only while it is seen. */
function leaving(before: State, [next, effects]: Step): Step {
	return before.screen === 'hot-keys' || before.helpFrom === 'hot-keys'
		? [next, [...leaveHotKeys(before), ...effects]]
		: [next, effects];
}

const openHelp = (state: State): State => ({
	...state,
	screen: 'help',
	helpFrom: state.screen,
	helpTop: 0,
	toast: undefined,
});

const closeHelp = (state: State): Step => [
	{ ...state, screen: state.helpFrom ?? 'fleet', helpFrom: undefined, helpTop: 0 },
	[],
];

type TableCommand = Extract<
	Command,
	`cursor-${string}` | `page-${string}` | `sort-${string}` | 'first' | 'last' | `${string}-finding`
>;

function runInTable(state: State, command: TableCommand): State {
	if (state.screen === 'help') return scrollHelp(state, command);
	if (isMoving(command)) return moveBy(state, rowsMoved(command, bodyLines(state) - 1));
	switch (command) {
		case 'next-finding':
			return toFinding(state, 1);
		case 'previous-finding':
			return toFinding(state, -1);
		case 'sort-next':
			return sortBeside(state, 1);
		case 'sort-previous':
			return sortBeside(state, -1);
		case 'sort-reverse':
			return sorted(state, { ...state.sort, isReversed: !state.sort.isReversed });
		case 'sort-worst':
			return sorted(state, { by: 'worst', isReversed: false });
		case 'sort-shards':
			return sorted(state, { by: 'shards', isReversed: false });
		default:
			return sorted(state, { by: 'column', column: sortLetters[command], isReversed: false });
	}
}

/** The help is longer than a small screen. */
function scrollHelp(state: State, command: TableCommand): State {
	const last = lastHelpTop(state);
	const from = Math.min(state.helpTop ?? 0, last);
	const rows = isMoving(command) ? rowsMoved(command, helpHeight(state) - 1) : 0;
	return { ...state, helpTop: Math.min(Math.max(from + rows, 0), last) };
}

const sortLetters = {
	'sort-ops': 'ops',
	'sort-hit': 'hit',
	'sort-evict': 'evict',
	'sort-mem': 'mem',
	'sort-frag': 'frag',
	'sort-clients': 'conn',
	'sort-latency': 'ping',
} as const;

function escapeFrom(state: State): State {
	if (state.filter !== '') return { ...state, filter: '' };
	if (state.paused && !state.replay) return { ...state, paused: undefined };
	return { ...state, toast: undefined };
}

// ---------------------------------------------------------------------------------------------------------
// Moving

/** The cursor is an identity; the order is held for 3 s, so that the row does not move away under the hand. */
function moveTo(state: State, cursor: Address | undefined, order: readonly Address[]): State {
	const moved: State = { ...state, cursor, heldOrder: { until: state.at + heldMilliseconds, order } };
	return { ...moved, top: topOf(moved) };
}

function moveBy(state: State, rows: number): State {
	const order = rowsOf(state).map(row => row.node.address);
	if (order.length === 0) return state;
	const from = order.indexOf(cursorOf(state) ?? '');
	const to = Math.min(Math.max(from + rows, 0), order.length - 1);
	return moveTo(state, order[to], order);
}

function toFinding(state: State, step: 1 | -1): State {
	const order = rowsOf(state).map(row => row.node.address);
	const wanted = rowsWithFindings(state).map(row => order.indexOf(row.node.address));
	if (wanted.length === 0) return say(state, 'no node with a finding');
	const from = order.indexOf(cursorOf(state) ?? '');
	const beyond = step > 0 ? wanted.find(index => index > from) : wanted.findLast(index => index < from);
	return moveTo(state, order[beyond ?? (step > 0 ? wanted[0]! : wanted.at(-1)!)], order);
}

// ---------------------------------------------------------------------------------------------------------
// The table

const sorted = (state: State, sort: Sort): State =>
	say({ ...state, sort, heldOrder: undefined }, `sorted by ${sortWords(sort)}`);

function sortWords(sort: Sort): string {
	const by =
		sort.by === 'shards'
			? 'shard'
			: sort.by === 'worst'
				? 'worst first'
				: (columnFacts.get(sort.column ?? '')?.title ?? sort.column);
	return sort.isReversed ? `${by}, reversed` : `${by}`;
}

function sortBeside(state: State, step: 1 | -1): State {
	const columns = visibleColumns(state).map(column => column.id as string);
	const now = state.sort.by === 'column' ? columns.indexOf(state.sort.column ?? '') : -1;
	// From shard order the first step goes to OPS/S, the column people sort by.
	const start = now < 0 ? Math.max(0, columns.indexOf('ops') - step) : now;
	const to = Math.min(Math.max(start + step, 0), columns.length - 1);
	return sorted(state, { by: 'column', column: columns[to], isReversed: false });
}

function turnColumns(state: State, step: 1 | -1): State {
	const at = columnSetNames.indexOf(state.columnSet);
	const columnSet = columnSetNames[(at + step + columnSetNames.length) % columnSetNames.length]!;
	return say({ ...state, columnSet }, `columns: ${columnSet}`);
}

// ---------------------------------------------------------------------------------------------------------
// Time

/** Stops the screen `step` snapshots from where it stands. Polling goes on, and stepping needs no reading anew. */
function pauseAt(state: State, step: -1 | 0 | 1): State {
	const { past, paused } = state;
	if (past.length === 0) return say(state, 'nothing to look back at yet');
	const newest = past.length - 1;
	const found = paused ? past.findLastIndex(snapshot => snapshot.at <= paused.at) : newest;
	if (step > 0 && !paused) return say(state, 'this is now');
	// Paused for so long that what is shown is no longer among the readings kept: older there is nothing.
	if (found < 0 && step < 0) return say(state, 'this is the oldest reading kept');
	const to = Math.min(Math.max(found + step, 0), newest);
	const snapshot = past[to]!;
	// What is not kept of the past (what each node believes) stands still where the screen was stopped, and only there.
	const fleets = step === 0 ? state.fleets : undefined;
	const next: State = { ...state, paused: { at: snapshot.at, snapshot, fleets } };
	if (paused && to === found && step < 0) return say(next, 'this is the oldest reading kept');
	return paused && to === found && step > 0 ? say(next, 'this is the newest; p goes back to now') : next;
}

const slowest = 0.25;
const fastest = 64;

function play(state: State, isPaused: boolean): Step {
	const next: State = { ...state, paused: undefined, replay: { ...state.replay!, isPaused } };
	return [next, [{ type: 'play', isPaused }]];
}

function setSpeed(state: State, speed: number): Step {
	if (speed < slowest || speed > fastest) return [say(state, `speed is ${slowest} to ${fastest} times`), []];
	return [
		say({ ...state, replay: { ...state.replay!, speed } }, `${speed} times as fast`),
		[{ type: 'speed', speed }],
	];
}

/** Plays on to the next round or event and holds there. */
function replayTo(state: State, until: 'round' | 'event'): Step {
	if (state.replay?.endText) return [say(state, state.replay.endText), []];
	const [held, effects] = play(state, true);
	return [held, [...effects, { type: 'advance', until }]];
}

/** Back through what was played, which is kept; forward through it, and at its end on in the recording. */
function stepInReplay(state: State, step: -1 | 1): Step {
	const newest = state.past.at(-1);
	const isAtNewest = !state.paused || state.paused.at >= (newest?.at ?? 0);
	if (step > 0 && isAtNewest) return replayTo(state, 'round');
	const looked = pauseAt(
		state.paused ? state : { ...state, paused: newest && { at: newest.at, snapshot: newest } },
		step,
	);
	return [{ ...looked, replay: { ...state.replay!, isPaused: true } }, [{ type: 'play', isPaused: true }]];
}

function setDelay(state: State, seconds: number): Step {
	if (seconds === state.delaySeconds)
		return [
			say(state, `${seconds}s is the ${seconds <= 1 ? 'shortest' : 'longest'} step; d sets any delay`),
			[],
		];
	return [say({ ...state, delaySeconds: seconds }, `every ${seconds}s`), [{ type: 'delay', seconds }]];
}

// ---------------------------------------------------------------------------------------------------------
// Copying and typing

function copy(state: State): Step {
	const address = cursorOf(state);
	if (address === undefined) return [say(state, 'no node to copy'), []];
	return [say(state, `copied ${address}`), [{ type: 'copy', text: address }]];
}

function typeInto(state: State, prompt: Prompt, key: Key): Step {
	// What was typed at the moment the question came up was meant for what was there before.
	if (prompt.kind === 'change' && key !== 'escape' && state.at < prompt.from) return [state, []];
	if (prompt.kind === 'change' && (prompt.closed !== undefined || prompt.isChecking))
		return typeIntoOver(state, prompt, key);
	if (key === 'escape')
		return [{ ...state, prompt: undefined, filter: prompt.kind === 'filter' ? '' : state.filter }, []];
	if (key === 'enter') return accept({ ...state, prompt: undefined, toast: undefined }, prompt);
	return [withText(state, prompt, edited(prompt.text, key, longestOf(prompt))), []];
}

const longestOf = ({ kind }: Prompt) => (kind === 'write' || kind === 'change' ? longestPath : longestPrompt);

function withText(state: State, prompt: Prompt, text: string): State {
	const next: State = { ...state, prompt: { ...prompt, text } };
	return prompt.kind === 'filter' ? { ...next, filter: text } : next;
}

/** What is still typed of an address acts on nothing: only Enter and Escape lead away. */
function typeIntoOver(state: State, { closed }: ChangePrompt, key: Key): Step {
	const isAway = key === 'escape' || (key === 'enter' && closed !== undefined);
	return [isAway ? { ...state, prompt: undefined } : state, []];
}

function edited(text: string, key: Key, longest: number): string {
	if (key === 'backspace') return [...text].slice(0, -1).join('');
	if (key === 'ctrl-u') return '';
	const typed = key === 'space' ? ' ' : key;
	return [...typed].length === 1 && text.length < longest ? text + typed : text;
}

function accept(state: State, prompt: Prompt): Step {
	if (prompt.kind === 'filter') {
		const isEmpty = prompt.text !== '' && rowsOf(state).length === 0;
		return [isEmpty ? say(state, `nothing matches ${prompt.text}: Esc clears the filter`) : state, []];
	}
	if (prompt.kind === 'change') return answerConsent(state, prompt);
	if (prompt.text.trim() === '') return [state, []];
	if (prompt.kind === 'write')
		return [state, [{ type: 'write', screen: state.screen, path: prompt.text.trim() }]];
	const seconds = Number(prompt.text.replace(',', '.'));
	if (!(seconds >= shortestDelay && seconds <= longestDelay))
		return [say(state, `delay must be ${shortestDelay} to ${longestDelay} seconds`), []];
	return seconds === state.delaySeconds ? [state, []] : setDelay(state, seconds);
}
