// Keys: what a binding is, the keys that are the same on every screen, and what key bar and help make of a list of them.
// A screen's own keys stand in its folder; all that work on one are put together in screens.ts. Lower case acts, upper
// case sorts; the exceptions stand for a stronger habit (`N` as in vi, `R` and `W` as in top, `G` as in less).

import type { Key, ScreenName, State } from '../state/state.ts';
import { isWide } from './columns.ts';

export type Group = 'SCREENS' | 'MOVE' | 'TABLE' | 'TIME' | 'ACT' | 'REST';

export type Binding<Command extends string = string> = {
	readonly keys: readonly Key[];
	/** In the help. */
	readonly label: string;
	readonly command: Command;
	readonly group: Group;
	/** Only while a recording is played, or only while it is live; undefined is both. */
	readonly when?: 'live' | 'replay';
	/** The word in the key bar; without it the key is in the help only. */
	readonly bar?: string | ((state: State) => string);
	/** The word where the screen is not wide. */
	readonly short?: string;
	/** Another key of its pair stands in the key bar for both. */
	readonly isHidden?: boolean;
	/** In the key bar the highest goes first when it is narrow. */
	readonly rank?: number;
	/** Bindings of one name share a line of the help and a place in the key bar: `< >`. */
	readonly pair?: string;
};

/** Opens a screen, from every other. */
export type OpenCommand = `to-${Exclude<ScreenName, 'help'>}`;

const moves = [
	{ keys: ['up', 'k'], label: 'row', command: 'cursor-up', group: 'MOVE', pair: 'row' },
	{ keys: ['down', 'j'], label: 'row', command: 'cursor-down', group: 'MOVE', pair: 'row' },
	{ keys: ['pageup', 'ctrl-b'], label: 'page', command: 'page-up', group: 'MOVE', pair: 'page' },
	{ keys: ['pagedown', 'ctrl-f'], label: 'page', command: 'page-down', group: 'MOVE', pair: 'page' },
	{ keys: ['g', 'home'], label: 'first, last', command: 'first', group: 'MOVE', pair: 'end' },
	{ keys: ['G', 'end'], label: 'first, last', command: 'last', group: 'MOVE', pair: 'end' },
] as const satisfies readonly Binding[];
export type MoveCommand = (typeof moves)[number]['command'];

const rest = [
	{ keys: ['escape'], label: 'back, cancel, clear', command: 'escape', group: 'MOVE' },
	{
		keys: ['q'],
		label: 'back; on fleet quits',
		command: 'back',
		group: 'MOVE',
		bar: ({ screen }: State) => (screen === 'fleet' ? 'quit' : 'back'),
		rank: 1,
	},
	{ keys: ['m'], label: 'set a marker', command: 'marker', group: 'ACT' },
	{ keys: ['z'], label: 'colours on, off', command: 'colours', group: 'REST' },
	{ keys: ['W'], label: 'save settings', command: 'save-settings', group: 'REST' },
	{ keys: ['ctrl-l'], label: 'redraw, try again now', command: 'redraw', group: 'REST' },
	{ keys: ['ctrl-z'], label: 'suspend, quit', command: 'suspend', group: 'REST', pair: 'leave' },
	{ keys: ['ctrl-c'], label: 'suspend, quit', command: 'quit-now', group: 'REST', pair: 'leave' },
	{ keys: ['?', 'h', 'f1'], label: 'this help', command: 'help', group: 'REST', bar: 'help', rank: 2 },
] as const satisfies readonly Binding[];
export type RestCommand = (typeof rest)[number]['command'];

