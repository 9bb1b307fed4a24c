// The program as it is shipped: dist/cli.js. Built when it is older than what it is made of, so that a test run by
// hand never holds an old program against new expectations; `npm test` has built it before and nothing is done here.
// In the lane `binary` it is the single executable.

import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The file that is run. */
export const program = path.join(root, 'dist/cli.js');

/** It takes nobody's NODE_OPTIONS. */
export const isBinary = process.env.REDIS_TOP_TEST_LANE === 'binary';
const binary = path.join(root, 'dist/redis-top');

/** The words that start it. */
export const programWords: readonly [string, ...string[]] = isBinary ? [binary] : [process.execPath, program];

/** Call it in `before`. */
export async function buildProgram(): Promise<void> {
	const parts = readdirSync(path.join(root, 'source'), { recursive: true, encoding: 'utf8' });
	const files = ['package.json', 'esbuild.config.mjs', ...parts.map(part => path.join('source', part))];
	const newest = Math.max(...files.map(file => changedAt(path.join(root, file))));
	const run = promisify(execFile);
	if (changedAt(program) < newest) await run('npm', ['run', '--silent', 'build'], { cwd: root });
	if (isBinary && changedAt(binary) < changedAt(program))
		await run(process.execPath, ['binary.mjs'], { cwd: root });
}

const changedAt = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
