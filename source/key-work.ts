// The work of the key screens, beside the polling: scans for big keys, watches for hot keys, looks at one key. It
// performs what `update` decided and hands back what comes of it as messages; what it costs the nodes is kept by node,
// so that the engine can take it out of what is shown of them.

import { addOwn } from './core/fleet/own-use.ts';
import type { HotTarget } from './core/keys/hot-keys.ts';
import type { Address, OwnUse } from './core/types.ts';
import { hotPressureOn, pressureOn } from './key-pressure.ts';
import { type BigKeysScan, scanFleet } from './redis/big-keys/scan-fleet.ts';
import { timeNow } from './redis/clock.ts';
import type { Call } from './redis/commands.ts';
import type { Besides } from './redis/connection-watch.ts';
import type { DialSettings } from './redis/dial.ts';
import { type HotKeysWatch, watchHotKeys } from './redis/hot-keys/watch.ts';
import { lookAtKey } from './redis/key-look.ts';
import type { Effect, Message, State } from './state/state.ts';

export type KeyEffect = Extract<
	Effect,
	{ type: `scan-${string}` } | { type: `hot-keys-${string}` } | { type: 'key-look' }
>;

export type KeyWorkOptions = {
	readonly dials: ReadonlyMap<number, DialSettings>;
	readonly dispatch: (message: Message) => void;
	readonly state: () => State;
	/** Our polling connections to a node, as it names them: their commands are no traffic. */
	readonly clientNames: (node: Address) => readonly string[];
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

export type KeyWork = {
	readonly perform: (effect: KeyEffect) => void;
	/** What all of it does on a node. */
	readonly besides: (node: Address) => Besides | undefined;
	/** Whoever does not allow us something is asked at once. */
	readonly tryNow: () => void;
	readonly stop: () => Promise<void>;
};

/** What a scan has so far is told as often; its progress four times as often. */
const foundMilliseconds = 1000;
/** At first it is told sooner, and a little later each time: tens of thousands of keys take less than a second. */
const foundLaterMilliseconds = 250;
const earlyMilliseconds = 25;

export function createKeyWork(options: KeyWorkOptions): KeyWork {
	const scans = new Map<number, BigKeysScan>();
	const watches = new Map<number, HotKeysWatch>();
	/** Of what is over. */
	const past = new Map<Address, OwnUse>();

	const perform = (effect: KeyEffect) => {
		switch (effect.type) {
			case 'scan-start':
				return void follow(effect);
			case 'scan-pause':
				return scans.get(effect.id)?.pause();
			case 'scan-resume':
				return scans.get(effect.id)?.resume();
			case 'scan-stop':
				return scans.get(effect.id)?.stop('stopped');
			case 'hot-keys-watch':
				return watch(effect.id, effect.fleet, effect.targets);
			case 'hot-keys-rest':
				return watches.get(effect.id)?.rest();
			case 'hot-keys-sample':
				return watches.get(effect.id)?.sample();
			case 'hot-keys-stop':
				return watches.get(effect.id)?.stop();
			case 'hot-keys-repeat':
				return watches.get(effect.id)?.repeat(effect.isOn);
			case 'key-look':
				return void look(effect);
		}
	};

	async function follow(effect: Extract<KeyEffect, { type: 'scan-start' }>): Promise<void> {
		const { id } = effect;
		const scan = scanFleet(effect.targets, {
			dial: options.dials.get(effect.fleet)!,
			rate: effect.rate,
			top: effect.top,
			isExact: effect.isExact,
			only: effect.only,
			earlier: effect.earlier,
			onSent: options.onSent,
			pressure: address => pressureOn(options.state(), address),
		});
		scans.set(id, scan);
		let foundAt = Number.NEGATIVE_INFINITY;
		let told = 0;
		for await (const progress of scan) {
			const at = timeNow();
			const wait = Math.min(foundMilliseconds, told * foundLaterMilliseconds);
			// Timers are a little early or late: the next progress would be one too late.
			const isDue = progress.scanned > 0 && at - foundAt >= wait - earlyMilliseconds;
			if (isDue) {
				foundAt = at;
				told++;
			}
			options.dispatch({
				type: 'scan',
				at,
				id,
				progress,
				found: isDue ? scan.soFar() : undefined,
				isOver: false,
			});
		}
		const found = await scan.result;
		scans.delete(id);
		for (const { node, own } of scan.progress().nodes) keep(node, own);
		options.dispatch({ type: 'scan', at: timeNow(), id, progress: scan.progress(), found, isOver: true });
	}

	function watch(id: number, fleet: number, targets: readonly HotTarget[]): void {
		const known = watches.get(id);
		if (known) {
			known.wake();
			return;
		}
		const made = watchHotKeys(targets, {
			dial: options.dials.get(fleet)!,
			top: options.state().scanTop,
			onSent: options.onSent,
			onStatus: status => options.dispatch({ type: 'hot-keys', at: timeNow(), id, status }),
			pressure: address => hotPressureOn(options.state(), address),
			ownClients: options.clientNames,
		});
		watches.set(id, made);
	}

	async function look(effect: Extract<KeyEffect, { type: 'key-look' }>): Promise<void> {
		const fleet = options.state().fleets.find(({ id }) => id === effect.fleet);
		const { own, ...found } = await lookAtKey({
			dial: options.dials.get(effect.fleet)!,
			node: effect.node,
			db: effect.db,
			key: effect.key,
			isCluster: fleet?.now.fleet.mode === 'cluster',
			withElements: effect.withElements,
			onSent: options.onSent,
		});
		if (own) keep(found.node, own);
		options.dispatch({ type: 'key-look', at: timeNow(), id: effect.id, look: found });
	}

	const keep = (node: Address, own: OwnUse) => past.set(node, addOwn(past.get(node), own)!);

	/** All but one scan's. */
	function ownBut(node: Address, but?: BigKeysScan): OwnUse | undefined {
		let all = past.get(node);
		for (const scan of scans.values()) if (scan !== but) all = addOwn(all, scan.own(node));
		for (const each of watches.values()) all = addOwn(all, each.own(node));
		return all;
	}

	/** A scan does more than all else that may be at work beside it. */
	function besides(node: Address): Besides | undefined {
		const own = ownBut(node);
		const scan = [...scans.values()].findLast(each => each.own(node));
		return (
			own && {
				own,
				info:
					scan &&
					(async () => {
						const marked = await scan.markedInfo(node);
						// Over by now, it is in what is past.
						const isAtWork = [...scans.values()].includes(scan);
						return marked && isAtWork
							? { ...marked, own: addOwn(ownBut(node, scan), marked.own)! }
							: undefined;
					}),
			}
		);
	}

	return {
		perform,
		besides,
		tryNow() {
			for (const each of watches.values()) each.tryNow();
		},
		async stop() {
			for (const scan of scans.values()) scan.stop('stopped');
			await Promise.all([...watches.values()].map(each => each.close()));
		},
	};
}
