// Type, TTL, encoding and size of the keys in a list that changes: each is asked when it comes into the list and then
// once a minute, not at every refresh, for each costs a few hits. In between the TTL runs down here.

import { addOwn } from '../../core/fleet/own-use.ts';
import type { HotNote } from '../../core/keys/hot-facts.ts';
import type { HotKey, HotKeysResult, HotTarget } from '../../core/keys/hot-keys.ts';
import { type FleetFacts, withAdvice } from '../../core/keys/hot-keys-merge.ts';
import type { HotPressure } from '../../core/keys/hot-ladder.ts';
import { mayShareCounter, sharesIntegers } from '../../core/keys/lfu.ts';
import type { Address, OwnUse } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import { type DescribeOptions, describeHotKeys } from './describe-keys.ts';

/** What the advice needs beyond the nodes that were looked at, as whoever polls them knows it. */
export function fleetFacts(
	targets: readonly HotTarget[],
	pressure: ((node: Address) => HotPressure | undefined) | undefined,
): FleetFacts {
	const known = targets.map(({ address }) => pressure?.(address)).find(each => each !== undefined);
	return {
		meanOpsPerSecond: known?.meanOpsPerSecond,
		primaries: known?.primaries ?? (targets[0]?.isCluster ? targets.length : 1),
	};
}

type Known = Pick<HotKey, 'exists' | 'type' | 'encoding' | 'ttlSeconds' | 'bytes'> & { readonly at: number };

const keptMilliseconds = 60_000;
/** More keys are not kept in mind. */
const mostKept = 10_000;
/** Asked in one go. */
const mostAsked = 100;

export class KeyDetails {
	readonly own = new Map<Address, OwnUse>();
	private readonly known = new Map<string, Known>();
	private notes: readonly HotNote[] = [];
	private asking: Promise<boolean> | undefined;

	constructor(
		private readonly targets: readonly HotTarget[],
		private readonly options: DescribeOptions,
	) {}

	/** The result with what is known of its keys, and advice that follows from it. */
	fill(result: HotKeysResult, fleet: FleetFacts): HotKeysResult {
		const now = timeNow();
		const keys = result.keys.map(key => {
			const known = this.known.get(idOf(key));
			return known ? withTwin({ ...key, ...aged(known, now) }, this.targetOf(key)) : key;
		});
		return withAdvice({ ...result, keys, notes: [...result.notes, ...this.notes] }, fleet);
	}

	/** Settled when no key is being asked about. */
	async isIdle(): Promise<void> {
		await this.asking;
	}

	/** Asks for what is not known or old; true where that taught something. One at a time. */
	learn(keys: readonly HotKey[]): Promise<boolean> {
		this.asking ??= this.ask(keys).finally(() => {
			this.asking = undefined;
		});
		return this.asking;
	}

	private async ask(keys: readonly HotKey[]): Promise<boolean> {
		const at = timeNow();
		const unknown = keys
			.filter(key => !(at - (this.known.get(idOf(key))?.at ?? 0) < keptMilliseconds))
			.slice(0, mostAsked);
		if (unknown.length === 0) return false;
		const described = await describeHotKeys(unknown, this.targets, this.options);
		for (const [node, use] of described.own) this.own.set(node, addOwn(this.own.get(node), use)!);
		this.notes = described.notes;
		if (this.known.size > mostKept) this.known.clear();
		for (const { key, node, db, exists, type, encoding, ttlSeconds, bytes } of described.keys)
			this.known.set(idOf({ key, node, db }), { exists, type, encoding, ttlSeconds, bytes, at });
		return true;
	}

	private targetOf(key: HotKey): HotTarget | undefined {
		return this.targets.find(({ address }) => address === key.node);
	}
}

const idOf = ({ key, node, db = 0 }: Pick<HotKey, 'key' | 'node' | 'db'>) => `${node}/${db}/${key}`;

function aged({ at, ttlSeconds, ...known }: Known, now: number): Partial<HotKey> {
	if (typeof ttlSeconds !== 'number') return { ...known, ttlSeconds };
	return { ...known, ttlSeconds: Math.max(0, ttlSeconds - Math.round((now - at) / 1000)) };
}

/** A small number may show the counter of another key that holds the same one. */
function withTwin(key: HotKey, target: HotTarget | undefined): HotKey {
	if (key.counterMeans === undefined || key.encoding !== 'int' || !target) return key;
	return sharesIntegers(target) && mayShareCounter(key) ? { ...key, isCounterShared: true } : key;
}
