// Recordings: what is written and kept, what of one is played, and where a marker goes.

import { statSync } from 'node:fs';
import { longestMarker } from '../core/markers.ts';
import { isMoment } from '../core/text/moment.ts';
import { wrong } from '../flag-words.ts';
import {
	asksPrometheus,
	dashed,
	type Given,
	isGiven,
	type Mode,
	namesServer,
	pastModes,
	type Text,
	textOf,
} from './given.ts';

/** As they were typed. */
export type Part = { readonly from?: string; readonly to?: string; readonly fromName: 'at' | 'from' };

export type RecordFolder = {
	readonly path: string;
	readonly keep: { readonly seconds?: number; readonly bytes?: number };
};

/** It speaks to another redis-top and to no server: all else would mean nothing. */
export function markOf(
	{ flags, addresses }: Given,
	mark: string,
): { readonly text: string; readonly to?: string } {
	const other = Object.keys(flags).find(name => isGiven(flags[name]) && name !== 'mark' && name !== 'to');
	const given = other === undefined ? addresses[0] : `--${dashed(other)}`;
	if (given !== undefined)
		wrong(`--mark goes to a redis-top that runs, with --to NAME alone: leave out ${given}`);
	const text = mark.trim();
	if ([...text].length > longestMarker) wrong(`--mark: a marker has ${longestMarker} characters at most`);
	return { text, to: textOf({ flags, addresses, fleetNames: new Map(), ways: new Map() }, 'to') };
}

/** --at is --from as one says it of a moment. */
export function partOf(text: Text): { readonly part?: Part } {
	const [at, from, to] = ['at', 'from', 'to'].map(text);
	const given = ['at', 'from', 'to'].find(name => text(name) !== undefined);
	if (given === undefined || (given === 'from' && asksPrometheus(text))) return {};
	// A report or comparison of an hour of a day's recording.
	if (!['replay', 'compare', 'report'].some(name => text(name) !== undefined))
		wrong(
			given === 'to' ? '--to is for --replay or --mark' : `--${given} is for --replay: add --replay FILE`,
		);
	if (at !== undefined && from !== undefined) wrong('--at and --from are the same here: give one');
	for (const name of ['at', 'from', 'to'] as const)
		if (text(name) !== undefined && !isMoment(text(name)!))
			wrong(`--${name} ${text(name)}: must be like 03:12, 2026-11-29T03:12 or -90m`);
	const begin = at ?? from;
	const fromName = at === undefined ? 'from' : 'at';
	return { part: { ...(begin !== undefined && { from: begin }), ...(to !== undefined && { to }), fromName } };
}

/** What is there decides, or that something of it is to be deleted one day. */
export function recordOf(
	text: Text,
	isAppended: boolean,
): { readonly recordFile?: string; readonly recordFolder?: RecordFolder } {
	const [path, keep] = [text('record'), text('keep')];
	if (path === undefined)
		return keep === undefined
			? { recordFile: undefined }
			: wrong('--keep is for a recording: add --record DIR');
	const found = statSync(path, { throwIfNoEntry: false });
	const meansFolder = keep !== undefined || path.endsWith('/') || found?.isDirectory() === true;
	if (!meansFolder) return { recordFile: path };
	if (found && !found.isDirectory())
		wrong(`--record ${path}: --keep deletes old files of a folder, and this is a file`);
	if (isAppended) wrong('--append is for a file: in a folder each run begins a new one');
	return { recordFolder: { path, keep: keep === undefined ? {} : keepOf(keep) } };
}

/** A figure alone could be either. */
function keepOf(keep: string): { seconds?: number; bytes?: number } {
	const [, size, unit] = /^(\d+(?:\.\d+)?)([KMGT])(?:i?B)?$/.exec(keep) ?? [];
	if (size !== undefined) {
		const bytes = Number(size) * 1024 ** ('KMGT'.indexOf(unit!) + 1);
		return bytes >= leastKept ? { bytes } : wrong(`--keep ${keep}: must be 10M at least`);
	}
	const [, time, of] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(keep) ?? [];
	if (time === undefined)
		return wrong(`--keep ${keep}: must be a time like 48h or 7d, or a size like 500M or 2G`);
	const seconds = Number(time) * { m: 60, h: 3600, d: 86_400, w: 604_800 }[of as 'm']!;
	return seconds >= 60 ? { seconds } : wrong(`--keep ${keep}: must be 1m at least`);
}

const leastKept = 10 * 1024 * 1024;

/** The last minutes are kept where somebody watches live servers. */
export function keepOnOf(text: Text, mode: Mode | undefined): { readonly keepOn?: string } {
	const folder = text('keepOn');
	if (folder === undefined) return {};
	const other =
		mode === 'check' || mode === 'wait' ? mode : text('replay') !== undefined ? 'replay' : undefined;
	if (other) wrong(`--keep-on is for live servers that are watched: leave it out with --${other}`);
	if (!isFolder(folder)) wrong(`--keep-on: ${folder} is no folder`);
	return { keepOn: folder };
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** A recording has its servers in it: whatever names others, or would be asked of them, is a mistake. */
export function checkReplay(given: Given, text: Text): void {
	const mode = pastModes.find(name => text(name) !== undefined) ?? 'replay';
	if (namesServer(given, text)) wrong(`--${mode} has its servers in the file: leave out the address`);
	if (text('record') !== undefined) wrong(`--${mode} and --record are different modes: give one`);
	if (text('delay') !== undefined) wrong(`--${mode} keeps the delay it was recorded at: leave out -d`);
}
