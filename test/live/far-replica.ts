// A pair whose replica is level with its primary and far from us: redis-top reaches it through a delay, and what it
// shows is held against what the primary itself says at that second.

import assert from 'node:assert/strict';
import { startDelay } from '../big-keys/delay.ts';
import { startPair } from '../servers/fleets.ts';
import type { Server } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { nodeOf, runJson } from './redis-top.ts';

export type FarReplica = {
	readonly server: Server;
	/** Round trip, milliseconds. */
	readonly trip: number;
	readonly bytesPerSecond: number;
	readonly delaySeconds: number;
	/** Objects that must be right. */
	readonly objects: number;
};

/** Fails unless every object shows a lag that the primary's own INFO bears out, and none has `lag-high`. */
export async function showFarReplica(how: FarReplica): Promise<void> {
	const { primary, replica, stop } = await startPair(how.server);
	const delay = await startDelay(replica.port, how.trip / 2);
	const writer = write(primary, how.bytesPerSecond);
	const told = watchLag(primary);
	const run = runJson([
		...['-p', String(primary.port), '-d', String(how.delaySeconds)],
		...['--nat', `${replica.address}=127.0.0.1:${delay.port}`],
	]);
	try {
		const isRead = (object: { nodes: unknown[] }) =>
			nodeOf(object, replica.address)?.replicationLagBytes !== undefined &&
			nodeOf(object, replica.address)?.replicationLagBytes !== null;
		await until(() => run.objects.filter(isRead).length >= how.objects, {
			what: `the lag was shown ${how.objects} times\n${JSON.stringify(run.objects.at(-1))}`,
			timeout: 120_000,
		});
		for (const object of run.objects) {
			const ids = object.findings.map(({ id }: { id: string }) => id);
			assert.equal(ids.includes('lag-high'), false, JSON.stringify(object.findings));
			const row = nodeOf(object, replica.address);
			if (!isRead(object)) continue;
			const most = told.mostUntil(object.seenAt);
			assert.ok(row.replicationLagBytes <= most, `${row.replicationLagBytes} shown, ${most} by the primary`);
			assert.ok(row.replicationLagBytes <= row.replicationLagMostBytes);
		}
	} finally {
		writer.stop();
		told.stop();
		await run.stop();
		delay.close();
		await stop();
	}
}

/** Writes so many bytes a second into the replication stream, evenly, for as long as it runs. */
function write(node: RunningServer, bytesPerSecond: number): { stop: () => void } {
	const client = node.connect();
	const startedAt = performance.now();
	let written = 0;
	const timer = setInterval(() => {
		const due = (bytesPerSecond * (performance.now() - startedAt)) / 1000 - written;
		if (due < 1000) return;
		// After a pause of ours it does not catch up in one burst.
		const size = Math.min(Math.round(due), bytesPerSecond / 10);
		written += Math.round(due);
		client.set('written', 'x'.repeat(size)).catch(() => {});
	}, 20);
	return { stop: () => clearInterval(timer) };
}

/** The primary's own word on its replica, ten times a second. */
function watchLag(node: RunningServer): { mostUntil: (moment: number) => number; stop: () => void } {
	const client = node.connect();
	const seen: { at: number; bytes: number }[] = [];
	const timer = setInterval(async () => {
		const text = String(await client.info('replication').catch(() => ''));
		const end = /master_repl_offset:(\d+)/.exec(text)?.[1];
		const read = /^slave0:.*offset=(\d+)/m.exec(text)?.[1];
		if (end && read) seen.push({ at: Date.now(), bytes: Number(end) - Number(read) });
	}, 100);
	return {
		// The object is of a round that closed just before, with a reading that took up to its round trip.
		mostUntil: moment =>
			Math.max(
				0,
				...seen.filter(({ at }) => at > moment - 3000 && at <= moment + 200).map(({ bytes }) => bytes),
			),
		stop: () => clearInterval(timer),
	};
}
