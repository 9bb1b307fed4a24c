// The columns and whoever names them: a set for each, and each that a finding colours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingColumns } from '../../source/core/findings/findings.ts';
import { chooseColumns, columnIds, columnSetNames } from '../../source/view/columns.ts';

const everywhere = { hasSlots: true, hasGroups: true };

test('every column stands in a set', () => {
	const placed = new Set(
		columnSetNames.flatMap(set => chooseColumns(set, 1000, everywhere).map(({ id }) => id)),
	);
	assert.deepEqual(
		columnIds.filter(id => !placed.has(id)),
		[],
	);
});

test('a finding colours a column that there is', () => {
	const known: readonly string[] = columnIds;
	assert.deepEqual(
		Object.values(findingColumns).filter(column => !known.includes(column)),
		[],
	);
});
