// How fast one node is scanned: when the next batch may leave and how many keys it asks for. A ceiling in keys a
// second; below it the pace halves while the node suffers (its ping rose, it forks, its CPU is busy) and comes back
// by and by. The batch is as small as the pace and the round trip allow, for the server answers nobody else while it
// walks its table: 1000 buckets are a millisecond. No socket and no timer: it is told the time and what was measured.

import type { Pressure } from '../../core/keys/big-keys.ts';

/** More would be a pause of over a millisecond for everybody else. */
export const largestBatch = 1000;
/**
 * Over a long way each answer is waited for: without a ceiling a quarter of a round trip may be such a pause. It is the way that
 * is long, and not the server slow, while more keys take hardly longer.
 */
const freePause = { shareOfTrip: 0.25, mostKeys: 4000, hardly: 1.25 };
const smallestBatch = 10;
const firstBatch = { paced: 100, free: 500 };
/** Batches a second at the most, where the pace leaves a choice. */
const batchesPerSecond = 250;
/** How much longer than one and a half round trips the answer to a batch may take, before batches get smaller. */
const patienceMilliseconds = { paced: 2, free: 15 };
const busyCpuPercent = 80;
/** Twice a ping of 0.1 ms is noise. */
const leastRiseMilliseconds = 1;
/** A free scan fills the server on purpose: only what hurts everybody slows it. */
const freePingMilliseconds = 100;
const slowest = 1 / 32;
/** Timers are late, and so are we: so much of it is made up for. Not more, or a pause would end in a burst. */
const madeUpMilliseconds = 20;
const judgeEveryMilliseconds = 1000;

export class ScanPace {
	batch: number;
	/** 1 = the whole pace. */
	share = 1;
	/** Why it is slower than asked. */
	reason: string | undefined;
	private nextAt = 0;
	private bestTrip = Number.POSITIVE_INFINITY;
	private basePing: number | undefined;
	private judgedAt = Number.NEGATIVE_INFINITY;

	/** `rate` keys a second; 0 = no ceiling. */
	constructor(private readonly rate: number) {
		this.batch = rate === 0 ? firstBatch.free : firstBatch.paced;
	}

	get keysPerSecond(): number {
		return this.rate === 0 && this.share === 1 ? 0 : Math.round((this.rate || freeRate) * this.share);
	}

	/** As fast as the server answers. */
	get isFree(): boolean {
		return this.keysPerSecond === 0;
	}

	get slowsAboveMilliseconds(): number | undefined {
		if (this.rate === 0) return freePingMilliseconds;
		if (this.basePing === undefined) return undefined;
		return Math.max(this.basePing * 2, this.basePing + leastRiseMilliseconds);
	}

	/** Milliseconds until the next batch may leave. */
	wait(now: number): number {
		return this.keysPerSecond === 0 ? 0 : Math.max(0, this.nextAt - now);
	}

	/** A batch left that will answer with about so many keys. */
	left(now: number, keys: number): void {
		if (this.keysPerSecond === 0) return;
		this.nextAt = Math.max(this.nextAt, now - madeUpMilliseconds) + (keys * 1000) / this.keysPerSecond;
	}

	/** So long it took until the first reply of a batch came. */
	answered(milliseconds: number): void {
		this.bestTrip = Math.min(this.bestTrip, milliseconds);
		const patience = this.rate === 0 ? patienceMilliseconds.free : patienceMilliseconds.paced;
		const isLate = milliseconds > this.bestTrip * 1.5 + patience;
		const isFar = this.rate === 0 && milliseconds <= this.bestTrip * freePause.hardly;
		const largest = isFar ? largestFreeBatch(this.bestTrip) : largestBatch;
		const enough =
			this.rate === 0
				? largest
				: Math.max(this.keysPerSecond / batchesPerSecond, (this.keysPerSecond * this.bestTrip * 1.5) / 1000);
		const wanted = isLate ? this.batch * 0.7 : Math.min(enough, this.batch * 2);
		this.batch = Math.round(Math.min(largest, Math.max(smallestBatch, wanted)));
	}

	/** What whoever watches the node says of it; at most once a second it changes the pace. */
	judge(now: number, pressure: Pressure): void {
		if (now - this.judgedAt < judgeEveryMilliseconds) return;
		this.judgedAt = now;
		const { pingMilliseconds: ping } = pressure;
		const limit = this.slowsAboveMilliseconds;
		// The lowest seen, slowly forgotten: a base taken in a bad moment would allow too much for ever.
		if (ping !== undefined) this.basePing = Math.min(this.basePing ?? ping, ping) * 1.002;
		this.reason = this.reasonOf(pressure, limit);
		this.share =
			this.reason === undefined ? Math.min(1, this.share * 1.5) : Math.max(slowest, this.share / 2);
	}

	private reasonOf({ pingMilliseconds, isForking, cpuPercent }: Pressure, limit: number | undefined) {
		if (isForking && this.rate > 0) return 'slower: the server runs a fork';
		if (cpuPercent !== undefined && cpuPercent > busyCpuPercent && this.rate > 0)
			return `slower: its CPU is at ${Math.round(cpuPercent)}%`;
		if (pingMilliseconds !== undefined && limit !== undefined && pingMilliseconds > limit)
			return `slower: its ping is ${pingMilliseconds.toFixed(1)}ms`;
		return undefined;
	}
}

/** By the shortest round trip. */
const largestFreeBatch = (trip: number) =>
	Math.min(freePause.mostKeys, Math.max(largestBatch, trip * freePause.shareOfTrip * largestBatch));

/** What a free scan that must go slower starts from. */
const freeRate = 200_000;
