// What changed between two rounds in what the Sentinels say of their masters: a primary suspected by some (sdown), agreed
// down by a quorum (odown), replaced (switch), or named differently by different Sentinels. Read from SENTINEL MASTERS of
// all Sentinels that answer, which is the truth; their pub/sub messages are only a hint and are not looked at here.

import { hasPlace } from '../parse/parse-address.ts';
import { printable } from '../text/printable.ts';
import type { Address, FleetEvent, NodeTrack } from '../types.ts';
import type { Moment } from './events-cluster.ts';
import { addressesByMaster } from './findings-fleet.ts';

type Word = { asked: number; sdown: number; odown: number; quorum?: number };

export function findSentinelEvents(before: Moment, now: Moment): FleetEvent[] {
	return [...findSuspicions(before, now), ...findSwitches(before, now), ...findSplits(before, now)];
}

function wordsOf(tracks: ReadonlyMap<Address, NodeTrack>): Map<string, Word> {
	const words = new Map<string, Word>();
	for (const track of tracks.values()) {
		if (track.error || track.gone) continue;
		for (const { name, flags, quorum } of track.sentinel?.masters ?? []) {
			const word = words.get(name) ?? { asked: 0, sdown: 0, odown: 0, quorum };
			word.asked += 1;
			word.sdown += flags.includes('s_down') ? 1 : 0;
			word.odown += flags.includes('o_down') ? 1 : 0;
			words.set(name, word);
		}
	}
	return words;
}

function findSuspicions(before: Moment, { fleet, tracks, at }: Moment): FleetEvent[] {
	const known = wordsOf(before.tracks);
	// The address of before: a switch in the same round names the next primary already.
	const old = new Map(before.fleet.sentinel?.masters.map(master => [master.name, master.primary]));
	return [...wordsOf(tracks)].flatMap(([name, is]) => {
		const was = known.get(name);
		if (!was) return [];
		const node = old.get(name) ?? fleet.sentinel?.masters.find(master => master.name === name)?.primary;
		const events: FleetEvent[] = [];
		if (is.sdown > 0 && was.sdown === 0)
			events.push({
				at,
				kind: 'sdown',
				node,
				severity: 'warn',
				text: `sdown: ${is.sdown} of ${is.asked} Sentinels get no answer`,
			});
		if (is.odown > 0 && was.odown === 0)
			events.push({
				at,
				kind: 'odown',
				node,
				severity: 'crit',
				text: `odown: a quorum${is.quorum ? ` of ${is.quorum}` : ''} agrees that ${printable(name)} is down`,
			});
		return events;
	});
}

function findSwitches(before: Moment, { fleet, at }: Moment): FleetEvent[] {
	const old = new Map(before.fleet.sentinel?.masters.map(master => [master.name, master.primary]));
	return (fleet.sentinel?.masters ?? []).flatMap(({ name, primary }) => {
		const was = old.get(name);
		// A name that resolves again, or no longer, is no switch.
		if (was === undefined || was === primary || !hasPlace(was) || !hasPlace(primary)) return [];
		return [
			{
				at,
				kind: 'switch' as const,
				node: primary,
				severity: 'warn' as const,
				text: `${printable(name)}: primary was ${was}`,
			},
		];
	});
}

function findSplits(before: Moment, { tracks, at }: Moment): FleetEvent[] {
	const known = addressesByMaster(before.tracks);
	return [...addressesByMaster(tracks)].flatMap(([name, is]): FleetEvent[] => {
		const was = known.get(name);
		if (!was || is.size > 1 === was.size > 1) return [];
		const named = [...is].sort().join(' and ');
		if (is.size === 1)
			return [{ at, kind: 'view-joined', text: `Sentinels agree on ${named} for ${printable(name)}` }];
		return [
			{ at, kind: 'view-split', severity: 'warn', text: `Sentinels name ${named} for ${printable(name)}` },
		];
	});
}
