// How much a node has to do, as the polling knows it: what work on its keys is gentle by.

import type { HotPressure } from './core/keys/hot-ladder.ts';
import { hasMainThread } from './core/known-servers.ts';
import type { Address, NodeTrack } from './core/types.ts';
import type { State } from './state/state.ts';

/** What slows a scan down: the node's round trip, a fork, its main thread. */
export function pressureOn(state: State, address: Address) {
	for (const fleet of state.fleets) {
		const track = fleet.tracks.get(address);
		if (!track?.lastGood) continue;
		const { info, pingMilliseconds, waitedMilliseconds } = track.lastGood;
		return {
			// A scan keeps our own event loop at work: that is not the server's doing.
			pingMilliseconds: waitedMilliseconds ?? pingMilliseconds,
			isForking: info?.isSaving || info?.isAofRewriting,
			cpuPercent: busiestOf(track),
		};
	}
	return undefined;
}

/** Where many threads run commands, that of all of them together is no sign that one is full. */
const busiestOf = ({ rates, lastGood }: NodeTrack) =>
	rates?.cpuOf === 'process' && !hasMainThread(lastGood?.info?.server) ? undefined : rates?.cpuPercent;

export function hotPressureOn(state: State, address: Address): HotPressure | undefined {
	for (const fleet of state.fleets) {
		const track = fleet.tracks.get(address);
		if (!track) continue;
		const primaries = fleet.now.fleet.nodes.filter(({ role, isGone }) => role === 'primary' && !isGone);
		const ops = fleet.now.fleet.totals.opsPerSecond;
		const node = fleet.now.fleet.nodes.find(one => one.address === address);
		// Its figures are those of before.
		if (node?.health === 'down') return { down: node.error?.text ?? 'it is down' };
		return {
			opsPerSecond: track.rates?.ops,
			cpuPercent: busiestOf(track),
			pingMilliseconds: track.lastGood?.pingMilliseconds,
			clientsBytes: track.lastGood?.info?.clientsNormalBytes,
			meanOpsPerSecond: ops === undefined || primaries.length === 0 ? undefined : ops / primaries.length,
			primaries: fleet.now.fleet.mode === 'cluster' ? Math.max(1, primaries.length) : 1,
		};
	}
	return undefined;
}
