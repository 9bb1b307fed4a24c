// The screen of one node as text, beside test/frames: the incident of the mock-up in the overview and in each part, a
// calm node, one that has not answered yet, one whose user may ask little, hostile names, one that went down.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth } from '../../source/core/text/printable.ts';
import { nodeSections } from '../../source/state/node-screen.ts';
import type { State } from '../../source/state/state.ts';
import { frameOf } from '../../source/view/frame.ts';
import { often } from '../lane.ts';
import {
	hostileName,
	nodeCalm,
	nodeCrowded,
	nodeDown,
	nodeHostile,
	nodeIncident,
	nodeRefused,
	nodeSection,
	nodeUnknown,
} from './build-node.ts';
import { type Build, codes, framed, isColour, testFrames, withoutCodes } from './frame-files.ts';

const screens: Readonly<Record<string, Build>> = {
	'node-incident': nodeIncident,
	...Object.fromEntries(
		nodeSections
			.filter(section => section !== 'overview')
			.map(section => [`node-${section}`, nodeSection(section)]),
	),
	'node-calm': nodeCalm,
	'node-unknown': nodeUnknown,
	'node-refused': nodeRefused,
	'node-hostile': nodeHostile,
	'node-down': nodeDown,
};

testFrames(screens);

const sizes = [
	[40, 10],
	[50, 15],
	[80, 24],
	[119, 30],
	[140, 40],
	[80, 40],
	[140, 24],
	[200, 60],
] as const;
const wide = { size: { columns: 140, rows: 40 } };

test('every state in every part fills its screen and no more, also in ASCII', () => {
	const builds: readonly ((
		over: Partial<State>,
		node: { section: (typeof nodeSections)[number] },
	) => State)[] = [
		nodeIncident,
		nodeRefused,
		nodeHostile,
		nodeDown,
		(over, node) => nodeCrowded(often(300, 3000), over, node),
	];
	for (const [columns, rows] of sizes.slice(0, often(5, sizes.length)))
		for (const build of builds)
			for (const section of nodeSections)
				for (const isAscii of [false, true]) {
					const lines = frameOf(build({ size: { columns, rows }, isAscii }, { section })).map(withoutCodes);
					assert.equal(lines.length, rows);
					for (const line of lines) {
						assert.ok(displayWidth(line) <= columns, `${columns}x${rows} ${section}: ${line}`);
						assert.doesNotMatch(line, /NaN|undefined|Infinity|\[object/);
						if (isAscii) assert.match(line, /^[\x20-\x7e]*$/);
					}
				}
});

test('what is told as the most is never less than what is told as now', () => {
	const state = nodeCalm(wide);
	const [fleet] = state.fleets;
	const nodes = fleet!.now.fleet.nodes.map(node => ({ ...node, opsPerSecond: 99_000, hitRate: 0.5 }));
	const now = { ...fleet!.now, fleet: { ...fleet!.now.fleet, nodes } };
	const text = frameOf({ ...state, fleets: [{ ...fleet!, now }] })
		.map(withoutCodes)
		.join('\n');
	assert.match(text, /OPS\/S {2}now 99\.0k {2}1m \S+ {2}max 99\.0k/);
	assert.match(text, /HIT% {2}now 50\.0 {2}1m \S+ {2}min 50\.0/);
});

test('on the standard screen no figure and no note of a part is cut; names may be', () => {
	const standard = { size: { columns: 80, rows: 24 } };
	const named = new Set(['clients', 'slowlog']);
	for (const section of nodeSections.filter(each => each !== 'overview' && !named.has(each)))
		for (const line of frameOf(nodeIncident(standard, { section })).map(withoutCodes).slice(4))
			assert.doesNotMatch(line, /…/, section);
});

test('a calm node has no coloured cell, also in every part', () => {
	assert.deepEqual(codes(nodeCalm(wide)).filter(isColour), []);
	for (const section of nodeSections) {
		const state = nodeCalm(wide);
		const node = { ...state.node!, section };
		assert.deepEqual(codes({ ...state, node }).filter(isColour), [], section);
	}
});

test('a name cannot move the cursor', () => {
	for (const section of nodeSections) {
		const lines = frameOf(nodeHostile(wide, { section })).join('\n');
		assert.ok(!lines.includes(hostileName.slice(0, 4)), section);
		assert.ok(!lines.includes('\x07') && !lines.includes('\r'), section);
	}
	assert.match(framed(nodeHostile(wide)), /\\x1b\[2J/);
});

test('what is refused names the word the user lacks, in its place', () => {
	const words = { memory: '+memory|stats', slowlog: '+slowlog|get', clients: '+client|list' } as const;
	for (const [section, word] of Object.entries(words) as [keyof typeof words, string][]) {
		const lines = framed(nodeRefused(wide, { section })).split('\n');
		assert.ok(lines.slice(0, -3).join('\n').includes(word), section);
	}
	assert.match(framed(nodeRefused(wide)), /not allowed for this user: .*\+latency\|histogram/);
});

test('a node that is down keeps its last figures, dim, and says how old they are', () => {
	const lines = frameOf(nodeDown(wide));
	assert.match(withoutCodes(lines[3]!), /^!! down: connect ECONNREFUSED; data below is 12s old/);
	const memory = lines.find(line => withoutCodes(line).includes('dataset'))!;
	assert.match(withoutCodes(memory), /10\.6G/);
	assert.match(memory, /^\x1b\[2m/);
	const titles = lines.map(withoutCodes).find(line => line.startsWith('OPS/S'))!;
	assert.match(titles, /now -/, 'an old rate is not taken for a new one');
});

test('of a node that is down before it was looked at, nothing is awaited and nothing is said not to have been slow', () => {
	const sections = ['overview', 'commands', 'slowlog', 'errors'] as const;
	for (const size of [wide, { size: { columns: 80, rows: 24 } }])
		for (const section of sections) {
			const state = nodeDown(size, { section });
			const fleets = state.fleets.map(fleet => ({
				...fleet,
				close: new Map(),
				tracks: new Map([...fleet.tracks].map(([name, track]) => [name, { ...track, slowlog: [] }])),
			}));
			const text = framed({ ...state, fleets });
			assert.match(text, /not read: it is down/, section);
			assert.doesNotMatch(text, /a moment|nothing was slow|nothing in|\+0 in/, section);
		}
});

test('the parts of memory that are shown add up to what is used', () => {
	const state = nodeIncident(wide, { section: 'memory' });
	const lines = framed(state).split('\n');
	const from = lines.findIndex(line => line.startsWith('USED'));
	const to = lines.findIndex(line => line.startsWith('NOT IN'));
	const shares = lines.slice(from + 2, to).flatMap(line => /(-?[\d.]+)%/.exec(line)?.[1] ?? []);
	const sum = shares.reduce((all, share) => all + Number(share), 0);
	assert.ok(Math.abs(sum - 100) < 0.5, `${sum}%`);
});
