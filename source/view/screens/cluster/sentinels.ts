// Sentinels on the cluster screen: of each master what its quorum is and what it takes to act, whether both can be
// reached, and where Sentinels disagree, are down or stand on one host; and the log of what they said. The quorum calls
// a primary down; to act on it takes the majority of all Sentinels ever known: the two are told apart.

import { hostOf, isLoopback } from '../../../core/cluster/hosts.ts';
import type { SentinelEntry, SentinelEvent } from '../../../core/failover/sentinel-messages.ts';
import { sentinelEventText } from '../../../core/failover/sentinel-words.ts';
import { addressesByMaster } from '../../../core/findings/findings-fleet.ts';
import { fitMiddle, printable, printableText } from '../../../core/text/printable.ts';
import { counted } from '../../../core/text/quantity.ts';
import type { Address, SentinelMaster } from '../../../core/types.ts';
import { shownAt } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { clock } from '../../format.ts';
import { blocks } from '../../parts/text-lines.ts';
import { dim, type Line, plain, spread, textWidth } from '../../theme.ts';
import { nameWidth } from './failover.ts';
import { type ClusterMark, gutter, namesOf, sentence, titled } from './lines.ts';

type Word = { readonly sentinel: Address; readonly master: SentinelMaster };

/** What the Sentinels that answer say of a master. */
const wordsOn = (fleet: FleetTrack, name: string): Word[] =>
	[...fleet.tracks.values()].flatMap(track => {
		if (track.kind !== 'sentinel' || track.error || track.gone) return [];
		const master = track.sentinel?.masters.find(each => each.name === name);
		return master ? [{ sentinel: track.address, master }] : [];
	});

/** One is away, or they cannot act, or they name different primaries. */
export function isSentinelTrouble(fleet: FleetTrack): boolean {
	const { sentinels = [], masters = [] } = fleet.now.fleet.sentinel ?? {};
	return (
		sentinels.some(({ health }) => health !== 'up') ||
		masters.some(({ isQuorumReachable }) => isQuorumReachable === false) ||
		[...addressesByMaster(fleet.tracks).values()].some(named => named.size > 1)
	);
}

export function sentinelLines(state: State, fleet: FleetTrack): readonly Line[] {
	const { sentinel } = fleet.now.fleet;
	if (!sentinel) return [];
	const { columns } = state.size;
	const up = sentinel.sentinels.filter(({ health }) => health === 'up').length;
	const all = sentinel.sentinels.length;
	return blocks([
		[
			titled('SENTINELS', `${up} of ${all} answer`, up < all ? '!' : ''),
			...sentinel.sentinels
				.filter(({ health }) => health !== 'up')
				.flatMap(({ node, health, error }) =>
					sentence(`${node}  ${health}${error ? `: ${printableText(error.text, 200)}` : ''}`, columns, {
						mark: '!',
					}),
				),
			...hostLines(
				columns,
				sentinel.sentinels.map(({ node }) => node),
			),
		],
		...sentinel.masters.map(({ name }) => masterLines(columns, fleet, name, all)),
	]);
}

/** Sentinels on one host fall together: counted only away from loopback, where all are. */
function hostLines(columns: number, sentinels: readonly Address[]): readonly Line[] {
	const hosts = new Map<string, number>();
	for (const address of sentinels) {
		if (isLoopback(address)) continue;
		hosts.set(hostOf(address), (hosts.get(hostOf(address)) ?? 0) + 1);
	}
	return [...hosts]
		.filter(([, many]) => many > 1)
		.flatMap(([host, many]) =>
			sentence(`${many} Sentinels on the host ${host}: they fall together`, columns, { mark: '!' }),
		);
}

function masterLines(columns: number, fleet: FleetTrack, name: string, sentinels: number): readonly Line[] {
	const words = wordsOn(fleet, name);
	const known = Math.max(sentinels, ...words.map(({ master }) => (master.otherSentinels ?? 0) + 1));
	const majority = Math.floor(known / 2) + 1;
	const quorum = Math.max(0, ...words.map(({ master }) => master.quorum ?? 0));
	const answering = words.length;
	const needed = Math.max(quorum, majority);
	const epoch = Math.max(0, ...words.map(({ master }) => master.configEpoch ?? 0));
	const down = words.find(({ master }) => master.downAfterMilliseconds !== undefined)?.master;
	const mark: ClusterMark = answering < needed ? '!!' : '';
	const patience =
		down?.downAfterMilliseconds === undefined ? '' : `, down after ${down.downAfterMilliseconds / 1000}s`;
	return [
		titled(
			printable(name).toUpperCase() === 'SENTINELS' ? `master ${name}` : printable(name),
			`${words[0]?.master.address ?? '-'}   epoch ${epoch}${patience}`,
			mark,
		),
		...sentence(
			`${answering} of ${known} Sentinels answer; quorum ${quorum}, ${needed > majority ? `${needed} of ${known} votes` : `majority ${majority} of ${known}`} to fail over`,
			columns,
			{ mark },
		),
		...quorumLines(columns, words),
		...disagreementLines(columns, words),
		...flagLines(columns, words),
	];
}

