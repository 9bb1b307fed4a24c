// What one node was sent by its connections, one after the other, and what it answered: so that the monitor can take
// itself out of what it shows.

import type { Redis } from 'ioredis';
import { countUp } from '../core/fleet/own-use.ts';
import type { OwnUse, Reply } from '../core/types.ts';
import { errorText } from './client-replies.ts';
import type { Call } from './commands.ts';
import { errorCodeOf, isRejected } from './server-counts.ts';

export class OwnCounter {
	private commands = 0;
	private readonly calls: Record<string, number> = {};
	private readonly errors: Record<string, number> = {};
	private bytes = { input: 0, output: 0 };
	private bytesBefore = { input: 0, output: 0 };

	/** A connection begins: its stream counts from 0. */
	begin(): void {
		this.bytesBefore = { ...this.bytes };
	}

	/** A command the server refused to run is not in its counters either. */
	count(calls: readonly Call[], replies: readonly (readonly [string, Reply])[]): void {
		calls.forEach((item, index) => {
			const text = errorText(replies[index]![1]);
			if (text !== undefined) countUp(this.errors, errorCodeOf(text));
			if (text !== undefined && isRejected(text)) return;
			this.commands++;
			this.calls[item.counted] = (this.calls[item.counted] ?? 0) + 1;
		});
	}

	/** One that leaves alone, and is taken for run from now on: what is asked behind it is answered behind it. */
	note(item: Call): void {
		this.commands++;
		countUp(this.calls, item.counted);
	}

	/** A noted one that came to an error. */
	noteError(item: Call, text: string): void {
		countUp(this.errors, errorCodeOf(text));
		if (!isRejected(text)) return;
		this.commands--;
		countUp(this.calls, item.counted, -1);
	}

	countBytes({ stream }: Redis): void {
		if (!stream) return;
		this.bytes = {
			input: this.bytesBefore.input + stream.bytesWritten,
			output: this.bytesBefore.output + stream.bytesRead,
		};
	}

	/** Up to the last count. None of what a refresh asks looks a key up: no hits. */
	use(): OwnUse {
		const { commands, bytes, calls, errors } = this;
		return {
			commands,
			hits: 0,
			inputBytes: bytes.input,
			outputBytes: bytes.output,
			calls: { ...calls },
			errors: { ...errors },
		};
	}
}
