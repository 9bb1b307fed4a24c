// When a node is tried again. The first try after a failure is at once, the later ones wait ever longer; where each try
// leaves a trace on the server hardly any are made. None is ever given up: a password, a user, a name is repaired by
// somebody else, and that is noticed within half a minute, or at once by hand.

import { performance } from 'node:perf_hooks';
import type { NodeError } from '../core/types.ts';
import { timeNow } from './clock.ts';

/** Pauses after the first, second… failed try; the last one repeats. A hand on the keyboard hardly outruns them. */
const pausesSeconds = [0, 1, 2, 4, 5];
/** Each of these tries leaves a trace on the server (ACL log, rejected_connections): hardly any are made. */
const longPauseSeconds = 29;
/** Between two tries that are asked for by hand: a key that is held down is no storm of logins. */
const byHandSeconds = 1;
/** While a failover is under way. */
const fastPauseSeconds = 0.2;
/** From one connection to the next of a server that answers and hangs up, again and again. */
const betweenConnectionsSeconds = 1;

export class Patience {
	private failures = 0;
	private nextTryAt = 0;
	/** After a loss, the last time. */
	private reopenedAt = Number.NEGATIVE_INFINITY;
	/** The last try that came to nothing. */
	private failedAt = Number.NEGATIVE_INFINITY;

	/** The pause is over. */
	isOver(): boolean {
		return performance.now() >= this.nextTryAt;
	}

	/** Somebody says that it is repaired. */
	tryNow(): void {
		const soonest = Math.max(performance.now(), this.failedAt + byHandSeconds * 1000);
		this.nextTryAt = Math.min(this.nextTryAt, soonest);
	}

	/** Its return must be seen at once. */
	hasten(): void {
		this.nextTryAt = Math.min(this.nextTryAt, performance.now() + fastPauseSeconds * 1000);
	}

	/** The node answers, and not for the first time on this connection. */
	noteGood(): void {
		this.failures = 0;
	}

	/** `isFast`: a failover is under way. */
	noteFailure({ reason }: NodeError, isFast: boolean): void {
		if (reason === 'max-clients') this.pauseAtMost(longPauseSeconds);
		else this.pause(this.pauseAfter(reason, isFast));
		this.failures++;
	}

	/** Our login was refused. */
	noteRefusal(): void {
		this.pauseAtMost(longPauseSeconds);
	}

	/**
	 * A connection that had answered was ended, by CLIENT KILL, a Sentinel, a proxy: the next one is opened at once. Not
	 * sooner than a second after the last that was opened for this reason, or a server that hangs up after each answer
	 * would do little else. The first loss is looked into at once however young the connection was: it may be a death.
	 */
	noteLoss(isFast: boolean, delaySeconds: number): void {
		const seconds = isFast ? fastPauseSeconds : Math.min(betweenConnectionsSeconds, delaySeconds);
		this.reopenedAt = Math.max(performance.now(), this.reopenedAt + seconds * 1000);
		this.nextTryAt = Math.max(this.nextTryAt, this.reopenedAt);
	}

	/** Milliseconds until the pause is over. */
	remaining(): number {
		return Math.max(0, this.nextTryAt - performance.now());
	}

	/** The error with the time of the next try, where there is one to wait for. */
	withRetry(error: NodeError): NodeError {
		const wait = Math.max(0, this.nextTryAt - performance.now());
		return wait > 0 ? { ...error, retryAt: timeNow() + wait } : error;
	}

	private nextPause(): number {
		return pausesSeconds[Math.min(this.failures, pausesSeconds.length - 1)]!;
	}

	private pauseAfter(reason: NodeError['reason'], isFast: boolean): number {
		const seconds = this.nextPause();
		// Nothing listens there: a try costs nobody anything, and when it is back is a part of the story.
		return isFast && reason === 'refused' ? Math.min(seconds, fastPauseSeconds) : seconds;
	}

	private pause(seconds: number): void {
		// A tenth either way, so that the nodes of a fleet that fell together are not tried together.
		this.pauseFor(seconds * (0.9 + Math.random() * 0.2));
	}

	private pauseAtMost(seconds: number): void {
		this.pauseFor(seconds * (0.9 + Math.random() * 0.1));
	}

	private pauseFor(seconds: number): void {
		this.failedAt = performance.now();
		this.nextTryAt = this.failedAt + seconds * 1000;
	}
}
