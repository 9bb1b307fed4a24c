// Frames as files: what is drawn is laid beside test/frames/NAME.WxH.txt, without colours, and a difference is shown
// line by line. `UPDATE_FRAMES=1` accepts what is drawn now.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { State } from '../../source/state/state.ts';
import { frameOf } from '../../source/view/frame.ts';

export type Build = (over: Partial<State>) => State;

export const sizes = [
	[80, 24],
	[140, 40],
	[50, 15],
] as const;

/** One test for each screen, size and set of characters. */
export function testFrames(screens: Readonly<Record<string, Build>>): void {
	for (const [name, build] of Object.entries(screens)) {
		for (const [columns, rows] of sizes) {
			for (const isAscii of [false, true]) {
				const file = `${name}.${columns}x${rows}${isAscii ? '.ascii' : ''}.txt`;
				test(`frame ${file}`, () => compare(file, framed(build({ size: { columns, rows }, isAscii }))));
			}
		}
	}
}

export const withoutCodes = (line: string) => line.replace(/\x1b\[[0-9;]*m/g, '');
export const framed = (state: State) => `${frameOf(state).map(withoutCodes).join('\n')}\n`;

function compare(file: string, drawn: string): void {
	const path = new URL(`../frames/${file}`, import.meta.url);
	if (process.env.UPDATE_FRAMES === '1') writeFileSync(path, drawn);
	assert.ok(existsSync(path), `no ${file}: look at it and accept it with UPDATE_FRAMES=1`);
	const kept = readFileSync(path, 'utf8');
	if (kept !== drawn)
		assert.fail(`${file} differs (UPDATE_FRAMES=1 accepts it):\n${difference(kept, drawn)}`);
}

function difference(kept: string, drawn: string): string {
	const [before, after] = [kept.split('\n'), drawn.split('\n')];
	return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => {
		if (before[index] === after[index]) return `  ${before[index] ?? ''}`;
		return [
			before[index] === undefined ? '' : `- ${before[index]}\n`,
			after[index] === undefined ? '' : `+ ${after[index]}`,
		].join('');
	}).join('\n');
}

/** SGR parameters of a frame. */
export const codes = (state: State) =>
	frameOf(state).flatMap(line =>
		[...line.matchAll(/\x1b\[([0-9;]*)m/g)].flatMap(match => match[1]!.split(';').map(Number)),
	);
export const isColour = (code: number) =>
	(code >= 30 && code <= 38) || (code >= 40 && code <= 48) || code >= 90;
