// The version, from package.json: put in by the bundler, read from the file when run from source.

import { readFileSync } from 'node:fs';

declare const REDIS_TOP_VERSION: string | undefined;

export function programVersion(): string {
	if (typeof REDIS_TOP_VERSION === 'string') return REDIS_TOP_VERSION;
	return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
