// Failovers under Sentinels, told from what every Sentinel says of its masters (SENTINEL MASTERS: flags, address, stage)
// and from the data nodes' own roles. The poll is the truth; messages of the Sentinels (sentinel-messages.ts) only bring
// earlier times. A replaced primary that comes back calls itself primary for 10 to 11 s: that is a stage of its own.

import type { Moment } from '../findings/events-cluster.ts';
import { hasPlace } from '../parse/parse-address.ts';
import { isSilent } from '../text/node-trouble.ts';
import type { Address, NodeTrack, SentinelMaster } from '../types.ts';
import { tellReturn } from './failover-end.ts';
import {
	calmed,
	calmSinceOf,
	foldFamily,
	isBroken,
	keepHeirOffset,
	keepOffset,
	openFailover,
	promote,
	type RoundMoment,
	type Silence,
	silenceOf,
	silenceText,
	since,
} from './failover-fold.ts';
import {
	draw,
	drawFrom,
	type Failover,
	type FailoverKind,
	has,
	levelOf,
	stepOf,
	tell,
} from './failover-record.ts';

/** One Sentinel's word on one master. */
type Word = { readonly sentinel: Address; readonly at: number; readonly master: SentinelMaster };

export function foldSentinel(
	failovers: readonly Failover[],
	before: Moment,
	now: RoundMoment,
): readonly Failover[] {
	const words = wordsOf(now);
	return foldFamily(
		failovers,
		{
			follow: failover => followRound(failover, before, now, words.get(failover.group ?? '') ?? []),
			begin: () => beginnings(before, now, words),
			serious: ['sdown', 'odown', 'leader', 'promoted', 'switch'],
			served: 'switch',
		},
		now,
	);
}

function wordsOf({ tracks }: Moment): ReadonlyMap<string, readonly Word[]> {
	const words = new Map<string, Word[]>();
	for (const track of tracks.values()) {
		if (track.kind !== 'sentinel' || track.error || track.gone) continue;
		for (const master of track.sentinel?.masters ?? []) {
			const word = { sentinel: track.address, at: track.latest?.at ?? 0, master };
			const known = words.get(master.name);
			if (known) known.push(word);
			else words.set(master.name, [word]);
		}
	}
	return words;
}

// ---------------------------------------------------------------------------------------------------------
// Beginning

const isAlarming = ({ flags }: SentinelMaster) =>
	flags.some(flag => flag === 's_down' || flag === 'o_down' || flag === 'failover_in_progress');

function beginnings(before: Moment, now: Moment, words: ReadonlyMap<string, readonly Word[]>): Failover[] {
	const begun: Failover[] = [];
	const known = new Map(before.fleet.sentinel?.masters.map(master => [master.name, master.primary]));
	for (const [name, said] of words) {
		const named = now.fleet.sentinel?.masters.find(master => master.name === name)?.primary;
		const primary = known.get(name) ?? named;
		if (primary === undefined) continue;
		const isSwitched = named !== undefined && named !== primary && hasPlace(named) && hasPlace(primary);
		const isAway = silenceOf(primary, now) !== undefined;
		const isDoubted = said.some(({ master }) => isAlarming(master) && master.address === primary);
		if (isSwitched || isAway || isDoubted) begun.push(open(name, primary, before, now));
	}
	return begun;
}

function open(group: string, primary: Address, before: Moment, now: Moment): Failover {
	const shard = before.fleet.nodes.find(row => row.address === primary)?.shard;
	return openFailover(primary, { shard, group, slots: [], oldEpoch: epochOf(before, group) }, before, now);
}

function epochOf({ tracks }: Moment, group: string): number | undefined {
	let epoch: number | undefined;
	for (const track of tracks.values()) {
		const told = track.sentinel?.masters.find(master => master.name === group)?.configEpoch;
		if (told !== undefined) epoch = Math.max(epoch ?? 0, told);
	}
	return epoch;
}

// ---------------------------------------------------------------------------------------------------------
// Going on

type Look = {
	/** Of the Sentinels that answer. */
	readonly words: readonly Word[];
	/** How many Sentinels there are, silent ones included. */
	readonly sentinels: number;
	readonly before: Moment;
	readonly now: RoundMoment;
	/** We get no answer from the old primary. */
	readonly silence?: Silence;
};
type Teller = (failover: Failover, seen: Look) => Failover;

