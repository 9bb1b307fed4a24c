// The rules on what a node refuses to its clients: one finding for each kind of error, `commands-refused` or, of
// logins, `auth-failing`. How bad it is follows from what the kind means, and from its share of the traffic. Where a
// server counts no errors, what it says of itself still tells that all writes are refused.

import { printable } from '../text/printable.ts';
import { count, percent } from '../text/quantity.ts';
import type { Severity } from '../types.ts';
import { deniedLogin } from './denied-logins.ts';
import type { KindObservation, KindRule, NodeView } from './findings-rule.ts';
import { kindNotTold, type RefusalKind, refusalKindOf } from './refusal-kinds.ts';
import type { Refusals, Refused } from './refusals.ts';

const longestCode = 32;

const refusedBy =
	(id: RefusalKind['id']): KindRule =>
	view => {
		const { refusals } = view.memory;
		const standing = id === 'commands-refused' ? (withoutReplicas(view) ?? downAlone(view)) : undefined;
		if (refusals?.isOld && !refusals.isAwaited) return 'as it was';
		const seen: KindObservation[] = refusals?.isAwaited ? [notYet] : [];
		const mostly = mostlyWords(refusals);
		for (const [code, refused] of refusals?.byKind ?? []) {
			const kind = refusalKindOf(code);
			if (kind?.id === id && !(standing && code === standing.kind))
				seen.push(observe(view, code, kind, refused, mostly(kind)));
		}
		const denied = id === 'auth-failing' ? knownUserDenied(view, seen) : undefined;
		const isOurs = id === 'auth-failing' && view.track.lastGood?.isLoginRefused === true;
		return [
			...(isOurs ? [ownLogin] : []),
			...seen.filter(({ kind }) => kind !== (denied ?? standing)?.kind),
			...[denied ?? standing ?? []].flat(),
		];
	};

/** Who is logged in stays so, with an old password too; a check that comes now is not let in. */
const ownLogin: KindObservation = {
	kind: 'own login',
	severity: 'warn',
	limits: {},
	text: 'our password or user was changed: this connection goes on, a new login is refused (WRONGPASS)',
	over: 'our login is taken again',
};

/** No interval is over: what is refused is not known, which is not nothing. */
const notYet: KindObservation = { kind: kindNotTold, isPending: true, text: '' };

function observe(
	view: NodeView,
	code: string,
	kind: RefusalKind,
	refused: Refused,
	mostly: string,
): KindObservation {
	const severity = severityOf(view, code, kind, refused);
	const name = printable(code, longestCode);
	return {
		kind: name,
		severity,
		value: refused.perSecond,
		// What makes it worse is no other rate: what the kind means, or its share of the commands.
		limits: { warn: view.limits[kind.id].warn, crit: view.limits[kind.id].warn },
		text: `${kind.words}: ${rateWords(code, refused)}${mostly}`,
		over: `no longer refused: ${name}`,
	};
}

/** Which command it is, where no other kind of error could be of it. */
function mostlyWords(refusals: Refusals | undefined): (kind: RefusalKind) => string {
	// Counted once: scripts make up thousands of kinds.
	const alike = { rejected: 0, failed: 0 };
	for (const code of refusals?.byKind?.keys() ?? [])
		alike[(refusalKindOf(code)?.isRejected ?? true) ? 'rejected' : 'failed']++;
	return ({ isRejected }) => {
		const which = isRejected ? 'rejected' : 'failed';
		const name = refusals?.mostly?.[which];
		return name === undefined || alike[which] > 1
			? ''
			: `, mostly ${printable(name, longestCode).toUpperCase()}`;
	};
}

function rateWords(code: string, { perSecond, share }: Refused): string {
	const name = code === kindNotTold ? 'kind not told' : printable(code, longestCode);
	const part = share === undefined ? '' : `, ${percent(share)} of commands`;
	return `${name} ${count(perSecond)}/s${part}`;
}

