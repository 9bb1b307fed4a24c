// NODE_OPTIONS are for every Node.js program, and whoever set them thought of another one. What would show on the screen
// or open a door is taken back; what Node refuses, or loads before us, is beyond us, and `env -u NODE_OPTIONS` helps.

import { close, url } from 'node:inspector';

/** A debugger that nobody opened for us is closed: by its port passwords could be read out of our memory. */
export function keepOthersOut(): void {
	const isAskedFor = process.execArgv.some(word => word.startsWith('--inspect'));
	// Without them there is nobody who could have opened it, and to ask takes its time.
	if (process.env.NODE_OPTIONS && url() !== undefined && !isAskedFor) close();
	// Node would write its own warnings over the screen.
	process.removeAllListeners('warning');
}
