// What a process uses, read from /proc: CPU time and resident memory; and quantiles. For the scripts that print
// figures; Linux only.

import { readFileSync } from 'node:fs';

/** Seconds of CPU (user and system) that a process has used since it started. */
export function cpuSeconds(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
		.replace(/^.*\) /, '')
		.split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory now and at its highest, in MB. */
export function residentMegabytes(pid: number): { now: number; peak: number } {
	const status = readFileSync(`/proc/${pid}/status`, 'latin1');
	const kilobytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
	return { now: Math.round(kilobytes('VmRSS') / 1024), peak: Math.round(kilobytes('VmHWM') / 1024) };
}

export function quantile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
