// Whoever is logged in stays so when its password is changed or its user is switched off, and learns of it when it has to
// log in again. So we log in again on the connection that there is; from 6.0 on one that is refused stays who it was.

import { performance } from 'node:perf_hooks';
import type { Asked } from '../core/commands.ts';
import type { Credentials } from './dial.ts';

/** Whether a new login would be let in is asked so often, and where it was not, as often as a login is tried again. */
const checkedMilliseconds = 300_000;
const refusedMilliseconds = 29_000;
/** A key that is held down asks no sooner. */
const byHandMilliseconds = 1000;

/** One node of a fleet after the other: whom they all ask who may log in counts what is refused. */
export class LoginTurns {
	private takenAt = Number.NEGATIVE_INFINITY;
	private isRefused = false;

	/** True once a turn, of which each of so many nodes has two while it waits; where the last was refused each is long. */
	take(nodes: number): boolean {
		const milliseconds = this.isRefused ? refusedMilliseconds : checkedMilliseconds / (2 * nodes);
		if (performance.now() - this.takenAt < milliseconds) return false;
		this.takenAt = performance.now();
		return true;
	}

	answered(isRefused: boolean): void {
		this.isRefused = isRefused;
	}
}

export class LoginCheck {
	/** The connection goes on, and a new one would not be let in. */
	isRefused = false;
	private checkedAt = Number.NEGATIVE_INFINITY;
	private isWanted = false;

	constructor(private readonly turns: LoginTurns = new LoginTurns()) {}

	/** A connection was opened: it was let in. */
	begin(): void {
		this.checkedAt = performance.now();
		this.isRefused = false;
	}

	/** Somebody says that it is repaired. */
	tryNow(): void {
		this.isWanted ||= performance.now() - this.checkedAt >= byHandMilliseconds;
	}

	/** Takes the turn. Sooner where logins were refused to others a moment ago. */
	isDue(isDoubtful: boolean, nodes: number): boolean {
		const patience = this.isRefused || isDoubtful ? refusedMilliseconds : checkedMilliseconds;
		const isDue = this.isWanted || (performance.now() - this.checkedAt >= patience && this.turns.take(nodes));
		if (!isDue) return false;
		this.isWanted = false;
		this.checkedAt = performance.now();
		return true;
	}

	/** The error text of the answer; undefined: let in. */
	answered(text: string | undefined): void {
		this.isRefused = text?.startsWith('WRONGPASS') === true;
		this.turns.answered(this.isRefused);
	}
}

/** Who was seen to leave a session as it was after a password that is refused, from 6.0 on. */
const keepSession: ReadonlySet<Asked['server']> = new Set(['redis', 'valkey', 'redict']);

/**
 * What follows AUTH; empty where nothing is to be learnt by it. Servers before 6.0, which have no users, end the session of
 * whoever gives a wrong password. Without a password: any is right for a user that needs none. A client certificate may stand
 * for another user.
 */
export function loginAgain(
	{ user, password }: Credentials,
	{ server, version }: Asked,
	hasCertificate: boolean,
): readonly string[] {
	if (!keepSession.has(server) || version[0] < 6) return [];
	if (password !== undefined) return user === undefined ? [password] : [user, password];
	return user === undefined && !hasCertificate ? ['default', 'redis-top'] : [];
}
