// What the kernel knows of a process: its state, its children, the CPU and memory it took. Linux only (/proc).

import { readdirSync, readFileSync } from 'node:fs';

/** `R`, `S`, `T` (stopped), `Z`…; undefined when there is no such process. */
export function stateOf(pid: number): string | undefined {
	return statOf(pid)?.[0];
}

export function childrenOf(pid: number): number[] {
	const text = read(`/proc/${pid}/task/${pid}/children`) ?? '';
	return text.split(' ').filter(Boolean).map(Number);
}

/** The process and all below it. */
export function familyOf(pid: number): number[] {
	return [pid, ...childrenOf(pid).flatMap(familyOf)];
}

/**
 * User and system time of all threads, in milliseconds. From the scheduler, which counts in nanoseconds; where it does
 * not tell, from the hundredths of a second in `stat`.
 */
export function cpuMilliseconds(pid: number): number {
	const threads = threadsOf(pid).map(thread => read(`/proc/${pid}/task/${thread}/schedstat`));
	if (threads.length > 0 && threads.every(Boolean))
		return threads.reduce((sum, text) => sum + Number(text!.split(' ')[0]) / 1e6, 0);
	const stat = statOf(pid);
	return stat ? (Number(stat[11]) + Number(stat[12])) * 10 : Number.NaN;
}

function threadsOf(pid: number): string[] {
	try {
		return readdirSync(`/proc/${pid}/task`);
	} catch {
		return [];
	}
}

export function rssBytes(pid: number): number {
	const kilobytes = /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
	return kilobytes === undefined ? Number.NaN : Number(kilobytes) * 1024;
}

/** The most that was ever resident. */
export function peakBytes(pid: number): number {
	const kilobytes = /^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
	return kilobytes === undefined ? Number.NaN : Number(kilobytes) * 1024;
}

export function commandOf(pid: number): string {
	return (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
}

/** The fields behind the name in parentheses, which may hold anything. */
function statOf(pid: number): string[] | undefined {
	const text = read(`/proc/${pid}/stat`);
	return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string | undefined {
	try {
		return readFileSync(path, 'latin1');
	} catch {
		return undefined;
	}
}
