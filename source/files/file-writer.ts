// Writes to an open file in the background, in order, and never holds anything up: what takes nothing for too long, is
// full, or was deleted is given up once and for all, and what waited for it is let go. So a recording may stop, and the
// monitor goes on and can always end.

import { close, fstatSync, write, writeSync } from 'node:fs';
import { type Opened, reasonOf } from './safe-file.ts';

export type FileWriter = {
	readonly write: (bytes: Uint8Array) => void;
	/** Settled when all is written, or it has stopped. */
	readonly end: () => Promise<void>;
	/** After `end`: the file is let go. */
	readonly close: () => void;
	/** Given up before its end, for this reason. */
	readonly stop: (reason: string) => void;
	readonly isStopped: () => boolean;
};

export type WriterLimits = { readonly bytes: number; readonly milliseconds: number };

/** A round of 1,000 nodes is a few MB. A disk that stands still for longer than this is no disk that is only slow. */
export const usualLimits: WriterLimits = { bytes: 32 * 1024 * 1024, milliseconds: 10_000 };

const retryMilliseconds = 50;
const lookMilliseconds = 2000;

/** `onStop` is told once, with a sentence. */
export function createFileWriter(
	{ descriptor, isFile }: Opened,
	onStop: (reason: string) => void,
	limits = usualLimits,
): FileWriter {
	let queue: Uint8Array[] = [];
	let waiting = 0;
	let isWriting = false;
	let isStopped = false;
	let timer: NodeJS.Timeout | undefined;
	let movedAt = performance.now();
	let lookedAt = movedAt;
	let onEmpty: (() => void) | undefined;

	const finish = () => {
		clearTimeout(timer);
		clearInterval(watch);
		onEmpty?.();
		onEmpty = undefined;
	};

	const stop = (reason: string) => {
		if (isStopped) return;
		isStopped = true;
		queue = [];
		waiting = 0;
		finish();
		if (!isWriting) close(descriptor, () => {});
		// Never from within a call: whoever writes may not be ready to hear of it.
		setImmediate(() => onStop(reason));
	};

	const took = (bytes: number) => {
		movedAt = performance.now();
		waiting -= bytes;
		const [first] = queue;
		if (!first || bytes === first.length) queue.shift();
		else queue[0] = first.subarray(bytes);
		pump();
	};

	/** A pipe says that it takes nothing now; a file is written on another thread. */
	const writePipe = (bytes: Uint8Array) => {
		try {
			took(writeSync(descriptor, bytes));
		} catch (thrown) {
			const error = thrown as NodeJS.ErrnoException;
			if (error.code === 'EAGAIN') timer = setTimeout(pump, retryMilliseconds);
			else stop(reasonOf(error));
		}
	};

	const writeFile = (bytes: Uint8Array) => {
		isWriting = true;
		write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
			isWriting = false;
			if (isStopped) close(descriptor, () => {});
			else if (error) stop(reasonOf(error));
			else took(written);
		});
	};

	const pump = () => {
		clearTimeout(timer);
		if (isStopped || isWriting) return;
		const [first] = queue;
		if (!first) return onEmpty && finish();
		if (isFile) writeFile(first);
		else writePipe(first);
	};

	/** Nobody will ever find what is written to a file without a name. */
	const isDeleted = () => {
		const now = performance.now();
		if (!isFile || now - lookedAt < lookMilliseconds) return false;
		lookedAt = now;
		return fstatSync(descriptor).nlink === 0;
	};

	const check = () => {
		if (isStopped) return;
		if (queue.length > 0 && performance.now() - movedAt > limits.milliseconds)
			stop(`it takes nothing any more since ${Math.round(limits.milliseconds / 1000)}s`);
		else if (isDeleted()) stop('it was deleted');
	};

	const watch = setInterval(check, 1000).unref();

	return {
		write(bytes) {
			if (isStopped || bytes.length === 0) return;
			if (queue.length === 0) movedAt = performance.now();
			queue.push(bytes);
			waiting += bytes.length;
			if (waiting > limits.bytes) return stop(`${Math.round(limits.bytes / 2 ** 20)}M wait to be written`);
			if (queue.length === 1) pump();
		},
		end: () =>
			new Promise(resolve => {
				if (isStopped) return resolve();
				onEmpty = resolve;
				pump();
			}),
		close() {
			if (isStopped) return;
			isStopped = true;
			finish();
			close(descriptor, () => {});
		},
		stop,
		isStopped: () => isStopped,
	};
}
