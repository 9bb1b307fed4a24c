// What holds for any fleet on any screen: a frame is exactly as high as the terminal and never wider, nothing in it
// moves a cursor, the cursor is on a node that exists and is in view, and no column is cut. Fleets are made of
// anything a server might say, names included.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FigureId, figures as table } from '../../source/core/figures.ts';
import type { FleetSnapshot } from '../../source/core/fleet/snapshot.ts';
import { displayWidth } from '../../source/core/text/printable.ts';
import type { RedisNode } from '../../source/core/types.ts';
import { batchText } from '../../source/output/batch.ts';
import type { State } from '../../source/state/state.ts';
import { chooseColumns, columnFacts, columnSetNames, gutterWidth } from '../../source/view/columns.ts';
import { frameOf } from '../../source/view/frame.ts';
import { layoutOf, topOf } from '../../source/view/screens/fleet/layout.ts';
import { cursorOf, rowsOf, tableLines } from '../../source/view/screens/fleet/rows.ts';
import { often } from '../lane.ts';
import { fleetOf, nodeOf, now, seriesOf, stateOf } from './build-state.ts';

const oddText = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 40 }),
	fc.constantFrom(
		'\x1b[2J',
		'a\nb',
		'数据库-01',
		'ä\u0301\u0301',
		'\u202egpj',
		'😀😀😀',
		'x'.repeat(300),
		'\x7f',
		'\u009b31m',
		'',
	),
	fc.string({ maxLength: 12 }),
);
const address = fc.oneof(
	fc.ipV4().chain(ip => fc.nat(65_535).map(port => `${ip}:${port}`)),
	fc.constantFrom(
		'[2001:db8:0:1:1:1:1:1]:6379',
		'unix:/var/run/redis/redis.sock',
		'cache-0.cache.prod.svc.cluster.local:6379',
	),
	oddText,
);
const numbers = (Object.keys(table) as FigureId[]).filter(
	id => !['word', 'flag', 'moment'].includes(table[id].unit),
);
const figure = fc.option(
	fc.oneof(
		fc.double({ min: 0, max: 1e18, noNaN: true }),
		fc.double({ min: 0, max: 2, noNaN: true }),
		fc.nat(),
		fc.constant(Number.NaN),
		fc.constant(-1),
	),
	{ nil: undefined },
);

const node: fc.Arbitrary<RedisNode> = fc
	.record({
		address,
		role: fc.constantFrom('primary', 'replica', undefined),
		health: fc.constantFrom('up', 'loading', 'stale', 'down'),
		isGone: fc.boolean(),
		ageSeconds: figure,
		group: fc.option(oddText, { nil: undefined }),
		version: fc.option(oddText, { nil: undefined }),
		maxmemoryPolicy: fc.option(oddText, { nil: undefined }),
		aofStatus: fc.option(oddText, { nil: undefined }),
		slots: fc.array(fc.tuple(fc.nat(16_383), fc.nat(16_383)), { maxLength: 4 }),
		primary: fc.option(address, { nil: undefined }),
		figures: fc.array(figure, { minLength: numbers.length, maxLength: numbers.length }),
		changedAt: fc.constantFrom(undefined, now - 5000, now - 500_000),
		isLinkUp: fc.constantFrom(true, false, undefined),
		refused: fc.array(
			oddText.map(word => ({ command: word, why: 'no-permission' as const, word })),
			{ maxLength: 2 },
		),
		history: figure,
	})
	.map(({ figures, history, address, ...over }) => {
		const measured = Object.fromEntries(numbers.map((name, index) => [name, figures[index]]));
		const ops =
			history === undefined
				? undefined
				: seriesOf(now, 300, ago => (ago % 7 === 0 ? Number.NaN : history * ago));
		return nodeOf(address, { ...over, ...measured, ...(ops && { ops }) });
	});

const snapshot: fc.Arbitrary<FleetSnapshot> = fc
	.record({
		name: oddText,
		nodes: fc.uniqueArray(node, { maxLength: 60, selector: one => one.address }),
		mode: fc.constantFrom('standalone', 'sentinel', 'cluster'),
		columns: fc.array(
			fc.tuple(
				fc.nat(60),
				fc.constantFrom('mem', 'hit', 'role', 'ping', undefined),
				fc.constantFrom('warn', 'crit'),
				oddText,
			),
			{ maxLength: 6 },
		),
		events: fc.array(fc.tuple(fc.nat(60), oddText, fc.constantFrom('warn', 'crit', undefined)), {
			maxLength: 12,
		}),
		totals: fc.array(figure, { minLength: 8, maxLength: 8 }),
		history: figure,
	})
	.map(({ name, nodes, mode, columns, events, totals, history }) => ({
		fleet: fleetOf(nodes, {
			name,
			mode,
			shards: nodes.map((one, index) => ({
				number: index + 1,
				primary: one.address,
				replicas: [],
				slots: one.slots,
			})),
			totals: {
				opsPerSecond: totals[0],
				hitRate: totals[1],
				usedMemoryBytes: totals[2],
				maxmemoryBytes: totals[3],
				memoryShare: totals[4],
				keys: totals[5],
				keysWithTtl: totals[6],
				inputBytesPerSecond: totals[7],
			},
			opsHistory: seriesOf(now, 900, ago => (history ?? Number.NaN) * (ago % 50)),
			hitRateHistory: seriesOf(now, 200, () => history ?? Number.NaN),
			sentinel:
				mode === 'sentinel'
					? { masters: [{ name, primary: '', flags: [] }], sentinels: [{ node: name, health: 'up' }] }
					: undefined,
		}),
		findings: columns.map(
			([index, column, severity, text]) =>
				({
					id: 'x',
					severity,
					node: nodes[index]?.address,
					since: now,
					text,
					column,
				}) as const,
		),
		events: events.map(
			([index, text, severity]) =>
				({ at: now, kind: 'change', node: nodes[index]?.address, text, severity }) as const,
		),
	}));