/** Of the screens that can look back; in a recording they play it. */
export const timeKeys = [
	{ keys: ['p', 'space'], label: 'pause, resume', command: 'pause', group: 'TIME', bar: 'pause', rank: 13 },
	{
		keys: ['['],
		label: 'step back, forward',
		command: 'step-back',
		group: 'TIME',
		bar: 'step',
		rank: 22,
		pair: 'step',
	},
	{ keys: [']'], label: 'step back, forward', command: 'step-forward', group: 'TIME', pair: 'step' },
	{
		keys: ['e'],
		label: 'on to the next event',
		command: 'next-event',
		group: 'TIME',
		when: 'replay',
		bar: 'event',
		rank: 20,
	},
	{
		keys: [':'],
		label: 'jump to a time',
		command: 'seek',
		group: 'TIME',
		when: 'replay',
		bar: 'jump',
		rank: 15,
	},
	{
		keys: ['('],
		label: 'event before, after',
		command: 'event-before',
		group: 'TIME',
		when: 'replay',
		pair: 'event jump',
	},
	{
		keys: [')'],
		label: 'event before, after',
		command: 'event-after',
		group: 'TIME',
		when: 'replay',
		pair: 'event jump',
	},
	{
		keys: ['{'],
		label: 'finding before, after',
		command: 'finding-before',
		group: 'TIME',
		when: 'replay',
		pair: 'finding jump',
	},
	{
		keys: ['}'],
		label: 'finding before, after',
		command: 'finding-after',
		group: 'TIME',
		when: 'replay',
		pair: 'finding jump',
	},
	{
		keys: [','],
		label: 'marker before, after',
		command: 'marker-prior',
		group: 'TIME',
		when: 'replay',
		pair: 'marker jump',
	},
	{
		keys: ['.'],
		label: 'marker before, after',
		command: 'marker-next',
		group: 'TIME',
		when: 'replay',
		pair: 'marker jump',
	},
	{ keys: ['d'], label: 'set delay', command: 'delay', group: 'TIME', when: 'live', bar: 'delay', rank: 20 },
	// Live `+` is a longer delay, as in btop; in a recording it is more speed, as in every player.
	{ keys: ['+'], label: 'slower, faster', command: 'slower', group: 'TIME', when: 'live', pair: 'pace' },
	{ keys: ['-'], label: 'slower, faster', command: 'faster', group: 'TIME', when: 'live', pair: 'pace' },
	{ keys: ['+'], label: 'faster, slower', command: 'faster', group: 'TIME', when: 'replay', pair: 'speed' },
	{ keys: ['-'], label: 'faster, slower', command: 'slower', group: 'TIME', when: 'replay', pair: 'speed' },
] as const satisfies readonly Binding[];
export type TimeCommand = (typeof timeKeys)[number]['command'];

const heldHere = { label: 'hold, play on' } as const;

/** Of the screens that cannot look back: a recording is played on them as well. */
export const replayKeys: readonly Binding<TimeCommand>[] = (timeKeys as readonly Binding<TimeCommand>[])
	.filter(({ command, when }) => when === 'replay' || command === 'pause')
	.map(binding => ({ ...binding, ...(binding.command === 'pause' && heldHere), when: 'replay' }));

/** Of the screens with charts. */
export const compareKey = {
	keys: ['v'],
	label: 'beside another day',
	command: 'compare',
	group: 'TIME',
} as const satisfies Binding;

/** Of the screens that something can be taken from. */
export const copyKey = {
	keys: ['y'],
	label: 'copy (OSC 52)',
	command: 'copy',
	group: 'ACT',
	bar: 'copy',
	rank: 23,
} as const satisfies Binding;
export const writeKey = {
	keys: ['w'],
	label: 'write to a file',
	command: 'write',
	group: 'ACT',
	bar: 'save',
	rank: 19,
} as const satisfies Binding;

/** All keys of a screen, in the order in which the help tells them. */
export const withCommonKeys = (opening: readonly Binding[], own: readonly Binding[]): readonly Binding[] => [
	...opening,
	...moves,
	...own,
	...rest,
];

const isIn = ({ when }: Binding, isReplay: boolean) => when === undefined || (when === 'replay') === isReplay;

/** What a key does where these keys work; undefined for one that does nothing there. */
export function commandOf(key: Key, bindings: readonly Binding[], isReplay = false): string | undefined {
	return bindings.find(binding => binding.keys.includes(key) && isIn(binding, isReplay))?.command;
}

/** One entry of the key bar or line of the help: all keys of a pair, and what they do. */
export type Entry = {
	readonly keys: readonly Key[];
	readonly label: string;
	readonly rank: number;
	readonly command: string;
};

