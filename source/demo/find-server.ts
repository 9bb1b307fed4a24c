// Is there a server on this machine that the demo can start? Looks for redis-server and valkey-server on the PATH,
// as a shell would, and asks each for its version: a broken program, a directory or a script that is something else
// counts as none. It installs nothing and starts nothing that stays.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

export type FoundServer = {
	/** By its own word: some systems give valkey-server the name redis-server too. */
	readonly name: 'redis' | 'valkey';
	readonly path: string;
	readonly version: string;
};

const programs = ['redis-server', 'valkey-server'];
/** Older ones know none of the commands the cluster is made with. */
const oldestMajor = 4;

/** The first that runs, or undefined. */
export function findServer(env: Readonly<Record<string, string | undefined>>): FoundServer | undefined {
	const folders = (env.PATH ?? '').split(path.delimiter).filter(folder => path.isAbsolute(folder));
	for (const program of programs) {
		for (const folder of folders) {
			const found = asServer(path.join(folder, program));
			if (found) return found;
		}
	}
	return undefined;
}

function asServer(file: string): FoundServer | undefined {
	try {
		accessSync(file, constants.X_OK);
		if (!statSync(file).isFile()) return undefined;
	} catch {
		return undefined;
	}
	const { stdout } = spawnSync(file, ['--version'], {
		encoding: 'latin1',
		timeout: 3000,
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const said = /^(Redis|Valkey) server v=((\d+)\.\S*)/.exec(stdout ?? '');
	if (!said || Number(said[3]) < oldestMajor) return undefined;
	return { name: said[1] === 'Valkey' ? 'valkey' : 'redis', path: file, version: said[2]! };
}