function followRound(failover: Failover, before: Moment, now: RoundMoment, words: readonly Word[]): Failover {
	const sentinels = Math.max(words.length, ...words.map(({ master }) => (master.otherSentinels ?? 0) + 1));
	const seen: Look = { words, sentinels, before, now, silence: silenceOf(failover.oldPrimary, now) };
	const told = tellers.reduce((so, teller) => teller(so, seen), failover);
	return { ...told, kind: kindOf(told, seen) };
}

const ofOld = (failover: Failover, words: readonly Word[]) =>
	words.filter(({ master }) => master.address === failover.oldPrimary);

const flagged = (failover: Failover, words: readonly Word[], flag: string) =>
	ofOld(failover, words).filter(({ master }) => master.flags.includes(flag));

const first = (words: readonly Word[]): Word | undefined =>
	words.reduce<Word | undefined>((best, word) => (!best || word.at < best.at ? word : best), undefined);

const tellSilence: Teller = (failover, { silence }) => {
	if (!silence || failover.newPrimary !== undefined || has(failover, 'unreachable')) return failover;
	const { at } = silence;
	const told = { at, node: failover.oldPrimary, text: silenceText(silence), severity: 'warn' as const };
	return tell(since(failover, at), 'unreachable', told);
};

/** Sentinels and replicas that have lost the link to it. */
const tellLinks: Teller = (failover, { words, sentinels, now, silence }) => {
	const cut = flagged(failover, words, 'disconnected');
	const replicas = failover.before.nodes
		.filter(each => each.node !== failover.oldPrimary && each.role === 'replica')
		.map(each => now.tracks.get(each.node)?.lastGood)
		.filter(sample => sample?.info?.primary === failover.oldPrimary);
	const down = replicas.filter(
		sample => sample?.info?.isLinkUp === false && sample.at >= failover.startedAt - 1500,
	);
	const isLost = cut.length + down.length > 0 || silence !== undefined;
	const at = Math.min(first(cut)?.at ?? now.at, ...down.map(sample => sample!.at), silence?.at ?? now.at);
	const drawn = draw(failover, 'link', isLost ? 'lost' : undefined, at);
	const links = cut.length + down.length;
	if (links <= drawn.peaks.links || drawn.newPrimary !== undefined) return drawn;
	const parts = [
		...(cut.length > 0 ? [`${cut.length} of ${sentinels} Sentinels`] : []),
		...(down.length > 0 ? [`${down.length} of ${replicas.length} replicas`] : []),
	];
	const peaked = since({ ...drawn, peaks: { ...drawn.peaks, links } }, at);
	const text = `link lost: ${parts.join(', ')}`;
	return tell(peaked, 'link-lost', { at, node: failover.oldPrimary, text, severity: 'warn' });
};

const tellDown: Teller = (failover, { words, sentinels, now }) => {
	const sdown = flagged(failover, words, 's_down');
	const odown = flagged(failover, words, 'o_down');
	const level = odown.length > 0 ? 'fail' : sdown.length > 0 ? 'pfail' : undefined;
	const drawn = draw(failover, 'failFlag', level, first(odown.length > 0 ? odown : sdown)?.at ?? now.at);
	if (drawn.newPrimary !== undefined) return drawn;
	return tellOdown(tellSdown(drawn, sdown, sentinels), odown);
};

function tellSdown(failover: Failover, sdown: readonly Word[], sentinels: number): Failover {
	const who = first(sdown);
	if (!who || sdown.length <= failover.peaks.state) return failover;
	const after = who.master.downAfterMilliseconds;
	const patience = after ? ` (down-after ${after / 1000}s)` : '';
	const text = `sdown: ${sdown.length} of ${sentinels} Sentinels get no answer${patience}`;
	const peaked = since({ ...failover, peaks: { ...failover.peaks, state: sdown.length } }, who.at);
	return tell(peaked, 'sdown', { at: who.at, node: who.sentinel, text, severity: 'warn' });
}

