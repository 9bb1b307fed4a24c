// The end of what was printed. A pipe holds 64 kB: who leaves before its reader has taken the rest leaves half a result
// behind, and no error anywhere.

/** Settled when everything written to stdout so far has been taken. A reader that is gone settles it too, as an error of stdout. */
export const written = (): Promise<void> =>
	new Promise(resolve => {
		process.stdout.write('', () => resolve());
	});
