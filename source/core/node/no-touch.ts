// CLIENT NO-TOUCH keeps our reads from setting the clocks by which keys are evicted. In a cluster it can kill the server:
// when a command names a key of a slot that is migrating or importing, the check whether the key is still there looks at
// the command that the connection executes, and there is none yet. Redis 8.0.2 and Valkey 8.1.1 end there by SIGSEGV.
// So in a cluster it is sent to servers that were seen to bear it, and to no other: what is lost is a courtesy.

import { versionOf } from '../parse/versions.ts';

/** As INFO names versions, own names first: the compatibility number of a fork says nothing. */
const safeSince: readonly (readonly [field: string, major: number, minor: number])[] = [
	['redict_version', 7, 3],
	['valkey_version', 9, 1],
	['redis_version', 8, 6],
];

/** `text` is INFO's section `server`; what it does not tell counts as a cluster, and as a server that is not known. */
export function isNoTouchSafe(text: string): boolean {
	const fieldOf = (field: string) => new RegExp(`^${field}:([^\\r\\n]*)`, 'm').exec(text)?.[1];
	const mode = fieldOf('\\w+_mode');
	if (mode === 'standalone') return true;
	for (const [field, major, minor] of safeSince) {
		const version = fieldOf(field);
		if (version === undefined) continue;
		const told = versionOf(version);
		return told.major > major || (told.major === major && told.minor >= minor);
	}
	return false;
}
