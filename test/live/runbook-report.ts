// Reports of the runbooks by the built program, and their parts.

import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runOnce } from './redis-top.ts';

export const megabyte = 1024 * 1024;

export const highMemory = (server: RunningServer, ...args: readonly string[]) =>
	runOnce(['--runbook', 'high-memory', ...args, server.address]);
export const configAudit = (server: RunningServer, ...args: readonly string[]) =>
	runOnce(['--runbook', 'config-audit', ...args, server.address]);

export const verdictOf = (report: string, step: number) =>
	new RegExp(`^${step}\\. \\*\\*(\\w+)\\*\\*`, 'm').exec(report)?.[1];
/** The first lines: what, why, now. */
export const inShort = (report: string) => report.slice(0, report.indexOf('\n## Verdicts'));
/** What a step says, up to the next. */
export const stepText = (report: string, step: number) =>
	report.slice(
		report.indexOf(`\n## ${step}. `),
		report.indexOf(step === 6 ? '\n## Changes' : `\n## ${step + 1}. `),
	);

/** A server of 20M that is full under noeviction; `fill` adds a key to it. */
export async function fullServer(start: (config: Record<string, string>) => Promise<RunningServer>) {
	const server = await start({ maxmemory: '20mb', 'maxmemory-policy': 'noeviction' });
	const fill = () => server.call('SET', `k:${Math.random()}`, 'x'.repeat(50_000));
	const isFull = () =>
		fill().then(
			() => false,
			() => true,
		);
	await until(isFull, { what: 'it is full', every: 0 });
	return { server, fill };
}
