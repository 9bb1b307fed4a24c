// What the codes of error replies mean, in the words of the field, and how bad one is: the table behind the findings
// `commands-refused` and `auth-failing`. A code that is not listed is a kind of its own all the same: modules and
// scripts make up theirs. OOM has a finding of its own. It counts nothing.

export type RefusalKind = {
	/** What the clients meet, to stand before `: CODE 12/s`. */
	readonly words: string;
	readonly id: 'commands-refused' | 'auth-failing';
	/** Data is not written that should be: critical at any rate that counts. */
	readonly isOfWrites: boolean;
	/** The server refused it before it ran: it is not in its count of commands. */
	readonly isRejected: boolean;
};

const refused = { id: 'commands-refused', isOfWrites: false, isRejected: true } as const;
const failed = { ...refused, isRejected: false } as const;
const ofWrites = { ...refused, isOfWrites: true } as const;

const kinds: Readonly<Record<string, RefusalKind>> = {
	NOREPLICAS: { ...ofWrites, words: 'writes refused, too few replicas in sync' },
	MISCONF: { ...ofWrites, words: 'writes refused, it cannot save to disk' },
	CLUSTERDOWN: { ...ofWrites, words: 'refused, the cluster is down' },
	READONLY: { ...refused, words: 'writes refused, this is a replica' },
	MASTERDOWN: { ...refused, words: 'refused, no link to its primary' },
	LOADING: { ...refused, words: 'refused while loading its data set' },
	BUSY: { ...refused, words: 'refused while a script runs' },
	MOVED: { ...refused, words: 'redirected, clients without the slot map' },
	TRYAGAIN: { ...refused, words: 'refused, keys in a slot that moves' },
	CROSSSLOT: { ...refused, words: 'refused, keys in several slots' },
	NOPERM: { ...refused, words: 'refused, user without permission' },
	EXECABORT: { ...failed, words: 'transactions aborted' },
	NOSCRIPT: { ...failed, words: 'scripts called that are not loaded' },
	UNKILLABLE: { ...failed, words: 'a script that cannot be killed' },
	WRONGTYPE: { ...failed, words: 'commands on keys of another type' },
	NOGROUP: { ...failed, words: 'stream group does not exist' },
	NOPROTO: { ...failed, words: 'clients ask for another protocol' },
	ERR: { ...failed, words: 'wrong or unknown commands, or scripts that fail' },
	NOAUTH: { ...refused, id: 'auth-failing', words: 'clients not logged in' },
	WRONGPASS: { ...failed, id: 'auth-failing', words: 'logins fail, wrong user or password' },
	// No error reply: the server counts it apart (Redis 8.6, Valkey 9.1).
	'TLS-CERT': { ...failed, id: 'auth-failing', words: 'client certificates that name no user' },
};

/** Of errors whose kind the server does not tell. */
export const kindNotTold = 'not told';

/** Answers that belong to the way of working: a slot that is moving, a group that is there already. OOM is judged apart. */
const notRefusals: ReadonlySet<string> = new Set(['ASK', 'BUSYGROUP', 'OOM']);

/** One that servers are known to answer. */
export const isKnownCode = (code: string): boolean => Object.hasOwn(kinds, code) || notRefusals.has(code);

/** What a code means; undefined where it is no refusal. */
export function refusalKindOf(code: string): RefusalKind | undefined {
	if (notRefusals.has(code)) return undefined;
	if (code === kindNotTold) return { ...failed, words: 'commands answered with an error' };
	return Object.hasOwn(kinds, code) ? kinds[code] : { ...failed, words: 'commands answered with an error' };
}
