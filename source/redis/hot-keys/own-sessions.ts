// Which HOTKEYS sessions on the servers are of a redis-top, for the server does not tell who began one. Each leaves a
// file named after the process of the server and the millisecond it began at, which no two sessions share, and takes it
// away when it resets it. A file that stays is of a redis-top that was killed: its session is read for free, and reset
// when it is over. When it will begin is known only when it has: before it is asked for, a file says from when on. Where
// there is no such folder nothing is known, and every session is somebody else's.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { SessionOwner } from '../../core/keys/rungs/rung.ts';
import { homeFolder } from '../../files/home-folder.ts';
import { wallNow } from '../clock.ts';

export type SessionName = { readonly runId: string; readonly startedAt: number };

type Kept = {
	readonly pid: number;
	readonly host: string;
	/** When it is over at the latest, epoch ms of ours. */
	readonly until: number;
};

/** What is asked for begins within it, by the server's clock; what begins later counts as somebody else's. */
const beginMilliseconds = 5000;
/** A redis-top that lives has reset its session by then. */
const graceMilliseconds = 60_000;
/** The server has forgotten it, or was never seen again. */
const forgottenMilliseconds = 7 * 86_400_000;

const folderOf = (env = process.env) =>
	path.join(env.XDG_STATE_HOME || path.join(homeFolder(), '.local', 'state'), 'redis-top', 'hotkeys');

/** The same of one that is about to begin: `startedAt` is the server's time before. */
const planOf = (name: SessionName) => fileOf(name)?.replace(/json$/, 'plan.json');

/** Undefined for names that no server of ours gives: they are never made a path of. */
function fileOf({ runId, startedAt }: SessionName): string | undefined {
	return /^[0-9a-f]{40}$/i.test(runId) && Number.isSafeInteger(startedAt)
		? path.join(folderOf(), `${runId}-${startedAt}.json`)
		: undefined;
}

/** Before it is asked for, with the server's time now: so it is known again also if we are killed before it answers. */
export const planSession = (name: SessionName, seconds: number): Promise<void> => keep(planOf(name), seconds);

/** It was refused, or is known by its own time. */
export const forgetPlan = (name: SessionName): Promise<void> => forget(planOf(name));

/** To be known again by whoever comes when we are gone. What cannot be written is not known again. */
export const keepSession = (name: SessionName, seconds: number): Promise<void> => keep(fileOf(name), seconds);

async function keep(file: string | undefined, seconds: number): Promise<void> {
	if (file === undefined) return;
	const kept: Kept = { pid: process.pid, host: hostname(), until: wallNow() + seconds * 1000 };
	try {
		await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
		await writeFile(file, JSON.stringify(kept), { flag: 'wx', mode: 0o600 });
		await forgetOld(path.dirname(file));
	} catch {
		// A home that cannot be written to.
	}
}

/** It is reset. */
export async function forgetSession(name: SessionName): Promise<void> {
	for (const file of await notesOf(name)) await forget(file);
}

async function forget(file: string | undefined): Promise<void> {
	if (file !== undefined) await rm(file, { force: true }).catch(() => {});
}

/** The files of a session: its own, and the plan of one that was about to begin then. */
async function notesOf(name: SessionName): Promise<readonly string[]> {
	const file = fileOf(name);
	if (file === undefined) return [];
	const names = await readdir(path.dirname(file)).catch((): string[] => []);
	const plans = names.filter(other => {
		const [, runId, from] = /^([0-9a-f]{40})-(\d{1,16})\.plan\.json$/i.exec(other) ?? [];
		const after = name.startedAt - Number(from);
		return runId === name.runId && after >= 0 && after <= beginMilliseconds;
	});
	const own = path.basename(file);
	return [...names.filter(other => other === own), ...plans].map(each => path.join(path.dirname(file), each));
}

/** Whose the session is, as far as the files tell; what we begin in this process its own watch knows. */
export async function ownerOf(name: SessionName | undefined): Promise<SessionOwner> {
	const files = name ? await notesOf(name) : [];
	// A file that was being written at the kill tells nothing, and the plan is there beside it.
	const kept = (await Promise.all(files.map(read))).find(each => each !== undefined);
	if (!kept) return 'somebody';
	if (wallNow() > kept.until + graceMilliseconds) return 'left';
	if (kept.host !== hostname()) return 'sibling';
	return isAlive(kept.pid) ? 'sibling' : 'left';
}

async function read(file: string): Promise<Kept | undefined> {
	try {
		const kept: Partial<Kept> = JSON.parse(await readFile(file, 'utf8'));
		const { pid, host, until } = kept;
		if (typeof pid !== 'number' || typeof host !== 'string' || typeof until !== 'number') return undefined;
		return { pid, host, until };
	} catch {
		return undefined;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// It is there, and of another user.
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

async function forgetOld(folder: string): Promise<void> {
	for (const name of await readdir(folder)) {
		const file = path.join(folder, name);
		const kept = await read(file);
		if (kept && wallNow() > kept.until + forgottenMilliseconds) await rm(file, { force: true });
	}
}
