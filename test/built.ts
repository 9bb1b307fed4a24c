// The built program for the tests that run it: built if it is not there or older than a source. `npm test` has built
// it before, and then nothing is written here: other test files are running the same file at the same time.

import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const builtProgram = join(root, 'dist/cli.js');

export function buildIfStale(): void {
	const sources = readdirSync(join(root, 'source'), { recursive: true, encoding: 'utf8' })
		.filter(name => /\.tsx?$/.test(name))
		.map(name => join(root, 'source', name));
	const newest = Math.max(...[...sources, join(root, 'package.json')].map(changedAt));
	if (changedAt(builtProgram) < newest) execFileSync('npm', ['run', '--silent', 'build'], { cwd: root });
}

function changedAt(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
