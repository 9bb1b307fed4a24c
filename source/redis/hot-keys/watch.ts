// The ladder at work: for every node the best way there is to tell its hot keys, the free ones kept going by
// themselves, MONITOR only when it is asked for. What is found is merged over the nodes into one result. What was asked
// for is shown before what comes by itself until it is a minute old; both say how they were found.

import { performance } from 'node:perf_hooks';
import { addOwn } from '../../core/fleet/own-use.ts';
import { plusCost } from '../../core/keys/hot-join.ts';
import type { HotKeysResult, HotKeysStatus, HotTarget } from '../../core/keys/hot-keys.ts';
import type { HotKeysMethod, HotPressure, Ladder } from '../../core/keys/hot-ladder.ts';
import { resultOfSeen } from '../../core/keys/hot-results.ts';
import type { Address, OwnUse } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import type { Call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { fleetFacts, KeyDetails } from './key-details.ts';
import type { MonitorLimits } from './monitor-window.ts';
import { NodeWatch, pause } from './node-watch.ts';
import { openSampling, type Sampling } from './sampling.ts';

export type HotKeysOptions = {
	readonly dial: DialSettings;
	/** Keys listed. */
	readonly top: number;
	/** Told whenever something changed, at most four times a second. */
	readonly onStatus: (status: HotKeysStatus) => void;
	/** How the node does, as the poller knows it. */
	readonly pressure?: (node: Address) => HotPressure | undefined;
	/** Further connections of ours to a node, as it names them: their commands are no traffic. */
	readonly ownClients?: (node: Address) => Iterable<string>;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
	/** Between two readings of what goes on by itself; 5 s unless given. */
	readonly turnMilliseconds?: number;
};

export type HotKeysWatch = {
	/** One window on every node by what asking starts there, MONITOR mostly; while one is open it ends it. */
	sample(): void;
	/** Ends what runs; what was found stays. */
	stop(): void;
	/** Short windows again and again. */
	repeat(isOn: boolean): void;
	/** Nobody looks: what refreshes by itself rests. `repeat` goes on. */
	rest(): void;
	/** Somebody looks again. */
	wake(): void;
	/** What was not allowed is asked for at once. */
	tryNow(): void;
	status(): HotKeysStatus;
	/** What was done on a node so far. */
	own(node: Address): OwnUse | undefined;
	/** Ends everything and closes the connections; a HOTKEYS session of ours is reset. */
	close(): Promise<void>;
};

/** Keys a second of the walk over LFU counters while a screen is open: under a hundredth of a core. */
const lfuRateOfWatch = 2000;
const repeatWindowMilliseconds = 250;
const repeatEverySeconds = 10;
/** So long what was asked for is shown before what refreshes by itself. */
const askedMilliseconds = 60_000;
const tellMilliseconds = 250;
/** `own` is asked for each node in turn: made once for all of them. */
const ownMilliseconds = 20;
/** A node that does not answer holds up a sample of the others no longer. */
const askMilliseconds = 3000;

/** A window looks at the server once more behind its end. */
const closeMilliseconds = 2000;

type Asked = { readonly result: HotKeysResult; readonly endedAt: number };

/** Starts by asking each node which rungs it has. */
export function watchHotKeys(targets: readonly HotTarget[], options: HotKeysOptions): HotKeysWatch {
	const { dial, onSent, top } = options;
	const nodes = targets.map(
		target =>
			new NodeWatch(target, {
				lean: { dial, onSent },
				...{ top, lfuRate: lfuRateOfWatch, turnMilliseconds: options.turnMilliseconds },
				pressure: options.pressure && (() => options.pressure!(target.address)),
				onChange: changed,
			}),
	);
	const details = new KeyDetails(targets, { dial, onSent });
	const past = new Map<Address, OwnUse>();
	let asked: Asked | undefined;
	let sampling: (Sampling & { readonly isRepeated: boolean }) | undefined;
	/** Being prepared: the ladders are not known yet. */
	let isBeginning = false;
	let isRepeating = false;
	/** Once a window of it was open. */
	let repeatedBy: readonly HotKeysMethod[] | undefined;
	let repeatTimer: NodeJS.Timeout | undefined;
	let isResting = false;
	let isClosed = false;

	// -----------------------------------------------------------------------------------------------------
	// Sampling

	async function begin(isRepeated: boolean): Promise<void> {
		if (sampling || isBeginning || isClosed) return;
		isBeginning = true;
		await Promise.race([Promise.all(nodes.map(node => node.isAsked)), pause(askMilliseconds)]);
		// Keys that are being asked about would be told as hot.
		await details.isIdle();
		if (!isBeginning || isClosed) return;
		isBeginning = false;
		const opened = openSampling(nodes, {
			...{ dial, onSent, top, limits: isRepeated ? shortLimits : undefined },
			ownClients: options.ownClients,
			fleet: fleet(),
		});
		sampling = { ...opened, isRepeated };
		if (isRepeated) repeatedBy = opened.methods;
		const ticking = setInterval(changed, tellMilliseconds);
		changed();
		const result = await opened.result;
		clearInterval(ticking);
		for (const [node, use] of opened.own()) past.set(node, addOwn(past.get(node), use)!);
		sampling = undefined;
		if (result && !isRefused(result)) asked = { result, endedAt: timeNow() };
		changed();
		if (result && !isClosed && (await details.learn(result.keys))) changed();
	}

	function stopSampling(): void {
		isBeginning = false;
		sampling?.stop();
	}

	function scheduleRepeat(): void {
		clearTimeout(repeatTimer);
		if (!isRepeating || isClosed) return;
		const startedAt = performance.now();
		void begin(true).finally(() => {
			const left = repeatEverySeconds * 1000 - (performance.now() - startedAt);
			clearTimeout(repeatTimer);
			if (isRepeating && !isClosed) repeatTimer = setTimeout(scheduleRepeat, Math.max(0, left));
		});
	}

	const fleet = () => fleetFacts(targets, options.pressure);

	// -----------------------------------------------------------------------------------------------------
	// What is known

	let shown: HotKeysResult | undefined;
	let isStale = true;

	function result(): HotKeysResult | undefined {
		if (!isStale) return shown;
		isStale = false;
		const isFresh = asked !== undefined && timeNow() - asked.endedAt < askedMilliseconds;
		const found = resultOfSeen(
			nodes.map(node => node.found()),
			top,
		);
		const free = found && plusCost(found, [...nodes.map(node => node.own()), ...details.own.values()]);
		const chosen = asked && (isFresh || isRepeating || !free) ? withRest(asked.result, nodes, top) : free;
		shown = chosen && details.fill(chosen, fleet());
		return shown;
	}

	let ownAt = Number.NEGATIVE_INFINITY;
	let ownNow: ReadonlyMap<Address, OwnUse> = new Map();

	function own(): ReadonlyMap<Address, OwnUse> {
		if (performance.now() - ownAt < ownMilliseconds) return ownNow;
		ownAt = performance.now();
		const open = sampling?.own();
		ownNow = new Map(
			nodes.map(node => {
				const { address } = node.target;
				const others = [past.get(address), open?.get(address), details.own.get(address)];
				return [address, others.reduce((sum: OwnUse, use) => addOwn(sum, use)!, node.own())];
			}),
		);
		return ownNow;
	}

	let laddersAt = Number.NEGATIVE_INFINITY;
	let laddersNow: readonly Ladder[] = [];

	function ladders(): readonly Ladder[] {
		if (performance.now() - laddersAt < tellMilliseconds) return laddersNow;
		laddersAt = performance.now();
		laddersNow = nodes.flatMap(node => node.ladder() ?? []);
		return laddersNow;
	}

	function status(): HotKeysStatus {
		return {
			ladders: ladders(),
			sampling: sampling && {
				since: sampling.since,
				methods: sampling.methods,
				...sampling.progress(),
				mostSeconds: sampling.mostSeconds,
				mostCommands: sampling.mostCommands,
			},
			repeating: isRepeating
				? {
						...{ everySeconds: repeatEverySeconds, windowMilliseconds: repeatWindowMilliseconds },
						...(repeatedBy && { methods: repeatedBy }),
					}
				: undefined,
			result: result(),
			own: own(),
		};
	}

	// -----------------------------------------------------------------------------------------------------
	// Telling

	let toldAt = Number.NEGATIVE_INFINITY;
	let telling: NodeJS.Timeout | undefined;

	function changed(): void {
		isStale = true;
		laddersAt = Number.NEGATIVE_INFINITY;
		if (isClosed || telling) return;
		const wait = Math.max(0, toldAt + tellMilliseconds - performance.now());
		telling = setTimeout(tell, wait);
	}

	function tell(): void {
		telling = undefined;
		if (isClosed) return;
		toldAt = performance.now();
		const now = status();
		options.onStatus(now);
		// A list that came by itself: its keys are asked about when they are new in it.
		if (now.result && !sampling && !isBeginning && !isResting)
			void details.learn(now.result.keys).then(hasLearnt => hasLearnt && changed());
	}

	return {
		sample() {
			const wasRepeated = sampling?.isRepeated;
			if (isBeginning || (sampling && !wasRepeated)) return stopSampling();
			const ending = sampling?.result;
			stopSampling();
			void Promise.resolve(ending).then(() => begin(false));
		},
		stop() {
			isRepeating = false;
			clearTimeout(repeatTimer);
			stopSampling();
			changed();
		},
		repeat(isOn) {
			if (isOn === isRepeating) return;
			isRepeating = isOn;
			repeatedBy = undefined;
			clearTimeout(repeatTimer);
			if (isOn) scheduleRepeat();
			else if (sampling?.isRepeated) stopSampling();
			changed();
		},
		rest() {
			isResting = true;
			for (const node of nodes) node.rest();
		},
		tryNow() {
			for (const node of nodes) node.tryNow();
		},
		wake() {
			isResting = false;
			for (const node of nodes) node.wake();
			changed();
		},
		status,
		own: node => own().get(node),
		async close() {
			isRepeating = false;
			clearTimeout(repeatTimer);
			clearTimeout(telling);
			const ending = sampling?.result;
			stopSampling();
			isClosed = true;
			await Promise.all([
				Promise.race([ending, pause(closeMilliseconds)]),
				...nodes.map(node => node.close()),
			]);
		},
	};
}

/** What was asked for, with the slots beside it, and with what nodes tell by themselves that it could not look at. */
export function withRest(result: HotKeysResult, nodes: readonly NodeWatch[], top: number): HotKeysResult {
	const isCounted = nodes.some(node => (node.found().lfu?.keys.length ?? 0) > 0);
	if (result.keys.length === 0 && isCounted) return countersFor(result, nodes, top);
	const seenOn = new Set(result.nodes.filter(({ seconds }) => seconds > 0).map(({ node }) => node));
	const rest = nodes.map(node => {
		const found = node.found();
		return seenOn.has(node.target.address) ? { slots: found.slots, lost: found.lost } : found;
	});
	return resultOfSeen(rest, top, result)!;
}

/** Nobody used a key while it was looked: counters tell of the minutes before. */
function countersFor(result: HotKeysResult, nodes: readonly NodeWatch[], top: number): HotKeysResult {
	const counters = resultOfSeen(
		nodes.map(node => node.found()),
		top,
	)!;
	return {
		...counters,
		notes: [{ kind: 'counters-of-before', seconds: result.seconds }, ...counters.notes],
		cost: result.cost,
	};
}

/** Nobody let us look: that is no result but one way less, and why stands in the ladders. */
const isRefused = ({ nodes }: HotKeysResult) => nodes.every(({ endedBy }) => endedBy === 'refused');

const shortLimits: Partial<MonitorLimits> = { milliseconds: repeatWindowMilliseconds };
