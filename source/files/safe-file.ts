// How files are opened that redis-top writes: recordings, logs, settings. For the owner alone, nothing that is there is
// cut off, and in a folder where others can put things (/tmp) no link is followed: it would lead root to write where
// somebody else wants it. Nothing here waits: a pipe that nobody reads is refused and not waited for.

import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

export type Opened = {
	readonly descriptor: number;
	/** Bytes that were there already; 0 of what is no file (a pipe, a device). */
	readonly size: number;
	/** False: a pipe or a device, which may take nothing for a while. */
	readonly isFile: boolean;
};

export const ownerOnly = 0o600;

/** Opens to write behind what is there, or what is new; the problem is a sentence without the path. */
export function openToAppend(path: string): Opened | { readonly problem: string } {
	const found = statOf(path);
	if (found && 'problem' in found) return found;
	const isForeign = isForeignFolder(dirname(path));
	// What was not there a moment ago must not be there now: somebody may have been quicker.
	const create = found ? 0 : O_CREAT | O_EXCL;
	const follow = isForeign ? O_NOFOLLOW : 0;
	try {
		const descriptor = openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK | create | follow, ownerOnly);
		return checked(descriptor, isForeign);
	} catch (thrown) {
		return { problem: reasonOf(thrown as NodeJS.ErrnoException) };
	}
}

/** What is there, links followed; the problem where a link is not to be followed. */
function statOf(path: string): Stats | { readonly problem: string } | undefined {
	let link: Stats;
	try {
		link = lstatSync(path);
	} catch {
		return undefined;
	}
	const problem = linkProblem(path, link);
	if (problem !== undefined) return { problem };
	try {
		return statSync(path);
	} catch (thrown) {
		// A link to what is not there would make a file wherever it points to.
		return {
			problem: link.isSymbolicLink() ? 'it is a link to nothing' : reasonOf(thrown as NodeJS.ErrnoException),
		};
	}
}

/** Why a link is not followed; undefined for what is none, or stands in a folder of our own. */
export function linkProblem(path: string, link: Stats = lstatSync(path)): string | undefined {
	return link.isSymbolicLink() && isForeignFolder(dirname(path))
		? 'it is a link in a folder where others can write: name the file itself'
		: undefined;
}

/** Somebody else may make links there: all may write, or it is another user's. Root's own folders are nobody else's. */
function isForeignFolder(folder: string): boolean {
	try {
		const { uid, mode } = statSync(folder);
		const isOthers = uid !== process.getuid?.() && uid !== 0;
		return process.getuid !== undefined && ((mode & 0o002) !== 0 || isOthers);
	} catch {
		return false;
	}
}

function checked(descriptor: number, isForeign: boolean): Opened | { readonly problem: string } {
	const stats = fstatSync(descriptor);
	const isFile = stats.isFile();
	if (isFile && isForeign && stats.uid !== process.getuid?.()) {
		closeSync(descriptor);
		return { problem: 'it belongs to somebody else' };
	}
	return { descriptor, size: isFile ? stats.size : 0, isFile };
}

/** An error of a file in words. */
export function reasonOf({ code, message }: NodeJS.ErrnoException): string {
	switch (code) {
		case 'ENOSPC':
		case 'EDQUOT':
			return 'the disk is full';
		case 'EACCES':
		case 'EPERM':
			return 'no permission';
		case 'EROFS':
			return 'the disk is read-only';
		case 'ENOENT':
		case 'ENOTDIR':
			return 'no such folder';
		case 'EISDIR':
			return 'it is a folder';
		case 'EEXIST':
			return 'somebody else has just made it';
		case 'ELOOP':
			return 'it is a link in a folder where others can write: name the file itself';
		case 'ENXIO':
			return 'it is a pipe that nobody reads';
		case 'EPIPE':
			return 'nobody reads it any more';
		default:
			return code ?? message;
	}
}