/** CKQUORUM in the Sentinel's own words where it fails. */
function quorumLines(columns: number, words: readonly Word[]): readonly Line[] {
	const lost = words.filter(({ master }) => master.isQuorumReachable === false);
	if (lost.length > 0)
		return lost.slice(0, 3).flatMap(({ sentinel, master }) =>
			sentence(`${sentinel}  CKQUORUM: ${printableText(master.quorumText ?? 'no quorum', 300)}`, columns, {
				mark: '!!',
			}),
		);
	const well = words.find(({ master }) => master.isQuorumReachable && master.quorumText !== undefined);
	return well
		? sentence(`CKQUORUM: ${printableText(well.master.quorumText!, 300)}`, columns, { isQuiet: true })
		: [];
}

function disagreementLines(columns: number, words: readonly Word[]): readonly Line[] {
	const named = new Map<Address, Address[]>();
	for (const { sentinel, master } of words)
		named.set(master.address, [...(named.get(master.address) ?? []), sentinel]);
	if (named.size < 2) return [];
	return [...named]
		.sort(([, a], [, b]) => b.length - a.length)
		.flatMap(([primary, tellers], index) =>
			sentence(`${index === 0 ? 'most name' : 'named'} ${primary} by ${tellers.join(', ')}`, columns, {
				mark: index === 0 ? '' : '!',
			}),
		);
}

const flagWords: Readonly<Record<string, string>> = {
	s_down: 'gets no answer (sdown)',
	o_down: 'agrees that it is down (odown)',
	disconnected: 'has lost the link to it',
	failover_in_progress: 'runs a failover',
	force_failover: 'was told to fail it over',
};

function flagLines(columns: number, words: readonly Word[]): readonly Line[] {
	return words.flatMap(({ sentinel, master }) => {
		const said = master.flags.flatMap(flag => (Object.hasOwn(flagWords, flag) ? flagWords[flag]! : []));
		const mark = master.flags.includes('o_down') ? '!!' : '!';
		return said.length > 0 ? sentence(`${sentinel}  ${said.join(', ')}`, columns, { mark }) : [];
	});
}

/** What the Sentinels said, newest first. */
export function logLines(state: State, fleet: FleetTrack): readonly Line[] {
	const at = shownAt(state);
	const sentinelLog = fleet.sentinelLog.filter(entry => entry.at <= at);
	return [
		titled(
			'SENTINEL EVENTS',
			sentinelLog.length === 0 ? 'none heard' : `${sentinelLog.length} heard, newest first`,
		),
		...sentinelLog.map(entry => saidLine(state, fleet, entry)),
	];
}

function saidLine(state: State, fleet: FleetTrack, { at, event, by }: SentinelEntry): Line {
	const { columns } = state.size;
	const who = subjectOf(event);
	const name = who === undefined ? '' : namesOf(fleet, columns)(who);
	const room = nameWidth(state, fleet);
	const node =
		room === 0
			? ''
			: `${fitMiddle(name, room, state.isAscii)}${' '.repeat(Math.max(0, room - textWidth(name)))}  `;
	const tellers = counted(by.length, 'Sentinel');
	const left: Line = [
		...gutter(columns, markOfEvent(event)),
		dim(`${clock(at, state.clockOffset)}  `),
		plain(`${node}${printableText(sentinelEventText(event), 300)}`),
	];
	return isNarrow(columns) ? left : spread(left, [dim(tellers)], columns, state.isAscii);
}

function subjectOf(event: SentinelEvent): Address | undefined {
	if (event.kind === 'switch') return event.to;
	return 'instance' in event ? event.instance.address : undefined;
}

function markOfEvent(event: SentinelEvent): ClusterMark {
	switch (event.kind) {
		case 'odown':
			return event.isOver ? '' : '!!';
		case 'sdown':
		case 'tilt':
			return event.isOver ? '' : '!';
		case 'failover-abort':
			return '!!';
		case 'switch':
		case 'promoted-replica':
			return '*';
		default:
			return '';
	}
}