function tellOdown(failover: Failover, odown: readonly Word[]): Failover {
	const who = first(odown);
	if (!who || has(failover, 'odown')) return failover;
	const quorum = who.master.quorum ? ` of ${who.master.quorum}` : '';
	const text = `odown: a quorum${quorum} agrees that it is down`;
	return tell(failover, 'odown', { at: who.at, node: who.sentinel, text, severity: 'crit' });
}

/** A Sentinel that runs the failover says at which stage it is. */
const tellStages: Teller = (failover, { words }) => {
	const leading = flagged(failover, words, 'failover_in_progress');
	const who = first(leading);
	if (!who || failover.newPrimary !== undefined) return failover;
	const isForced = who.master.flags.includes('force_failover');
	const text = isForced ? 'failover started by hand (SENTINEL FAILOVER)' : 'starts the failover';
	const started = tell(since(failover, who.at), 'leader', { at: who.at, node: who.sentinel, text });
	const stage = who.master.failoverState;
	if (stage !== 'send_slaveof_noone' && stage !== 'wait_promotion') return started;
	return tell(started, 'selected', {
		at: who.at,
		node: who.sentinel,
		text: 'elected, and has chosen a replica',
	});
};

/** Without a quorum the flag stays s_down for ever, and nobody takes over. */
const tellQuorum: Teller = (failover, { words, sentinels, now }) => {
	const lost = words.filter(({ master }) => master.isQuorumReachable === false);
	const isDown =
		flagged(failover, words, 's_down').length > 0 || flagged(failover, words, 'o_down').length > 0;
	if (!isDown || lost.length < words.length || words.length === 0 || failover.newPrimary !== undefined)
		return failover;
	// The failover itself needs the majority of all known Sentinels, whatever the quorum.
	const needed = Math.max(lost[0]!.master.quorum ?? 0, Math.floor(sentinels / 2) + 1);
	const text = `no failover is possible: ${words.length} of ${sentinels} Sentinels answer, needed are ${needed}`;
	return tell(failover, 'majority-lost', { at: now.at, text, severity: 'crit' });
};

/** A replica of it says that it is primary: 0.9 s before the first Sentinel tells anybody. */
const tellPromotion: Teller = (failover, { words, before, now }) => {
	if (failover.newPrimary !== undefined) return failover;
	const named = words.find(
		({ master }) => master.address !== failover.oldPrimary && isNewer(master, failover),
	)?.master.address;
	const mates = failover.before.nodes.map(each => each.node);
	const heir =
		mates.find(node => node !== failover.oldPrimary && isPromoted(now.tracks.get(node), failover)) ?? named;
	if (heir === undefined) return failover;
	const told = now.tracks.get(heir)?.lastGood;
	const isByOwnWord = heir !== named || told?.info?.role === 'primary';
	const at = isByOwnWord ? (told?.at ?? now.at) : (first(words)?.at ?? now.at);
	const promoted = promote(since(failover, at), heir, before, now);
	return tell(promoted, 'promoted', { at, node: heir, text: promotionText(promoted) });
};

const isNewer = (master: SentinelMaster, failover: Failover) =>
	failover.oldEpoch === undefined ||
	master.configEpoch === undefined ||
	master.configEpoch > failover.oldEpoch;

/** Primary since the failover began, and a replica before it. */
function isPromoted(track: NodeTrack | undefined, failover: Failover): boolean {
	if (!track?.lastGood || track.error || track.lastGood.at < failover.startedAt - 1500) return false;
	const was = failover.before.nodes.find(each => each.node === track.address)?.role;
	return was === 'replica' && track.lastGood.info?.role === 'primary';
}

const promotionText = (failover: Failover) =>
	isCrash(failover) ? 'promoted: says that it is primary' : 'promoted by hand (SENTINEL FAILOVER)';

