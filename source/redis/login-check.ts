// Whoever is logged in stays so when its password is changed or its user is switched off, and learns of it when it has to
// log in again. So we log in again on the connection that there is; one that is refused stays who it was.

import { performance } from 'node:perf_hooks';
import type { Asked } from '../core/commands.ts';
import type { Credentials } from './dial.ts';

/** Whether a new login would be let in is asked so often, and where it was not, as often as a login is tried again. */
const checkedMilliseconds = 300_000;
const refusedMilliseconds = 29_000;
/** A key that is held down asks no sooner. */
const byHandMilliseconds = 1000;

export class LoginCheck {
	/** The connection goes on, and a new one would not be let in. */
	isRefused = false;
	private checkedAt = Number.NEGATIVE_INFINITY;

	/** A connection was opened: it was let in. */
	begin(): void {
		this.checkedAt = performance.now();
		this.isRefused = false;
	}

	/** Somebody says that it is repaired. */
	tryNow(): void {
		if (performance.now() - this.checkedAt >= byHandMilliseconds) this.checkedAt = Number.NEGATIVE_INFINITY;
	}

	/** Sooner where logins were refused to others a moment ago. */
	isDue(isDoubtful: boolean): boolean {
		const patience = this.isRefused || isDoubtful ? refusedMilliseconds : checkedMilliseconds;
		return performance.now() - this.checkedAt >= patience;
	}

	/** It is asked now. */
	note(): void {
		this.checkedAt = performance.now();
	}

	/** The error text of the answer; undefined: let in. */
	answered(text: string | undefined): void {
		this.isRefused = text !== undefined && /^(WRONGPASS|ERR invalid password)/i.test(text);
	}
}

/**
 * What follows AUTH; empty where nothing is to be learnt by it. Without a password: any is right for a user that needs none,
 * where there are users. A client certificate may stand for another user.
 */
export function loginAgain(
	{ user, password }: Credentials,
	{ server, version }: Asked,
	hasCertificate: boolean,
): readonly string[] {
	if (password !== undefined) return user === undefined ? [password] : [user, password];
	const hasUsers = (server === 'redis' || server === 'valkey') && version[0] >= 6;
	return hasUsers && user === undefined && !hasCertificate ? ['default', 'redis-top'] : [];
}
