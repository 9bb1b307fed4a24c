// The ONE table of keys: it reads the keyboard, fills the key bar and makes the help. Lower case acts, upper case
// sorts; the exceptions stand for a stronger habit (`N` as in vi, `R` and `W` as in top, `G` as in less).
// It says which command a key is; what the command does to the State is in update.ts.

import type { Key, ScreenName } from '../state/state.ts';

export type Command =
	| 'back'
	| 'quit-now'
	| 'escape'
	| 'help'
	| 'cursor-up'
	| 'cursor-down'
	| 'page-up'
	| 'page-down'
	| 'first'
	| 'last'
	| 'next-finding'
	| 'previous-finding'
	| 'sort-previous'
	| 'sort-next'
	| 'sort-reverse'
	| 'sort-ops'
	| 'sort-hit'
	| 'sort-evict'
	| 'sort-mem'
	| 'sort-frag'
	| 'sort-clients'
	| 'sort-latency'
	| 'sort-worst'
	| 'sort-shards'
	| 'columns-next'
	| 'columns-previous'
	| 'filter'
	| 'next-event'
	| 'pause'
	| 'step-back'
	| 'step-forward'
	| 'delay'
	| 'slower'
	| 'faster'
	| 'copy'
	| 'colours'
	| 'save-settings'
	| 'redraw'
	| 'suspend'
	| 'to-fleet'
	| 'to-node'
	| 'to-cluster'
	| 'to-runbook'
	| 'to-hot-keys'
	| 'to-big-keys'
	| 'to-big-keys-here'
	| 'open'
	| 'previous-scope'
	| 'next-scope'
	| 'sample'
	| 'window'
	| 'pause-scan'
	| 'repeat'
	| 'exact'
	| 'view-next'
	| 'view-previous'
	| 'elements'
	| 'event-next'
	| 'event-previous'
	| 'write'
	| 'run-change'
	| 'undo-change';

export type Group = 'SCREENS' | 'MOVE' | 'TABLE' | 'TIME' | 'ACT' | 'REST';

export type Binding = {
	readonly keys: readonly Key[];
	/** In the help. */
	readonly label: string;
	readonly command: Command;
	readonly group: Group;
	/** The screens where it works; undefined is all. */
	readonly on?: readonly ScreenName[];
	/** Only while a recording is played, or only while it is live; undefined is both. */
	readonly when?: 'live' | 'replay';
	/** The word in the key bar; without it the key is in the help only. */
	readonly bar?: string;
	/** The word where the screen is not wide. */
	readonly short?: string;
	/** Another key of its pair stands in the key bar for both. */
	readonly isHidden?: boolean;
	/** In the key bar the highest goes first when it is narrow. */
	readonly rank?: number;
	/** Bindings of one name share a line of the help and a place in the key bar: `< >`. */
	readonly pair?: string;
};

const fleet: readonly ScreenName[] = ['fleet'];
const cluster: readonly ScreenName[] = ['cluster'];
const node: readonly ScreenName[] = ['node'];
/** Where one can go back in time. */
const timed: readonly ScreenName[] = ['fleet', 'node', 'cluster'];
const bigKeys: readonly ScreenName[] = ['big-keys'];
const hotKeys: readonly ScreenName[] = ['hot-keys'];
const keyScreens: readonly ScreenName[] = ['hot-keys', 'big-keys'];
const runbook: readonly ScreenName[] = ['runbook'];
const writes: readonly ScreenName[] = ['cluster', 'runbook', ...keyScreens];
const copies: readonly ScreenName[] = ['fleet', 'node', 'cluster', 'runbook', ...keyScreens];

