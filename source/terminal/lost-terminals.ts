// Of the terminals that the program began with, those that are gone at its end.

import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const terminals = [0, 1, 2].filter(isatty);

/**
 * Before process.exit. At exit Node gives each terminal its first settings back and up to 22.15 and 24.0 aborts, with
 * SIGABRT and a native stack, when that terminal is gone (nodejs/node#58200). What is closed it leaves alone.
 */
export function forgetLostTerminals(): void {
	for (const descriptor of terminals) {
		if (isatty(descriptor)) continue;
		try {
			closeSync(descriptor);
		} catch {
			// Closed already: as it should be.
		}
	}
}
