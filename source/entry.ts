// Where a run begins: what needs nothing else is answered, and all else is loaded.

import { plainAnswer } from './flag-words.ts';
import { print } from './output/written.ts';
import { programVersion } from './version.ts';

// Unheard, this signal makes Node open its inspector: a port by which passwords could be read out of our memory.
process.on('SIGUSR1', () => {});
const answer = plainAnswer(process.argv.slice(2), programVersion());
if (answer === undefined) void import('./cli.tsx');
else {
	// What nobody can be told must not end as if it had been told.
	process.stderr.on('error', () => {});
	print(answer);
}
