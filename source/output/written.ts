// The end of what was printed. A pipe holds 64 kB: who leaves before its reader has taken the rest leaves half a result
// behind, and no error anywhere.

/**
 * The exit code where stdout takes nothing more, said on stderr: 1. A reader that has left (| head) ends the program as it
 * ends any other, without a word.
 */
export function codeOfOutput({ code, message }: NodeJS.ErrnoException): number {
	if (code === 'EPIPE') return 0;
	const reason = code === 'ENOSPC' ? 'the disk is full' : (code ?? message);
	process.stderr.write(`redis-top: cannot write the output: ${reason}\n`);
	return 1;
}

/** The last thing that a run does which prints a text and nothing else. */
export function print(text: string): void {
	process.stdout.on('error', error => process.exit(codeOfOutput(error)));
	process.stdout.write(`${text}\n`);
}

/** Settled when everything written to stdout so far has been taken. A reader that is gone settles it too, as an error of stdout. */
export const written = (): Promise<void> =>
	new Promise(resolve => {
		process.stdout.write('', () => resolve());
	});