const state: fc.Arbitrary<State> = fc
	.record({
		snapshots: fc.array(snapshot, { maxLength: 3 }),
		columns: fc.integer({ min: 40, max: 220 }),
		rows: fc.integer({ min: 10, max: 70 }),
		isAscii: fc.boolean(),
		isColour: fc.boolean(),
		screen: fc.constantFrom('fleet', 'fleet', 'fleet', 'help'),
		top: fc.integer({ min: -5, max: 200 }),
		helpTop: fc.nat(200),
		by: fc.constantFrom('shards', 'worst', 'column'),
		column: fc.constantFrom('ops', 'node', 'mem', 'version', 'nothing'),
		isReversed: fc.boolean(),
		columnSet: fc.constantFrom(...columnSetNames),
		filter: fc.oneof(fc.constant(''), fc.constant(''), oddText),
		toast: fc.option(oddText, { nil: undefined }),
		cursor: fc.nat(180),
		isPaused: fc.boolean(),
		prompt: fc.option(oddText, { nil: undefined }),
	})
	.map(({ snapshots, columns, rows, by, column, isReversed, toast, cursor, isPaused, prompt, ...over }) => {
		const addresses = snapshots.flatMap(({ fleet }) => fleet.nodes.map(one => one.address));
		return stateOf(snapshots, {
			...over,
			size: { columns, rows },
			sort: { by, column, isReversed },
			cursor: addresses[cursor] ?? (cursor % 2 === 0 ? undefined : 'gone:1'),
			toast: toast === undefined ? undefined : { text: toast, until: now + 1 },
			prompt: prompt === undefined ? undefined : { kind: 'filter', text: prompt, before: '' },
			paused: isPaused ? { at: now - 1000, snapshot: { at: now - 1000, fleets: snapshots } } : undefined,
		});
	});

const withoutCodes = (line: string) => line.replace(/\x1b\[[0-9;]*m/g, '');
const runs = { numRuns: often(100, 400) };

test('a frame has exactly the lines of the terminal, none wider, and nothing that moves a cursor', () => {
	fc.assert(
		fc.property(state, one => {
			const lines = frameOf(one).map(withoutCodes);
			assert.equal(lines.length, one.size.rows);
			for (const line of lines) {
				assert.ok(
					displayWidth(line) <= one.size.columns,
					`${displayWidth(line)} > ${one.size.columns}: ${line}`,
				);
				assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
				if (one.isAscii) assert.match(line, /^[\x20-\x7e]*$/);
			}
		}),
		runs,
	);
});

test('the cursor is on a node that is shown, and in view', () => {
	fc.assert(
		fc.property(state, one => {
			const rows = rowsOf(one);
			const cursor = cursorOf(one, rows);
			if (rows.length === 0) return assert.equal(cursor, undefined);
			assert.ok(rows.some(row => row.node.address === cursor));
			const lines = tableLines(one, rows);
			const top = topOf(one);
			const seen = lines.slice(top, top + layoutOf(one, lines.length).table);
			assert.ok(seen.some(line => line.kind === 'row' && line.row.node.address === cursor));
		}),
		runs,
	);
});

test('the lines of the layout add up to the height', () => {
	fc.assert(
		fc.property(state, one => {
			const { vitals, gap, table, chart, strip, events, hot, rest } = layoutOf(one);
			const parts = vitals + gap + table + (chart && chart + 2) + strip * 2 + (events && events + 2);
			const sum = 5 + parts + hot * 2 + rest;
			assert.equal(sum, one.size.rows);
			assert.ok(Math.min(table, events, chart, rest) >= 0);
		}),
		runs,
	);
});

test('no column is cut: the chosen ones fit and keep their width', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...columnSetNames),
			fc.integer({ min: 40, max: 260 }),
			fc.boolean(),
			fc.boolean(),
			(set, width, hasSlots, hasGroups) => {
				const chosen = chooseColumns(set, width, { hasSlots, hasGroups });
				const sum = chosen.reduce((total, column) => total + column.width + 1, gutterWidth(width) - 1);
				assert.ok(sum <= width);
				assert.ok(chosen.length >= 3);
				assert.equal(chosen[0]!.id, 'node');
				for (const { id, width: own, title } of chosen) {
					assert.ok(title.length <= own, id);
					const facts = columnFacts.get(id)!;
					if (id !== 'node') assert.ok(own === facts.width || own === facts.wideWidth, id);
				}
			},
		),
	);
});

test('sorting keeps every row, and those without a value are last', () => {
	fc.assert(
		fc.property(state, one => {
			const sorted = rowsOf({ ...one, filter: '' });
			const plain = rowsOf({ ...one, filter: '', sort: { by: 'shards', isReversed: false } });
			assert.equal(sorted.length, plain.length);
			assert.deepEqual(new Set(sorted.map(row => row.node)), new Set(plain.map(row => row.node)));
			if (one.sort.by !== 'column' || one.sort.column !== 'ops') return;
			const values = sorted
				.map(row => row.node.opsPerSecond)
				.map(value => value === undefined || Number.isNaN(value));
			assert.deepEqual(
				values,
				[...values].sort((a, b) => Number(a) - Number(b)),
			);
		}),
		runs,
	);
});

test('batch text has every node and no code', () => {
	fc.assert(
		fc.property(state, one => {
			const text = batchText(one, { refresh: 1 });
			assert.doesNotMatch(text, /[^\P{Cc}\n]/u);
			assert.ok(text.split('\n').length >= rowsOf(one).length + 4);
		}),
		{ numRuns: often(50, 150) },
	);
});
