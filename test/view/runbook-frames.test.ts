// The screen of a runbook as text, beside test/frames: the steps of the four incidents, a change that is asked for and
// one that was made, the audit, names that nobody should have to look at. Colours are not in the files: which cells have
// one is a test of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayWidth } from '../../source/core/text/printable.ts';
import type { State } from '../../source/state/state.ts';
import { frameOf } from '../../source/view/frame.ts';
import { unexpectedIn } from '../hostile/texts.ts';
import { often } from '../lane.ts';
import {
	runbookAudit,
	runbookCalm,
	runbookClient,
	runbookConfirm,
	runbookDurable,
	runbookFragmentation,
	runbookHostile,
	runbookKeys,
	runbookMade,
	runbookRelief,
	runbookScope,
} from './build-runbook.ts';
import './build-state.ts';
import { type Build, codes, framed, isColour, sizes, testFrames, withoutCodes } from './frame-files.ts';

const screens: Readonly<Record<string, Build>> = {
	'runbook-scope': runbookScope,
	'runbook-fragmentation': runbookFragmentation,
	'runbook-keys': runbookKeys,
	'runbook-relief': runbookRelief,
	'runbook-client': runbookClient,
	'runbook-confirm': runbookConfirm,
	'runbook-made': runbookMade,
	'runbook-durable': runbookDurable,
	'runbook-audit': runbookAudit,
	'runbook-hostile': runbookHostile,
};

testFrames(screens);

const wide = { size: { columns: 140, rows: 40 } };

test('a node that is well has no colour, in any step', () => {
	for (const step of [0, 1, 3, 4, 5]) {
		const calm = runbookCalm(wide);
		assert.deepEqual(codes({ ...calm, runbook: { ...calm.runbook!, step } }).filter(isColour), []);
	}
});

test('coloured is the word of a verdict and its marker beside the step, nothing else', () => {
	const coloured = (state: State) =>
		frameOf(state).flatMap(line =>
			[...line.matchAll(/\x1b\[(?:33|1;37;41|36)m([^\x1b]*)/g)].map(([, text]) => text),
		);
	for (const build of Object.values(screens))
		for (const text of coloured(build(wide))) assert.match(text!, /^(!!?|look|act|no permission.*)$/);
	assert.ok(coloured(runbookScope(wide)).length > 0);
	assert.deepEqual(codes(runbookScope({ ...wide, isColour: false })).filter(isColour), []);
});

test('the confirmation has all its facts in view at 80x24, and at 50x15 what is typed and for what', () => {
	const text = framed(runbookConfirm({ size: { columns: 80, rows: 24 } }));
	for (const part of [
		/undo {4}CONFIG SET maxmemory/,
		/lost at restart/,
		/Type 10\.0\.1\.\d\d:6379/,
		/node: 10\.0/,
	])
		assert.match(text, part);
	const small = framed(runbookConfirm({ size: { columns: 50, rows: 15 } }));
	for (const part of [/undo {4}CONFIG SET maxmemory/, /lost at restart/, /Type 10\.0\.1\.\d\d:6379/])
		assert.match(small, part);
});

test('a frame is never larger than its terminal, and nothing a server named moves it', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...Object.values(screens)),
			fc.integer({ min: 1, max: 250 }),
			fc.integer({ min: 1, max: 80 }),
			fc.nat(120),
			fc.nat(6),
			fc.boolean(),
			(build, columns, rows, top, step, isAscii) => {
				const state = build({ size: { columns, rows }, isAscii });
				const lines = frameOf({ ...state, runbook: { ...state.runbook!, top, step } });
				assert.equal(lines.length, rows);
				for (const line of lines) {
					assert.ok(displayWidth(withoutCodes(line)) <= columns, line);
					if (isAscii) assert.match(withoutCodes(line), /^[\x20-\x7e]*$/);
				}
				assert.equal(unexpectedIn(lines.join('\n')), undefined);
			},
		),
		{ numRuns: often(80, 300) },
	);
});

test('every size has the question, the verdict and the key bar', () => {
	for (const [columns, rows] of sizes) {
		const lines = framed(runbookScope({ size: { columns, rows } })).split('\n');
		assert.match(lines.join('\n'), /1 {2}How bad is it/);
		assert.match(lines.join('\n'), /(act|look): /);
		assert.match(lines.at(-2)!, /\? help/);
	}
});
