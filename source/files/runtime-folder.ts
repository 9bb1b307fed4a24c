// The folder of this user's sockets: in $XDG_RUNTIME_DIR, else below /tmp. Nobody else may look into it, and one that
// somebody else has made, or a link, is not used.

import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const ownFolderMode = 0o700;
/** `sockaddr_un` has room for 107 bytes on Linux, for 103 elsewhere; a name in the folder has up to 16. */
const longestFolder = 85;

type Env = Readonly<Record<string, string | undefined>>;

/** Where sockets may be, the best first. A service and a login need not have the same environment. */
export function runtimeFolders(env: Env, uid = process.getuid?.() ?? 0): readonly string[] {
	const named = env.XDG_RUNTIME_DIR?.startsWith('/') ? [env.XDG_RUNTIME_DIR] : [];
	const all = [...named, `/run/user/${uid}`].map(folder => join(folder, 'redis-top'));
	return [...new Set([...all, `/tmp/redis-top-${uid}`])].filter(folder => folder.length <= longestFolder);
}

/** Whether it is there, ours, and nobody else's to look into. */
export function isPrivate(folder: string, uid = process.getuid?.() ?? 0): boolean {
	try {
		const stats = lstatSync(folder);
		return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o077) === 0;
	} catch {
		return false;
	}
}

/** The first that can be used, made where it is not there; undefined where none can. */
export function openRuntimeFolder(
	folders: readonly string[],
	uid = process.getuid?.() ?? 0,
): string | undefined {
	return folders.find(folder => {
		// $XDG_RUNTIME_DIR of another user (sudo -E) is not ours to write to.
		if (!folder.startsWith('/tmp/') && !isOwn(join(folder, '..'), uid)) return false;
		try {
			mkdirSync(folder, { mode: ownFolderMode });
		} catch {}
		if (!isOwn(folder, uid)) return false;
		try {
			chmodSync(folder, ownFolderMode);
		} catch {}
		return isPrivate(folder, uid);
	});
}

/** A folder of ours, and no link to one. */
function isOwn(folder: string, uid: number): boolean {
	try {
		const stats = lstatSync(folder);
		return stats.isDirectory() && stats.uid === uid;
	} catch {
		return false;
	}
}
