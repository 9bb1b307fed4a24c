// --askpass: a question on the terminal itself, without echo, as ssh and redis-cli ask. Works with stdin or stdout
// redirected, because it opens the terminal by name. Whoever is killed while asking restores nothing: a small shell that
// outlives us does, and only where nobody else has since. A plain sh would leave its user typing blind.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { environmentForOthers } from './redis/child-environment.ts';

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
	const before = settingsOf(terminal);
	// Before the question is seen: who types at once must not see what was typed.
	input.setRawMode(true);
	const dismiss = openGuard(terminal, before, settingsOf(terminal));
	const leaveWith = (code: number) => {
		dismiss();
		restore(input);
		process.exit(code);
	};
	const leave = Object.entries(endings).map(([signal, code]) => {
		const end = () => leaveWith(code);
		process.on(signal, end);
		return () => process.off(signal, end);
	});
	writeSync(terminal, question);
	try {
		return await readLine(input, () => leaveWith(endings.SIGINT));
	} finally {
		for (const off of leave) off();
		dismiss();
		input.setRawMode(false);
		input.destroy();
		writeSync(terminal, '\n');
		closeSync(terminal);
	}
}

/** As `stty -g` tells them; undefined where there is none. */
function settingsOf(terminal: number): string | undefined {
	const { stdout } = spawnSync('stty', ['-g'], { stdio: [terminal, 'pipe', 'ignore'], encoding: 'utf8' });
	return /^[\da-f:]+$/.exec((stdout ?? '').trim())?.[0];
}

/** Its input ends with us, however we end. Call what it returns before the terminal is anybody else's. */
function openGuard(terminal: number, before: string | undefined, asked: string | undefined): () => void {
	if (before === undefined || asked === undefined) return () => {};
	const shell = `read -r never; [ "$(stty -g <&3)" = ${asked} ] && stty ${before} <&3`;
	const guard = spawn('/bin/sh', ['-c', shell], {
		stdio: ['pipe', 'ignore', 'ignore', terminal],
		detached: true,
		env: environmentForOthers(),
	});
	guard.on('error', () => {});
	guard.stdin?.on('error', () => {});
	return () => void guard.kill('SIGKILL');
}

/** The terminal may be gone. */
function restore(input: ReadStream): void {
	try {
		input.setRawMode(false);
	} catch {
		// Then there is nothing to restore.
	}
}

function readLine(input: ReadStream, interrupt: () => void): Promise<string> {
	return new Promise(resolve => {
		let typed = '';
		input.setEncoding('utf8');
		input.on('data', (chunk: string) => {
			for (const char of chunk) {
				if (char === '\r' || char === '\n' || char === '\x04') return resolve(typed);
				if (char === '\x03') return interrupt();
				if (char === '\x7f' || char === '\b') typed = [...typed].slice(0, -1).join('');
				else if (char === '\x15') typed = '';
				else typed += char;
			}
		});
	});
}
