// The user's own folder, also where there is none: a number that no line of /etc/passwd is for, in a container or an
// empty root, and no HOME.

import { homedir } from 'node:os';

/** Never throws. Without one it is the root, as container runtimes set HOME for such a user. */
export function homeFolder(): string {
	try {
		return homedir() || '/';
	} catch {
		return '/';
	}
}
