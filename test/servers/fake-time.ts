// A clock that a test sets: libfaketime before a program, so that its time of day is that of the machine and an offset
// that a file tells. What has passed since the start (the monotonic clock) stays as it is, as where ntp or an operator
// sets a clock. Taken from where packages put it, or from REDIS_TOP_LIBFAKETIME; where there is none, whoever needs it
// says so.

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folders = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/lib/faketime'];

function findLibrary(): string | undefined {
	const named = process.env.REDIS_TOP_LIBFAKETIME;
	if (named) return named;
	const inside = existsSync('/usr/lib')
		? readdirSync('/usr/lib').filter(name => name.includes('-linux-'))
		: [];
	return (
		[...folders, ...inside.map(name => `/usr/lib/${name}`)]
			.flatMap(folder => [folder, `${folder}/faketime`])
			// Node has more threads than one.
			.map(folder => `${folder}/libfaketimeMT.so.1`)
			.find(file => existsSync(file))
	);
}

const library = findLibrary();

export const withoutFakeTime =
	library === undefined &&
	'no libfaketime here: apt-get install faketime, or name libfaketimeMT.so.1 in REDIS_TOP_LIBFAKETIME';

export type FakeTime = {
	/** For the program whose clock it is. */
	readonly env: Readonly<Record<string, string>>;
	/** Sets it so many seconds beside the machine's. */
	readonly set: (seconds: number) => void;
	readonly remove: () => void;
};

export function fakeTime(): FakeTime {
	if (library === undefined) throw new Error(String(withoutFakeTime));
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-time-'));
	const file = path.join(folder, 'offset');
	const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`);
	set(0);
	return {
		set,
		env: {
			LD_PRELOAD: library,
			FAKETIME_TIMESTAMP_FILE: file,
			FAKETIME_NO_CACHE: '1',
			FAKETIME_DONT_FAKE_MONOTONIC: '1',
			DONT_FAKE_MONOTONIC: '1',
		},
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}