function severityOf(
	view: NodeView,
	code: string,
	kind: RefusalKind,
	{ perSecond, share = 0 }: Refused,
): Severity | undefined {
	const { warn, extra } = view.limits['commands-refused'];
	const least = kind.id === 'commands-refused' ? warn : view.limits['auth-failing'].warn;
	// One a second, read after 1.003 s, is one a second.
	if (perSecond < least * nearly) return undefined;
	if (kind.id === 'auth-failing') return 'warn';
	const isMuch = share >= extra.share && perSecond >= extra.sharePerSecond * nearly;
	// While slots move, each client is told once of each: only much of it is more than that.
	if (code === 'MOVED' && !isMuch && hasMovingSlots(view)) return undefined;
	return isMuch || kind.isOfWrites || (code === 'READONLY' && isWhereWritesGo(view)) ? 'crit' : 'warn';
}

const nearly = 0.95;

const hasMovingSlots = ({ tracks }: NodeView) =>
	[...tracks.values()].some(({ cluster }) =>
		cluster?.peers?.some(peer => peer.isMyself && (peer.migrating.length > 0 || peer.importing.length > 0)),
	);

/** Clients take it for their primary: it says so, or it was that when we last saw it otherwise. */
const isWhereWritesGo = ({ track, memory }: NodeView) =>
	track.lastGood?.info?.role === 'primary' || memory.wasPrimary === true;

/** At any rate, and with who it is: nobody guesses a user that is logged in. */
function knownUserDenied(view: NodeView, seen: readonly KindObservation[]): KindObservation | undefined {
	const { shownSeconds: seconds } = view.limits['auth-failing'].extra;
	const denied = deniedLogin(view.deniedOf?.(view.node.address), view.memory.users, { at: view.at, seconds });
	if (!denied) return undefined;
	const from = denied.client === undefined ? '' : ` from ${denied.client}`;
	const who = `user ${denied.user}, logged in elsewhere${from}`;
	const rate = seen.find(({ kind, severity }) => kind === 'WRONGPASS' && severity);
	return rate
		? { ...rate, text: `${rate.text}, ${who}` }
		: {
				kind: 'WRONGPASS',
				severity: 'warn',
				text: `login denied: ${who}; WRONGPASS`,
				over: 'no longer refused: WRONGPASS',
			};
}

/** Every write is refused while too few replicas are in sync, whether somebody writes or not. INFO tells since 2.8. */
function withoutReplicas({ track, memory }: NodeView): KindObservation | undefined {
	const { role, goodReplicas } = track.lastGood?.info ?? {};
	if (role !== 'primary' || goodReplicas === undefined) return undefined;
	// The field is there only where at least one is asked for.
	const needed = Math.max(1, Number(track.config?.['min-replicas-to-write']) || 1);
	if (goodReplicas >= needed) return undefined;
	const refused = memory.refusals?.byKind?.get('NOREPLICAS');
	const rate = refused ? `, ${rateWords('NOREPLICAS', refused)}` : ' (NOREPLICAS)';
	return {
		kind: 'NOREPLICAS',
		severity: 'crit',
		value: needed - goodReplicas,
		limits: { crit: 1 },
		unit: 'count',
		text: `writes refused, ${count(goodReplicas)} of ${count(needed)} replicas in sync${rate}`,
	};
}

/** Its own view calls the cluster down while that of most does not: it refuses all, whether somebody asks or not. */
function downAlone({ node, track, fleet, memory }: NodeView): KindObservation | undefined {
	const isOwner = node.role === 'primary' && node.slots.length > 0;
	if (track.cluster?.state !== 'fail' || fleet.agreement?.state !== 'ok' || !isOwner) return undefined;
	const refused = memory.refusals?.byKind?.get('CLUSTERDOWN');
	const rate = refused ? `, ${rateWords('CLUSTERDOWN', refused)}` : ' (CLUSTERDOWN)';
	const isRead = track.config?.['cluster-allow-reads-when-down'] === 'yes';
	return {
		kind: 'CLUSTERDOWN',
		severity: 'crit',
		value: 1,
		limits: { crit: 1 },
		unit: 'count',
		text: `${isRead ? 'writes' : 'all'} refused, the cluster is down for this node alone${rate}`,
	};
}

/** Judged at each fresh INFO, a finding for each kind. */
export const kindRules = {
	'commands-refused': refusedBy('commands-refused'),
	'auth-failing': refusedBy('auth-failing'),
} as const satisfies { readonly [Id in RefusalKind['id']]: KindRule };
