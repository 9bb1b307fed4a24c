// The Sentinels of a fleet: how many watch each master, whether their majority outlives one host, and how long a dead
// primary stays. Quorum is only for calling a primary dead; the failover itself needs a majority of all known Sentinels.

import { counted, duration } from '../core/text/quantity.ts';
import type { Address, SentinelMaster } from '../core/types.ts';
import { type AuditFleet, act, type FleetPoint, fine, look } from './audit.ts';
import { isLoopback, mostOnOneHost, textOf } from './reading.ts';

type Watched = { readonly master: SentinelMaster; readonly sentinels: readonly Address[] };

/** Each master with the Sentinels that watch it: those that answer us and those they name. */
function watchedMasters({ tracks }: AuditFleet): readonly Watched[] {
	const found = new Map<string, { master: SentinelMaster; sentinels: Set<Address> }>();
	for (const track of tracks.values()) {
		for (const master of track.sentinel?.masters ?? []) {
			const entry = found.get(master.name) ?? { master, sentinels: new Set<Address>() };
			entry.sentinels.add(track.address);
			for (const { address } of master.sentinels ?? []) entry.sentinels.add(address);
			found.set(master.name, entry);
		}
	}
	return [...found.values()].map(({ master, sentinels }) => ({ master, sentinels: [...sentinels] }));
}

/** How many Sentinels there are: by name, or by their own count where the names were not asked. */
const howMany = ({ master, sentinels }: Watched) =>
	Math.max(sentinels.length, (master.otherSentinels ?? 0) + 1);

const fewSentinels: FleetPoint = {
	id: 'audit-few-sentinels',
	check: view =>
		watchedMasters(view).map(watched => {
			const many = howMany(watched);
			const set = `${counted(many, 'Sentinel')} for ${textOf(watched.master.name)}`;
			const nodes = watched.sentinels;
			if (many >= 3)
				return {
					nodes,
					...fine(
						set,
						`${many - Math.floor(many / 2) - 1} may fail: a majority of all known Sentinels must vote.`,
					),
				};
			return {
				nodes,
				...act(
					set,
					many === 2
						? 'The majority of two is two, whatever the quorum: when either is gone there is no failover.'
						: 'When its host dies there is nobody to fail over, and its opinion alone decides that a primary is dead.',
					'three Sentinels on three hosts',
					`SENTINEL MONITOR ${textOf(watched.master.name)} <ip> <port> 2`,
				),
			};
		}),
};

const quorum: FleetPoint = {
	id: 'audit-quorum',
	check: view =>
		watchedMasters(view).flatMap(watched => {
			const { quorum: wanted, name } = watched.master;
			if (wanted === undefined) return [];
			const many = howMany(watched);
			const nodes = watched.sentinels;
			const set = `quorum ${wanted} of ${counted(many, 'Sentinel')} for ${textOf(name)}`;
			const majority = Math.floor(many / 2) + 1;
			const command = `SENTINEL SET ${textOf(name)} quorum ${majority}`;
			if (wanted > many)
				return [
					{
						nodes,
						...act(
							set,
							'More Sentinels must agree than there are: a dead primary is never called dead.',
							`${majority}, the majority`,
							command,
						),
					},
				];
			if (wanted === many && many > 2)
				return [
					{
						nodes,
						...look(
							set,
							'All Sentinels must agree that the primary is dead: with one of them gone there is no failover.',
							`${majority}, the majority`,
							command,
						),
					},
				];
			if (wanted === 1 && many > 1)
				return [
					{
						nodes,
						...look(
							set,
							'One Sentinel that cannot reach the primary starts a failover; the leader still needs a majority of votes.',
							`${majority}, the majority`,
							command,
						),
					},
				];
			return [
				{
					nodes,
					...fine(
						set,
						`Quorum decides that a primary is dead; the failover itself needs ${Math.max(wanted, majority)} votes.`,
					),
				},
			];
		}),
};

const sentinelsOnOneHost: FleetPoint = {
	id: 'audit-sentinels-one-host',
	check: view =>
		watchedMasters(view).flatMap(watched => {
			const placed = watched.sentinels;
			if (placed.length < 2 || placed.some(isLoopback)) return [];
			const [host, together] = mostOnOneHost(placed);
			const majority = Math.floor(howMany(watched) / 2) + 1;
			if (howMany(watched) - together.length >= majority)
				return [
					{
						nodes: placed,
						...fine('Sentinels on several hosts', 'The death of one host leaves a majority.'),
					},
				];
			return [
				{
					nodes: together,
					...act(
						`${together.length} of ${howMany(watched)} Sentinels on ${textOf(host)}`,
						'When that host dies the rest is no majority: no failover. If the primary runs there too, one death takes both.',
						'each Sentinel on a host of its own',
					),
				},
			];
		}),
};

const downAfter: FleetPoint = {
	id: 'audit-down-after',
	check: view =>
		watchedMasters(view).flatMap(({ master, sentinels: nodes }) => {
			const milliseconds = master.downAfterMilliseconds;
			if (milliseconds === undefined) return [];
			const set = `down-after-milliseconds ${milliseconds} for ${textOf(master.name)}`;
			const outage = duration(milliseconds / 1000 + 1.2);
			const command = `SENTINEL SET ${textOf(master.name)} down-after-milliseconds 5000`;
			if (milliseconds > 30_000)
				return [
					{
						nodes,
						...look(set, `A dead primary is replaced after about ${outage}.`, '5000 to 30000', command),
					},
				];
			if (milliseconds < 1000)
				return [
					{
						nodes,
						...look(
							set,
							'A fork or a long command is taken for a death: failovers without need.',
							'5000 or more',
							command,
						),
					},
				];
			return [
				{
					nodes,
					...fine(
						set,
						`A dead primary is replaced after about ${outage}; a try that fails waits for twice the failover-timeout.`,
					),
				},
			];
		}),
};

export const sentinelPoints: readonly FleetPoint[] = [fewSentinels, quorum, sentinelsOnOneHost, downAfter];