export const bindings: readonly Binding[] = [
	{ keys: ['1'], label: 'fleet', command: 'to-fleet', group: 'SCREENS', bar: 'fleet', rank: 3 },
	{
		keys: ['2'],
		label: 'node',
		command: 'to-node',
		group: 'SCREENS',
		bar: 'node',
		rank: 4,
		pair: 'node',
	},
	{
		keys: ['enter'],
		label: 'node of the row',
		command: 'open',
		group: 'SCREENS',
		on: fleet,
		pair: 'node',
		isHidden: true,
	},
	{ keys: ['3'], label: 'cluster', command: 'to-cluster', group: 'SCREENS', bar: 'cluster', rank: 5 },
	{
		keys: ['4'],
		label: 'hot keys',
		command: 'to-hot-keys',
		group: 'SCREENS',
		bar: 'hot keys',
		short: 'hot',
		rank: 6,
	},
	{
		keys: ['5'],
		label: 'big keys',
		command: 'to-big-keys',
		group: 'SCREENS',
		bar: 'big keys',
		short: 'big',
		rank: 7,
		pair: 'big',
	},
	{
		keys: ['b'],
		label: 'big keys; b: shard',
		command: 'to-big-keys-here',
		group: 'SCREENS',
		on: fleet,
		pair: 'big',
		isHidden: true,
	},
	{
		keys: ['6', 'r'],
		label: 'memory runbook',
		command: 'to-runbook',
		group: 'SCREENS',
		bar: 'memory runbook',
		short: 'memory',
		rank: 8,
	},
	{ keys: ['up', 'k'], label: 'row', command: 'cursor-up', group: 'MOVE', pair: 'row' },
	{ keys: ['down', 'j'], label: 'row', command: 'cursor-down', group: 'MOVE', pair: 'row' },
	{ keys: ['pageup', 'ctrl-b'], label: 'page', command: 'page-up', group: 'MOVE', pair: 'page' },
	{ keys: ['pagedown', 'ctrl-f'], label: 'page', command: 'page-down', group: 'MOVE', pair: 'page' },
	{ keys: ['g', 'home'], label: 'first, last', command: 'first', group: 'MOVE', pair: 'end' },
	{ keys: ['G', 'end'], label: 'first, last', command: 'last', group: 'MOVE', pair: 'end' },
	{
		keys: ['n'],
		label: 'next, prior finding',
		command: 'next-finding',
		group: 'MOVE',
		on: fleet,
		bar: 'finding',
		rank: 21,
		pair: 'finding',
	},
	{
		keys: ['N'],
		label: 'next, prior finding',
		command: 'previous-finding',
		group: 'MOVE',
		on: fleet,
		pair: 'finding',
	},
	{ keys: ['escape'], label: 'back, cancel, clear', command: 'escape', group: 'MOVE' },
	{ keys: ['q'], label: 'back; on fleet quits', command: 'back', group: 'MOVE', bar: 'quit', rank: 1 },

	{
		keys: ['/'],
		label: 'filter; Esc clears',
		command: 'filter',
		group: 'TABLE',
		on: fleet,
		bar: 'filter',
		rank: 14,
	},
	{
		keys: ['<'],
		label: 'sort column',
		command: 'sort-previous',
		group: 'TABLE',
		on: fleet,
		bar: 'sort',
		rank: 18,
		pair: 'sort',
	},
	{ keys: ['>'], label: 'sort column', command: 'sort-next', group: 'TABLE', on: fleet, pair: 'sort' },
	{ keys: ['R'], label: 'reverse', command: 'sort-reverse', group: 'TABLE', on: fleet },
	{ keys: ['O'], label: 'ops, hit%, evict', command: 'sort-ops', group: 'TABLE', on: fleet, pair: 'letters' },
	{ keys: ['H'], label: 'ops, hit%, evict', command: 'sort-hit', group: 'TABLE', on: fleet, pair: 'letters' },
	{
		keys: ['E'],
		label: 'ops, hit%, evict',
		command: 'sort-evict',
		group: 'TABLE',
		on: fleet,
		pair: 'letters',
	},
	{ keys: ['M'], label: 'mem%, frag', command: 'sort-mem', group: 'TABLE', on: fleet, pair: 'memory' },
	{ keys: ['F'], label: 'mem%, frag', command: 'sort-frag', group: 'TABLE', on: fleet, pair: 'memory' },
	{
		keys: ['C'],
		label: 'clients, latency',
		command: 'sort-clients',
		group: 'TABLE',
		on: fleet,
		pair: 'clients',
	},
	{
		keys: ['L'],
		label: 'clients, latency',
		command: 'sort-latency',
		group: 'TABLE',
		on: fleet,
		pair: 'clients',
	},
	{
		keys: ['A'],
		label: 'worst first, shards',
		command: 'sort-worst',
		group: 'TABLE',
		on: fleet,
		bar: 'worst',
		rank: 19,
		pair: 'order',
	},
	{
		keys: ['S'],
		label: 'worst first, shards',
		command: 'sort-shards',
		group: 'TABLE',
		on: fleet,
		bar: 'shards',
		rank: 24,
		pair: 'order',
	},
	{
		keys: ['tab'],
		label: 'next column set',
		command: 'columns-next',
		group: 'TABLE',
		on: fleet,
		bar: 'columns',
		rank: 17,
	},
	{ keys: ['shift-tab'], label: 'previous one', command: 'columns-previous', group: 'TABLE', on: fleet },

	{
		keys: ['p', 'space'],
		label: 'pause, resume',
		command: 'pause',
		group: 'TIME',
		on: timed,
		bar: 'pause',
		rank: 13,
	},
	{
		keys: ['['],
		label: 'step back, forward',
		command: 'step-back',
		group: 'TIME',
		on: timed,
		bar: 'step',
		rank: 22,
		pair: 'step',
	},
	{
		keys: [']'],
		label: 'step back, forward',
		command: 'step-forward',
		group: 'TIME',
		on: timed,
		pair: 'step',
	},
	{
		keys: ['e'],
		label: 'on to the next event',
		command: 'next-event',
		group: 'TIME',
		on: timed,
		when: 'replay',
		bar: 'event',
		rank: 20,
	},
	{
		keys: ['d'],
		label: 'set delay',
		command: 'delay',
		group: 'TIME',
		on: timed,
		when: 'live',
		bar: 'delay',
		rank: 20,
	},
	// Live `+` is a longer delay, as in btop; in a recording it is more speed, as in every player.
	{
		keys: ['+'],
		label: 'slower, faster',
		command: 'slower',
		group: 'TIME',
		on: timed,
		when: 'live',
		pair: 'pace',
	},
	{
		keys: ['-'],
		label: 'slower, faster',
		command: 'faster',
		group: 'TIME',
		on: timed,
		when: 'live',
		pair: 'pace',
	},
	{
		keys: ['+'],
		label: 'faster, slower',
		command: 'faster',
		group: 'TIME',
		on: timed,
		when: 'replay',
		pair: 'speed',
	},
	{
		keys: ['-'],
		label: 'faster, slower',
		command: 'slower',
		group: 'TIME',
		on: timed,
		when: 'replay',
		pair: 'speed',
	},

	{
		keys: ['s'],
		label: 'start, stop a sample',
		command: 'sample',
		group: 'ACT',
		on: keyScreens,
		when: 'live',
		bar: 'sample',
		rank: 13,
	},
	{
		keys: ['a'],
		label: 'sample repeatedly',
		command: 'repeat',
		group: 'ACT',
		on: hotKeys,
		when: 'live',
		bar: 'again',
		rank: 20,
	},
	{
		keys: ['t'],
		label: 'scan, TTL of all',
		command: 'exact',
		group: 'ACT',
		on: bigKeys,
		when: 'live',
	},
	{
		keys: ['p', 'space'],
		label: 'hold, resume a scan',
		command: 'pause-scan',
		group: 'ACT',
		on: bigKeys,
		when: 'live',
		bar: 'pause',
		rank: 20,
	},
	{
		keys: ['tab'],
		label: 'next list',
		command: 'view-next',
		group: 'ACT',
		on: keyScreens,
		bar: 'lists',
		rank: 18,
	},
	{ keys: ['shift-tab'], label: 'list before', command: 'view-previous', group: 'ACT', on: keyScreens },
	{
		keys: ['left'],
		label: 'shard before, after',
		command: 'previous-scope',
		group: 'ACT',
		on: keyScreens,
		pair: 'scope',
	},
	{
		keys: ['right'],
		label: 'shard before, after',
		command: 'next-scope',
		group: 'ACT',
		on: keyScreens,
		pair: 'scope',
	},
	{
		keys: ['left'],
		label: 'node before, after',
		command: 'previous-scope',
		group: 'ACT',
		on: node,
		bar: 'node',
		rank: 9,
		pair: 'walk',
	},
	{
		keys: ['right'],
		label: 'node before, after',
		command: 'next-scope',
		group: 'ACT',
		on: node,
		pair: 'walk',
	},
	{
		keys: ['tab'],
		label: 'next part of node',
		command: 'view-next',
		group: 'ACT',
		on: node,
		bar: 'part',
		rank: 10,
	},
	{ keys: ['shift-tab'], label: 'part before', command: 'view-previous', group: 'ACT', on: node },
	{
		keys: ['t'],
		label: 'window 5m, 15m, 1h',
		command: 'window',
		group: 'ACT',
		on: node,
		bar: 'window',
		rank: 14,
	},
	{
		keys: ['s'],
		label: 'ask CLIENT LIST',
		command: 'sample',
		group: 'ACT',
		on: node,
		when: 'live',
		bar: 'clients',
		rank: 25,
	},
	{
		keys: ['n'],
		label: 'next, prior event',
		command: 'event-next',
		group: 'ACT',
		on: cluster,
		bar: 'event',
		rank: 9,
		pair: 'story',
	},
	{
		keys: ['N'],
		label: 'next, prior event',
		command: 'event-previous',
		group: 'ACT',
		on: cluster,
		pair: 'story',
	},
	{
		keys: ['left'],
		label: 'failover before, after',
		command: 'previous-scope',
		group: 'ACT',
		on: cluster,
		pair: 'failover',
	},
	{
		keys: ['right'],
		label: 'failover before, after',
		command: 'next-scope',
		group: 'ACT',
		on: cluster,
		pair: 'failover',
	},
	{
		keys: ['tab'],
		label: 'next part of cluster',
		command: 'view-next',
		group: 'ACT',
		on: cluster,
		bar: 'part',
		rank: 10,
	},
	{ keys: ['shift-tab'], label: 'part before', command: 'view-previous', group: 'ACT', on: cluster },
	{
		keys: ['enter'],
		label: 'next step; prior, next',
		command: 'open',
		group: 'ACT',
		on: runbook,
		bar: 'next',
		rank: 9,
		pair: 'step of a runbook',
	},
	{
		keys: ['left'],
		label: 'next step; prior, next',
		command: 'previous-scope',
		group: 'ACT',
		on: runbook,
		pair: 'step of a runbook',
		isHidden: true,
	},
	{
		keys: ['right'],
		label: 'next step; prior, next',
		command: 'next-scope',
		group: 'ACT',
		on: runbook,
		pair: 'step of a runbook',
		isHidden: true,
	},
	{
		keys: ['tab'],
		label: 'audit, memory runbook',
		command: 'view-next',
		group: 'ACT',
		on: runbook,
		bar: 'audit',
		rank: 12,
	},
	{
		keys: ['s'],
		label: 'scan its keys, stop',
		command: 'sample',
		group: 'ACT',
		on: runbook,
		when: 'live',
		bar: 'scan',
		rank: 13,
	},
	{
		keys: ['x'],
		label: 'run the change; asks',
		command: 'run-change',
		group: 'ACT',
		on: runbook,
		bar: 'run',
		rank: 11,
	},
	{
		keys: ['u'],
		label: 'undo the last; asks',
		command: 'undo-change',
		group: 'ACT',
		on: runbook,
		when: 'live',
	},
	{ keys: ['x'], label: 'save lost keys; asks', command: 'run-change', group: 'ACT', on: fleet },
	{
		keys: ['enter'],
		label: 'look at the key',
		command: 'open',
		group: 'ACT',
		on: keyScreens,
		bar: 'look',
		rank: 17,
	},
	{
		keys: ['e'],
		label: 'a few elements of it',
		command: 'elements',
		group: 'ACT',
		on: keyScreens,
		when: 'live',
	},
	{
		keys: ['w'],
		label: 'write to a file',
		command: 'write',
		group: 'ACT',
		on: writes,
		bar: 'save',
		rank: 19,
	},
	{ keys: ['y'], label: 'copy (OSC 52)', command: 'copy', group: 'ACT', on: copies, bar: 'copy', rank: 23 },
	{ keys: ['z'], label: 'colours on, off', command: 'colours', group: 'REST' },
	{ keys: ['W'], label: 'save settings', command: 'save-settings', group: 'REST' },
	{ keys: ['ctrl-l'], label: 'redraw, try again now', command: 'redraw', group: 'REST' },
	{ keys: ['ctrl-z'], label: 'suspend, quit', command: 'suspend', group: 'REST', pair: 'leave' },
	{ keys: ['ctrl-c'], label: 'suspend, quit', command: 'quit-now', group: 'REST', pair: 'leave' },
	{ keys: ['?', 'h', 'f1'], label: 'this help', command: 'help', group: 'REST', bar: 'help', rank: 2 },
];

