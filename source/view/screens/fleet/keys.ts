// The keys of the fleet screen: those that sort are upper case.

import { type Binding, compareKey, copyKey, timeKeys } from '../../keymap.ts';

const finding = { label: 'next, prior finding', group: 'MOVE', pair: 'finding' } as const;
const sort = { label: 'sort column', group: 'TABLE', pair: 'sort' } as const;
const letters = { label: 'ops, hit%, evict', group: 'TABLE', pair: 'letters' } as const;
const memory = { label: 'mem%, frag', group: 'TABLE', pair: 'memory' } as const;
const clients = { label: 'clients, latency', group: 'TABLE', pair: 'clients' } as const;
const order = { label: 'worst first, shards', group: 'TABLE', pair: 'order' } as const;

export const fleetKeys = [
	{
		keys: ['enter'],
		label: 'node of the row',
		command: 'open-row',
		group: 'SCREENS',
		pair: 'node',
		isHidden: true,
	},
	{
		keys: ['b'],
		label: 'big keys; b: shard',
		command: 'to-big-keys-here',
		group: 'SCREENS',
		pair: 'big',
		isHidden: true,
	},
	{ keys: ['n'], ...finding, command: 'next-finding', bar: 'finding', rank: 21 },
	{ keys: ['N'], ...finding, command: 'previous-finding' },
	{ keys: ['/'], label: 'filter; Esc clears', command: 'filter', group: 'TABLE', bar: 'filter', rank: 14 },
	{ keys: ['<'], ...sort, command: 'sort-previous', bar: 'sort', rank: 18 },
	{ keys: ['>'], ...sort, command: 'sort-next' },
	{ keys: ['f'], label: 'fold, unfold group', command: 'fold', group: 'TABLE' },
	{ keys: ['R'], label: 'reverse', command: 'sort-reverse', group: 'TABLE' },
	{ keys: ['O'], ...letters, command: 'sort-ops' },
	{ keys: ['H'], ...letters, command: 'sort-hit' },
	{ keys: ['E'], ...letters, command: 'sort-evict' },
	{ keys: ['M'], ...memory, command: 'sort-mem' },
	{ keys: ['F'], ...memory, command: 'sort-frag' },
	{ keys: ['C'], ...clients, command: 'sort-clients' },
	{ keys: ['L'], ...clients, command: 'sort-latency' },
	{ keys: ['A'], ...order, command: 'sort-worst', bar: 'worst', rank: 19 },
	{ keys: ['S'], ...order, command: 'sort-shards', bar: 'shards', rank: 24 },
	{
		keys: ['tab'],
		label: 'next column set',
		command: 'columns-next',
		group: 'TABLE',
		bar: 'columns',
		rank: 17,
	},
	{ keys: ['shift-tab'], label: 'previous one', command: 'columns-previous', group: 'TABLE' },
	...timeKeys,
	{ keys: ['t'], label: 'charts 5m to 1h, 7d', command: 'window', group: 'TIME' },
	compareKey,
	{ keys: ['x'], label: 'save lost keys; asks', command: 'rescue', group: 'ACT', when: 'live' },
	{
		keys: ['w'],
		label: 'write last minutes',
		command: 'write',
		group: 'ACT',
		when: 'live',
	},
	copyKey,
] as const satisfies readonly Binding[];
export type FleetCommand = (typeof fleetKeys)[number]['command'];
