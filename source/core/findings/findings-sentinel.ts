// What Sentinels believe that fits together in none of them alone: one server under two names, a replica that two groups
// count as theirs, and quorums that differ from one Sentinel to the next. All is well until a failover: then each name is
// failed over by itself, and a node that two groups have is told by both whom to follow. Of what is down nothing is said:
// Sentinels keep the addresses of replicas that are long gone.

import { printable } from '../text/printable.ts';
import type { Address } from '../types.ts';
import type { FleetRule, FleetView } from './findings-rule.ts';

type Claims = {
	/** Names by the address of the primary that they name. */
	readonly primaries: ReadonlyMap<Address, ReadonlySet<string>>;
	/** Names by the address of a replica that answers. */
	readonly replicas: ReadonlyMap<Address, ReadonlySet<string>>;
	readonly quorums: ReadonlyMap<string, ReadonlySet<number>>;
};

const add = <Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value) =>
	void sets.set(key, (sets.get(key) ?? new Set<Value>()).add(value));

function claimsIn(tracks: FleetView['tracks']): Claims {
	const primaries = new Map<Address, Set<string>>();
	const replicas = new Map<Address, Set<string>>();
	const quorums = new Map<string, Set<number>>();
	for (const { kind, error, gone, sentinel } of tracks.values()) {
		if (kind !== 'sentinel' || error || gone) continue;
		for (const master of sentinel?.masters ?? []) {
			if (master.flags.includes('failover_in_progress')) continue;
			add(primaries, master.address, master.name);
			if (master.quorum !== undefined) add(quorums, master.name, master.quorum);
			for (const { address, flags } of master.replicas ?? [])
				if (!flags.some(flag => away.has(flag))) add(replicas, address, master.name);
		}
	}
	return { primaries, replicas, quorums };
}

const away: ReadonlySet<string> = new Set(['s_down', 'o_down', 'disconnected']);

const namesText = (names: Iterable<string>) =>
	[...names]
		.sort()
		.map(name => printable(name))
		.join(' and ');

type Forgotten = {
	readonly name: string;
	readonly sentinel: Address;
	readonly watching: number;
	/** Other names that it does not watch. */
	readonly more: number;
};

/**
 * Sentinels that others count on for a master, that answer, and do not watch it: started again with another file or an
 * empty one. The others go on to count them in for the majority, and they neither call it down nor vote.
 */
function forgottenIn(tracks: FleetView['tracks']): readonly Forgotten[] {
	const answering = [...tracks.values()].filter(
		({ kind, error, gone, sentinel }) => kind === 'sentinel' && !error && !gone && sentinel !== undefined,
	);
	const names = new Map<string, Set<Address>>();
	const counted = new Map<string, Set<Address>>();
	for (const { address, sentinel } of answering)
		for (const { name, sentinels = [] } of sentinel!.masters) {
			add(names, name, address);
			for (const peer of sentinels) add(counted, name, peer.address);
		}
	return answering.flatMap(({ address }) => {
		const lost = [...counted].filter(([name, peers]) => peers.has(address) && !names.get(name)!.has(address));
		const [name] = lost[0] ?? [];
		return name === undefined
			? []
			: [{ name, sentinel: address, watching: names.get(name)!.size, more: lost.length - 1 }];
	});
}

/** Of one node in two groups, of quorums that differ, and of Sentinels that have forgotten what they watched. */
export const sentinelsClash: FleetRule = view => {
	// Nearly always there is one name, and one quorum of it.
	if (view.fleet.mode !== 'sentinel') return [];
	const { primaries, replicas, quorums } = claimsIn(view.tracks);
	const doubled = [...primaries].filter(([, names]) => names.size > 1);
	const twice = new Set(doubled.map(([, names]) => namesText(names)));
	return [
		...doubled.map(([node, names]) => ({
			...{ node, severity: 'warn' as const, value: names.size, limits: { warn: 2 }, unit: 'count' as const },
			text: `one primary under ${names.size} names, ${namesText(names)}: each is failed over by itself`,
		})),
		...[...replicas]
			.filter(([, names]) => names.size > 1 && !twice.has(namesText(names)))
			.map(([node, names]) => sharedReplica(view, node, names)),
		...[...quorums]
			.filter(([, values]) => values.size > 1)
			.map(([name, values]) => ({
				node: primaryOf(view, name),
				...{ severity: 'warn' as const, value: values.size, limits: { warn: 2 }, unit: 'count' as const },
				text: `${printable(name)}: its Sentinels have different quorums, ${[...values].sort((a, b) => a - b).join(' and ')}`,
			})),
		...forgottenIn(view.tracks).map(({ name, sentinel, watching, more }) => ({
			...{
				node: sentinel,
				severity: 'warn' as const,
				value: 1 + more,
				limits: { warn: 1 },
				unit: 'count' as const,
			},
			text: `${printable(name)}${more > 0 ? ` and ${more} more` : ''}: this Sentinel does not watch it, and ${watching === 1 ? 'the other counts' : `${watching} others count`} on its vote: was its file lost?`,
		})),
	];
};

/** Two groups tell it whom to follow, in turn: it goes from one data set to the other. */
function sharedReplica(view: FleetView, node: Address, names: ReadonlySet<string>) {
	const { warn } = view.limits['views-differ'];
	const { sentinelSeconds: crit } = view.limits['views-differ'].extra;
	const value = (view.at - (view.since('views-differ', node) ?? view.at)) / 1000;
	return {
		...{ node, value, limits: { warn, crit } },
		severity: value >= crit ? ('crit' as const) : ('warn' as const),
		text: `a replica of ${namesText(names)} at once: both tell it whom to follow`,
	};
}

const primaryOf = ({ fleet }: FleetView, name: string): Address | undefined =>
	fleet.sentinel?.masters.find(master => master.name === name)?.primary;
