// What --json and the columns tell of a node and of a fleet: each figure is the one of its name, and null or a dash where
// it was not measured. Every figure has a value of its own here, so that no two can be taken for each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FigureId, figures, printedFigures } from '../../source/core/figures.ts';
import type { RedisNode, Totals } from '../../source/core/types.ts';
import { jsonOf } from '../../source/output/json.ts';
import { columnFacts } from '../../source/view/columns.ts';
import { glyphsFor } from '../../source/view/theme.ts';
import { calm } from '../view/build-state.ts';

type Numeric<Of> = {
	readonly [Field in keyof Of as NonNullable<Of[Field]> extends number ? Field : never]?: string;
};

const isText = (id: FigureId) => ['word', 'flag'].includes(figures[id].unit);
/** The figures of a node that are numbers and printed. */
const nodeFigures: readonly string[] = ['shard', ...printedFigures.filter(id => !isText(id))];

const fleetFigures: readonly (keyof Numeric<Totals>)[] = [
	...(['opsPerSecond', 'hitRate', 'evictedPerSecond', 'expiredPerSecond', 'usedMemoryBytes'] as const),
	...(['maxmemoryBytes', 'rssBytes', 'fragmentationRatio', 'connectedClients', 'blockedClients'] as const),
	...(['keys', 'keysWithTtl', 'inputBytesPerSecond', 'outputBytesPerSecond'] as const),
];

/** Columns of one figure that is a number. */
const ofOneNumber = [...columnFacts.values()].filter(({ figure }) => figure && !isText(figure));

const [track] = calm().fleets;
const { now } = track!;
const bare: RedisNode = {
	...{ address: 'a:1', health: 'up', since: 0, isGone: false, slots: [], refused: [] },
	ops: now.fleet.opsHistory,
};
const numbered = (names: readonly string[]) =>
	Object.fromEntries(names.map((name, index) => [name, index + 1.5]));
// biome-ignore lint/suspicious/noExplicitAny: what is printed, not what we hope.
const printed = (node: RedisNode, totals: Totals): any =>
	jsonOf({ ...now, fleet: { ...now.fleet, nodes: [node], totals } }, 1, []);

test('each figure of a node and of a fleet is printed under its own name', () => {
	const values = numbered(nodeFigures);
	const { nodes, fleet } = printed({ ...bare, ...values }, numbered(fleetFigures));
	for (const name of nodeFigures) assert.equal(nodes[0][name], values[name], name);
	for (const [index, name] of fleetFigures.entries()) assert.equal(fleet[name], index + 1.5, name);
});

test('what was not measured is null', () => {
	const { nodes, fleet } = printed(bare, {});
	for (const name of nodeFigures) assert.equal(nodes[0][name], null, name);
	for (const name of fleetFigures) assert.equal(fleet[name], null, name);
});

test('each column draws its own figure and sorts by it, and has a dash and no place without it', () => {
	const all = Object.fromEntries(Object.keys(figures).map(id => [id, 5]));
	const context = { at: 10, glyphs: glyphsFor(false), sparkMax: 1 };
	for (const { id, figure, sort, cell } of ofOneNumber) {
		// Its numbers are of two minutes.
		if (id === 'spark') continue;
		const draw = (node: RedisNode) => cell(node, context, 10);
		const only: RedisNode = { ...bare, [figure!]: 5 };
		const without: RedisNode = { ...bare, ...all, isSaving: false, [figure!]: undefined };
		assert.equal(sort(only, context.at), 5, `${id} sorts by ${figure}`);
		assert.equal(sort(without, context.at), undefined, `${id} sorts by nothing else`);
		assert.notEqual(draw(only), '-', `${id} draws ${figure}`);
		assert.equal(draw(without), '-', `${id} draws nothing else`);
	}
	assert.ok(ofOneNumber.length > 30);
});

test('what the cluster believes, what the Sentinels say and what we cost: each under its own name', () => {
	const { fleet } = now;
	const agreement = { ...fleet.agreement!, slotsCovered: 11, epoch: 12, viewsAgreeing: 13, viewsAsked: 14 };
	const cost = { commandsPerSecond: 21.5, serverMicrosecondsPerSecond: 22.5, bytesPerSecond: 23.5 };
	const master = { name: 'm', primary: 'a:1', quorum: 31, isQuorumReachable: true, flags: [] };
	const sentinel = { masters: [master], sentinels: [{ node: 'b:1', health: 'up' as const }] };
	const all = (more: object) =>
		// biome-ignore lint/suspicious/noExplicitAny: what is printed, not what we hope.
		jsonOf({ ...now, fleet: { ...fleet, agreement, cost, sentinel, ...more } }, 1, []) as any;
	const printed = all({});
	const { slotsCovered, epoch, viewsAgreeing, viewsAsked } = printed.fleet;
	assert.deepEqual([slotsCovered, epoch, viewsAgreeing, viewsAsked], [11, 12, 13, 14]);
	assert.deepEqual(printed.cost, cost);
	assert.deepEqual(printed.sentinel, {
		masters: [{ name: 'm', primary: 'a:1', quorum: 31, quorumReachable: true }],
		sentinels: sentinel.sentinels,
	});
	const none = all({ agreement: undefined, cost: {}, sentinel: undefined });
	assert.deepEqual([none.fleet.epoch, none.sentinel], [null, null]);
	assert.deepEqual(Object.values(none.cost), [null, null, null]);
});