const tellSwitch: Teller = (failover, { words, sentinels, now }) => {
	const { newPrimary } = failover;
	if (newPrimary === undefined) return failover;
	const naming = words.filter(({ master }) => master.address === newPrimary);
	const who = first(naming);
	if (!who || naming.length <= failover.peaks.switched) return failover;
	const epoch = who.master.configEpoch;
	const epochs =
		failover.oldEpoch !== undefined && epoch !== undefined ? `, epoch ${failover.oldEpoch} to ${epoch}` : '';
	const text = `switch: ${naming.length} of ${sentinels} Sentinels send clients to ${newPrimary}${epochs}`;
	const told = tell(
		{ ...failover, newEpoch: epoch, peaks: { ...failover.peaks, switched: naming.length } },
		'switch',
		{
			at: who.at,
			node: who.sentinel,
			text,
		},
	);
	const row = now.fleet.nodes.find(each => each.address === newPrimary);
	const isServing = row !== undefined && !isSilent(row) && row.role === 'primary';
	const isRefused = levelOf(told, 'writes') === 'refused';
	return isServing && isRefused
		? draw(told, 'writes', undefined, stepOf(told, 'switch')?.at ?? who.at)
		: told;
};

/** Clients have no primary: ours is silent, or a Sentinel says so. */
const tellUnserved: Teller = (failover, { words, silence, now }) => {
	const odown = flagged(failover, words, 'o_down');
	if (failover.newPrimary !== undefined || (!silence && odown.length === 0)) return failover;
	const learnt = stepOf(failover, 'unreachable')?.at ?? first(odown)?.at ?? now.at;
	const at = silence && !isBroken(silence) ? (silence.lastAnswerAt ?? learnt) : learnt;
	return drawFrom(failover, 'writes', 'refused', at);
};

const tellReconfigured: Teller = (failover, { now }) => {
	const { newPrimary, oldPrimary } = failover;
	if (newPrimary === undefined) return failover;
	const others = failover.before.nodes.filter(
		each => each.node !== oldPrimary && each.node !== newPrimary && each.role === 'replica',
	);
	const done = others.filter(({ node }) => {
		const track = now.tracks.get(node);
		return (
			!track?.error && track?.lastGood?.info?.primary === newPrimary && track.lastGood.info.isLinkUp === true
		);
	});
	if (done.length === 0 || done.length < others.length) return failover;
	const at = Math.max(...done.map(({ node }) => now.tracks.get(node)?.lastGood?.at ?? now.at));
	const text = `${done.length === 1 ? `${done[0]!.node} replicates` : `${done.length} replicas replicate`} from ${newPrimary}`;
	return tell(failover, 'reconfigured', {
		at,
		node: newPrimary,
		text,
	});
};

const tellRestored: Teller = (failover, { words, now, silence }) => {
	if (failover.newPrimary !== undefined) return failover;
	const track = now.tracks.get(failover.oldPrimary);
	const isPrimary = track?.isSeenWell || (!track?.error && track?.lastGood?.info?.role === 'primary');
	const isAlarmed = ofOld(failover, words).some(({ master }) => isAlarming(master));
	const at = Math.max(track?.lastGood?.at ?? now.at, failover.startedAt);
	const served = isPrimary && !silence ? draw(failover, 'writes', undefined, at) : failover;
	const calm = calmed(served, isPrimary && !silence && !isAlarmed, at);
	const back = calmSinceOf(calm, now);
	if (back === undefined) return calm;
	const who = track?.isSeenWell ? 'is well for the Sentinels' : 'answers again';
	const text = `${who} and is still primary: no failover`;
	return tell(calm, 'restored', { at: back, node: failover.oldPrimary, text });
};

const tellers: readonly Teller[] = [
	tellSilence,
	tellLinks,
	tellDown,
	tellStages,
	tellQuorum,
	tellUnserved,
	tellPromotion,
	tellSwitch,
	tellReconfigured,
	tellRestored,
	(failover, { now }) => keepHeirOffset(keepOffset(failover, now), now),
	(failover, { now }) => tellReturn(failover, now),
];

// ---------------------------------------------------------------------------------------------------------
// What it was

const isCrash = (failover: Failover) =>
	has(failover, 'unreachable', 'sdown', 'odown') || failover.hasRestarted === true;

function kindOf(failover: Failover, { silence }: Look): FailoverKind {
	if (failover.newPrimary !== undefined) {
		if (isCrash(failover)) return 'crash';
		return failover.kind === 'manual' || !silence ? 'manual' : 'crash';
	}
	if (has(failover, 'restored')) return 'back';
	return has(failover, 'majority-lost', 'no-candidate') && has(failover, 'unreachable')
		? 'lost'
		: 'under-way';
}
