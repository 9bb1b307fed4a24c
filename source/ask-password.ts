// --askpass: a question on the terminal itself, without echo, as ssh and redis-cli ask. Works with stdin or stdout
// redirected, because it opens the terminal by name.

import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/** What ends us while we ask; nothing else of ours listens yet. */
const endings = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The password typed; undefined where there is no terminal. ^C ends the program with 130. Whoever ends us meanwhile finds
 * a terminal that shows what is typed.
 */
export async function askPassword(question: string): Promise<string | undefined> {
	let terminal: number;
	try {
		terminal = openSync('/dev/tty', 'r+');
	} catch {
		return undefined;
	}
	const input = new ReadStream(openSync('/dev/tty', 'r'));
	// Before the question is seen: who types at once must not see what was typed.
	input.setRawMode(true);
	const leave = Object.entries(endings).map(([signal, code]) => {
		const end = () => {
			restore(input);
			process.exit(code);
		};
		process.on(signal, end);
		return () => process.off(signal, end);
	});
	writeSync(terminal, question);
	try {
		return await readLine(input);
	} finally {
		for (const off of leave) off();
		input.setRawMode(false);
		input.destroy();
		writeSync(terminal, '\n');
		closeSync(terminal);
	}
}

/** The terminal may be gone. */
function restore(input: ReadStream): void {
	try {
		input.setRawMode(false);
	} catch {
		// Then there is nothing to restore.
	}
}

function readLine(input: ReadStream): Promise<string> {
	return new Promise(resolve => {
		let typed = '';
		input.setEncoding('utf8');
		input.on('data', (chunk: string) => {
			for (const char of chunk) {
				if (char === '\r' || char === '\n' || char === '\x04') return resolve(typed);
				if (char === '\x03') {
					restore(input);
					process.exit(130);
				}
				if (char === '\x7f' || char === '\b') typed = [...typed].slice(0, -1).join('');
				else if (char === '\x15') typed = '';
				else typed += char;
			}
		});
	});
}