const isOn = (binding: Binding, screen: ScreenName, isReplay: boolean) =>
	(binding.on === undefined || binding.on.includes(screen)) &&
	(binding.when === undefined || (binding.when === 'replay') === isReplay);

/** What a key does on a screen; undefined for a key that does nothing there. */
export function commandOf(key: Key, screen: ScreenName, isReplay = false): Command | undefined {
	return bindings.find(binding => binding.keys.includes(key) && isOn(binding, screen, isReplay))?.command;
}

/** Whether a key does something on another screen than this one. */
export function isKnownKey(key: Key, isReplay = false): boolean {
	return bindings.some(
		binding =>
			binding.keys.includes(key) && (binding.when === undefined || (binding.when === 'replay') === isReplay),
	);
}

/** One entry of the key bar or line of the help: all keys of a pair, and what they do. */
export type Entry = {
	readonly keys: readonly Key[];
	readonly label: string;
	readonly rank: number;
	readonly group: Group;
	readonly command: Command;
};

const barOrder: readonly Group[] = ['SCREENS', 'TABLE', 'TIME', 'ACT', 'MOVE', 'REST'];

/** The key bar of a screen: what acts on the table first. */
export function barEntries(screen: ScreenName, isReplay = false, isWide = true): readonly Entry[] {
	const shown = bindings.filter(binding => binding.bar !== undefined && isOn(binding, screen, isReplay));
	return shown
		.sort((a, b) => barOrder.indexOf(a.group) - barOrder.indexOf(b.group))
		.map(binding => entry(binding, barKeys(binding, screen), barLabel(binding, screen, isWide)));
}