const barOrder: readonly Group[] = ['SCREENS', 'TABLE', 'TIME', 'ACT', 'MOVE', 'REST'];

/** The key bar: what acts on the table first. */
export function barEntries(bindings: readonly Binding[], state: State): readonly Entry[] {
	const isReplay = state.replay !== undefined;
	const known = barBindings[isReplay ? 'replay' : 'live'];
	const found = known.get(bindings) ?? barBindingsOf(bindings, isReplay);
	known.set(bindings, found);
	return found.map(([binding, keys]) => entry(binding, keys, barLabel(binding, state)));
}

type BarBinding = readonly [Binding, Key[]];
/** Of each screen's bindings, which never change, those in the bar: found once and not at each refresh. */
const barBindings = {
	live: new WeakMap<readonly Binding[], readonly BarBinding[]>(),
	replay: new WeakMap<readonly Binding[], readonly BarBinding[]>(),
};

function barBindingsOf(bindings: readonly Binding[], isReplay: boolean): readonly BarBinding[] {
	const here = bindings.filter(binding => isIn(binding, isReplay));
	return here
		.filter(({ bar }) => bar !== undefined)
		.sort((a, b) => barOrder.indexOf(a.group) - barOrder.indexOf(b.group))
		.map(binding => [binding, barKeys(binding, here)]);
}

/** A group of the help: bindings of a pair together, in the order of the table. */
export function helpEntries(group: Group, bindings: readonly Binding[], isReplay: boolean): readonly Entry[] {
	const here = bindings.filter(binding => isIn(binding, isReplay));
	const isFirst = (binding: Binding) => here.find(other => samePair(binding, other)) === binding;
	return here
		.filter(binding => binding.group === group && isFirst(binding))
		.map(binding => entry(binding, helpKeys(binding, here), helpLabel(binding, here)));
}

const samePair = (a: Binding, b: Binding) => a === b || (a.pair !== undefined && a.pair === b.pair);

/** The first key of each of a pair; one that has a word of its own stands for itself. */
function barKeys(binding: Binding, here: readonly Binding[]): Key[] {
	const isPartner = (other: Binding) =>
		other === binding || (samePair(binding, other) && other.bar === undefined && !other.isHidden);
	return here.filter(isPartner).map(other => other.keys[0]!);
}

/** The last of a pair has the words for both, where they differ. */
const helpLabel = (binding: Binding, here: readonly Binding[]) =>
	here.findLast(other => samePair(binding, other))!.label;

/** The first keys of a pair before its second ones: `↑ ↓ k j` and not `↑ k ↓ j`. */
function helpKeys(binding: Binding, here: readonly Binding[]): Key[] {
	const pair = here.filter(other => samePair(binding, other));
	const columns = Math.max(...pair.map(other => other.keys.length));
	return Array.from({ length: columns }, (_, index) => pair.map(other => other.keys[index]))
		.flat()
		.filter(key => key !== undefined);
}

function barLabel({ bar, short }: Binding, state: State): string {
	if (short !== undefined && !isWide(state.size.columns)) return short;
	return typeof bar === 'function' ? bar(state) : bar!;
}

const entry = ({ rank = 99, command }: Binding, keys: readonly Key[], label: string): Entry => ({
	...{ keys, label, rank, command },
});

const names: Readonly<Record<string, string>> = {
	up: '↑',
	down: '↓',
	left: '←',
	right: '→',
	pageup: 'PgUp',
	pagedown: 'PgDn',
	home: 'Home',
	end: 'End',
	enter: 'Enter',
	escape: 'Esc',
	tab: 'Tab',
	'shift-tab': 'S-Tab',
	space: 'Space',
	backspace: 'Bksp',
	f1: 'F1',
};
const asciiNames: Readonly<Record<string, string>> = { up: 'Up', down: 'Down', left: 'Left', right: 'Right' };

/** A key as it is printed: `↑`, `PgUp`, `^C`. */
export function keyName(key: Key, isAscii: boolean): string {
	const name = (isAscii ? asciiNames[key] : undefined) ?? names[key];
	if (name !== undefined) return name;
	return key.startsWith('ctrl-') ? `^${key.slice(5).toUpperCase()}` : key;
}