/** The help of a screen: its bindings, those of a pair together, in the order of the table. */
export function helpEntries(group: Group, screen: ScreenName, isReplay = false): readonly Entry[] {
	const here = bindings.filter(binding => isOn(binding, screen, isReplay));
	const isFirst = (binding: Binding) => here.find(other => samePair(binding, other)) === binding;
	return here
		.filter(binding => binding.group === group && isFirst(binding))
		.map(binding => entry(binding, helpKeys(binding, here), helpLabel(binding, here)));
}

const samePair = (a: Binding, b: Binding) => a === b || (a.pair !== undefined && a.pair === b.pair);

/** The first key of each of a pair; one that has a word of its own stands for itself. */
function barKeys(binding: Binding, screen: ScreenName): Key[] {
	const isPartner = (other: Binding) =>
		other === binding ||
		(samePair(binding, other) && other.bar === undefined && !other.isHidden && isOn(other, screen, false));
	return bindings.filter(isPartner).map(other => other.keys[0]!);
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

/** `q` quits on the fleet screen only. */
const barLabel = (binding: Binding, screen: ScreenName, isWide: boolean) =>
	binding.command === 'back' && screen !== 'fleet'
		? 'back'
		: ((isWide ? undefined : binding.short) ?? binding.bar!);

const entry = (binding: Binding, keys: readonly Key[], label: string): Entry => ({
	keys,
	label,
	rank: binding.rank ?? 99,
	group: binding.group,
	command: binding.command,
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
