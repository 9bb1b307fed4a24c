// Wakes every delay and asks every node of one fleet at once, a little apart, each on its own connection. A round
// closes when all have answered, or at a moment that leaves the cadence whole: what comes later belongs to the next
// round. So a node that hangs makes its own row stale and never holds up the others. Rounds never overlap.

import { performance } from 'node:perf_hooks';
import { viewsARefresh } from '../core/cluster/view-rhythm.ts';
import { manyNodes } from '../core/thresholds.ts';
import type { Address, Reading, Round } from '../core/types.ts';
import { timeNow, wallOffset } from './clock.ts';
import type { Call } from './commands.ts';
import { noteWork } from './compiler.ts';
import { NodeConnection, type Visit } from './connection.ts';
import type { Besides } from './connection-watch.ts';
import type { DialSettings } from './dial.ts';
import { sizeHeapFor } from './heap.ts';
import { pieceMilliseconds, untilServed } from './in-steps.ts';
import { LoginTurns } from './login-check.ts';
import { movedTo, nextPace, type Pace, paceOf, roundMilliseconds } from './pace.ts';
import { startPulse } from './pulse.ts';

export type Target = { readonly address: Address; readonly kind: 'data' | 'sentinel' };

export type PollerOptions = {
	readonly dial: DialSettings;
	readonly delaySeconds: number;
	readonly onRound: (round: Round) => void;
	readonly onSent: (address: Address, calls: readonly Call[]) => void;
	/** What else of ours is at work on a node: its use is in the readings too. */
	readonly besides?: (address: Address) => Besides | undefined;
	/** What this process has used since its start; the process itself unless a test says so. */
	readonly used?: () => Used;
};

/** Seconds of the event loop and of the CPU. */
export type Used = { readonly loop: number; readonly cpu: number };

const veryManyNodes = 500;
const fastSeconds = 0.25;
/** From the first sign of a failover to the first look at it. */
const firstFastMilliseconds = 30;
/** A node that has not answered while others are being discovered is not waited for longer than this. */
const settleMilliseconds = 2000;
/** Of a command that logs in first nothing is known before the first answer; then others take about as long. */
const longestLoginMilliseconds = 15_000;
const loginsOfQuickest = 2;
/** After a sign that the map moves: the usual node timeout, in which a doubt comes of it, twice. */
const restlessMilliseconds = 30_000;
/** What a Sentinel says within so long is told together. */
const hearMilliseconds = 25;
/** A lost connection that is not open again within so long may be the first sign of a failover: its peers are asked. */
const reopenMilliseconds = 200;
/** One that gets no answer for so long is said to be lost, over a slow line after so many of its usual visits. */
const lostMilliseconds = 1000;
const lostVisits = 6;
/** How often a node is asked whether it answers between two visits: a freeze of 1.2 s must not look like one of 0.9 s. */
const beatMilliseconds = 200;
/** Where the delay is long, light calls are rarer too. */
const rarestBeatMilliseconds = 500;
/** More of them than this a second are not sent in a fleet: of many nodes each is asked more seldom. */
const mostPingsPerSecond = 250;
/** A delay up to this adds little to the pause after a failure, or to an answer that is late for its round. */
const longDelaySeconds = 1;
/** Between two tries of a primary whose keys only its replica has now: a refused connection costs nobody anything. */
const awaitMilliseconds = 200;
/** Timers fire so much early; what is asked for at a time is not to be sent before it. */
const timerMilliseconds = 5;
/** Pause between the first bytes to two nodes of a round, so that their replies do not arrive as one burst. */
const staggerMilliseconds = 2;

export class Poller {
	private readonly nodes = new Map<Address, NodeConnection>();
	private readonly neverAsked = new Set<NodeConnection>();
	private readonly hearing = new Set<NodeConnection>();
	private readonly logins = new LoginTurns();
	private readonly asking = new Map<NodeConnection, Promise<void>>();
	private arrived: Reading[] = [];
	private pace: Pace;
	/** Our own time used until the last tick. */
	private usedBefore: Used;
	private isFast = false;
	private isStopped = false;
	private timer: NodeJS.Timeout | undefined;
	private nextTickAt = 0;
	private nextFastAt = 0;
	private nextFastNode = 0;
	/** Views that may still be asked for in this refresh. */
	private viewsLeft = { all: 0, inTurn: 0 };
	private restlessUntil = 0;
	/** Whether each node answered when it was last asked. */
	private readonly isAnswered = new Map<NodeConnection, boolean>();
	/** How long each node's last good visit took, milliseconds: what a round waits for before it closes without it. */
	private readonly usual = new Map<NodeConnection, number>();
	private isSettled = false;
	/** How long the quickest node took from its first call to its first reading, milliseconds. */
	private quickestFirst: number | undefined;
	/** Nodes that do not answer, as was told. */
	private readonly silent = new Set<NodeConnection>();
	/** Nodes whose round closed without them. */
	private readonly late = new Set<NodeConnection>();
	private readonly pulse = startPulse(
		beatMilliseconds,
		() => this.beat(),
		() => this.isWaiting(),
	);
	private telling: NodeJS.Timeout | undefined;
	private nextPinged = 0;
	private dueToPing = 0;
	private open: Address | undefined;
	private isClusterOpen = false;
	private awaited: ReadonlySet<Address> = new Set();
	private awaiting: NodeJS.Timeout | undefined;

	constructor(private readonly options: PollerOptions) {
		this.pace = paceOf(options.delaySeconds);
		this.usedBefore = this.used();
	}

	private used(): Used {
		return (this.options.used ?? usedSeconds)();
	}

	private get delaySeconds(): number {
		return this.pace.seconds;
	}

	/** Adds nodes and asks them at once; known ones are left alone. */
	watch(targets: readonly Target[]): void {
		const added = targets
			.filter(target => !this.nodes.has(target.address))
			.map(target => this.connectionTo(target));
		const { size } = this.nodes;
		sizeHeapFor(size <= manyNodes ? 'few nodes' : size <= veryManyNodes ? 'many nodes' : 'very many nodes');
		if (added.length > 0 && !this.isStopped) void this.extraRound(added);
	}

	unwatch(addresses: readonly Address[]): void {
		for (const address of addresses) {
			const node = this.nodes.get(address);
			this.nodes.delete(address);
			if (!node) continue;
			this.neverAsked.delete(node);
			this.usual.delete(node);
			this.isAnswered.delete(node);
			this.silent.delete(node);
			this.late.delete(node);
			node.close();
		}
	}

	/** Our connection to a node as the server names it. */
	clientName(address: Address): string | undefined {
		return this.nodes.get(address)?.clientName;
	}

	/** The node goes on under the name the fleet has for it; its connection stays. */
	rename(from: Address, to: Address): void {
		const node = this.nodes.get(from);
		if (!node || this.nodes.has(to)) return;
		this.nodes.delete(from);
		node.address = to;
		this.nodes.set(to, node);
	}

	setDelay(seconds: number): void {
		this.pace = paceOf(seconds);
		if (!this.isSettled) return;
		this.nextTickAt = Math.min(this.nextTickAt, performance.now() + seconds * 1000);
		this.schedule();
	}

	/**
	 * The next refresh is at this time (timeNow) and not up to half a delay before or behind it: one interval is longer or
	 * shorter by that, and no reading is one more. To be called while a refresh is told: the next is scheduled behind it.
	 */
	refreshAt(at: number): void {
		const asked = performance.now() + (at - timeNow()) + timerMilliseconds;
		this.nextTickAt = movedTo(asked, this.nextTickAt, this.delaySeconds);
	}

	/** What a screen looks at closely is asked more, and at once. */
	setFocus(node: Address | undefined, isClusterOpen: boolean): void {
		const isNew = node !== this.open && node !== undefined;
		const isFirst = isClusterOpen && !this.isClusterOpen;
		this.open = node;
		this.isClusterOpen = isClusterOpen;
		if (this.isStopped || !this.isSettled) return;
		const asked = isFirst ? [...this.nodes.values()] : isNew ? [this.nodes.get(node)] : [];
		const ready = asked.filter(each => each?.isReady()) as NodeConnection[];
		if (ready.length > 0) void this.extraRound(ready);
	}

	/** CLIENT LIST of one node, once and at once: asked for by hand. */
	askClients(address: Address): void {
		const node = this.nodes.get(address);
		node?.askClients();
		if (node?.isReady() && this.isSettled && !this.isStopped) void this.extraRound([node]);
	}

	/** Who deleted the keys that are gone, at once: what is asked seldom else. */
	askLoss(address: Address): void {
		const node = this.nodes.get(address);
		node?.askLoss();
		if (node?.isReady() && this.isSettled && !this.isStopped) void this.extraRound([node]);
	}

	/** Whose logins were denied. */
	askLogins(address: Address): void {
		const node = this.nodes.get(address);
		node?.askLogins();
		if (node?.isReady() && this.isSettled && !this.isStopped) void this.extraRound([node]);
	}

	/** Somebody says that it is repaired: whoever does not let us in, or does not allow us something, is asked at once. */
	tryNow(): void {
		for (const node of this.nodes.values()) node.tryNow();
		this.askDue();
	}

	private askDue(): void {
		if (!this.isSettled || this.isStopped) return;
		const due = [...this.nodes.values()].filter(node => node.isRetryDue());
		if (due.length > 0) void this.extraRound(due);
	}

	/** Nodes that nothing listens at, and whose return must be seen at once. */
	setAwaited(addresses: readonly Address[]): void {
		for (const address of addresses) if (!this.awaited.has(address)) this.nodes.get(address)?.hasten();
		this.awaited = new Set(addresses);
		if (this.awaited.size > 0 && this.awaiting === undefined) this.awaitNext();
		if (this.awaited.size > 0) return;
		clearTimeout(this.awaiting);
		this.awaiting = undefined;
	}

	private awaitNext(): void {
		this.awaiting = setTimeout(
			() => void this.tryAwaited().finally(() => this.awaitNext()),
			awaitMilliseconds,
		);
		if (this.isStopped || this.awaited.size === 0) {
			clearTimeout(this.awaiting);
			this.awaiting = undefined;
		}
	}

	/** Only what is another word than before makes a round: that nothing listens is known. */
	private async tryAwaited(): Promise<void> {
		const nodes = [...this.nodes.values()].filter(
			node => this.awaited.has(node.address) && node.isReady() && !this.asking.has(node),
		);
		if (nodes.length === 0 || !this.isSettled) return;
		const read = await Promise.all(nodes.map(node => this.take(node)));
		const told = read.filter(reading => reading !== undefined && reading.error?.reason !== 'refused');
		if (told.length === 0 || this.isStopped) return;
		this.arrived.push(...(told as Reading[]));
		this.emit(true);
	}

	private take(node: NodeConnection): Promise<Reading | undefined> {
		const visit = node.visit('full').then(reading => {
			this.asking.delete(node);
			return reading && this.nodes.get(node.address) === node
				? { ...reading, node: node.address }
				: undefined;
		});
		this.asking.set(
			node,
			visit.then(() => {}),
		);
		return visit;
	}

	/** What is known of it is old: it is asked at once, and for its settings too. */
	askNow(address: Address): void {
		const node = this.nodes.get(address);
		node?.forgetSettings();
		if (node?.isReady() && this.isSettled && !this.isStopped) void this.extraRound([node]);
	}

	/** Asks all nodes four times a second, between the rounds, for what a failover changes. */
	setFast(isFast: boolean): void {
		if (isFast === this.isFast) return;
		this.isFast = isFast;
		// Its peers lose their links to a node that died 12 to 15 ms after it; asked a quarter second later they say so late.
		this.nextFastAt = performance.now() + firstFastMilliseconds;
		this.schedule();
	}

	private takeView(isInTurn: boolean): boolean {
		const { all, inTurn } = this.viewsLeft;
		if (all <= 0 || (isInTurn && inTurn <= 0)) return false;
		this.viewsLeft = { all: all - 1, inTurn: isInTurn ? inTurn - 1 : inTurn };
		return true;
	}

	/** A sign that the map of the cluster may be on the move. What there is at the start is none. */
	private noteMove(): void {
		if (this.isSettled) this.restlessUntil = performance.now() + restlessMilliseconds;
	}

	private noteAnswer(node: NodeConnection, isGood: boolean): void {
		const before = this.isAnswered.get(node);
		if (before === isGood) return;
		this.isAnswered.set(node, isGood);
		if (before !== undefined) this.noteMove();
	}

	stop(): void {
		this.isStopped = true;
		clearTimeout(this.timer);
		clearTimeout(this.telling);
		this.pulse.stop();
		clearTimeout(this.awaiting);
		for (const node of this.nodes.values()) node.close();
	}

	private connectionTo(target: Target): NodeConnection {
		const node = new NodeConnection(target.address, target.kind, this.options.dial, {
			onLost: () => void this.lost(node),
			onTold: () => this.hear(node),
			onSent: this.options.onSent,
			nodesInFleet: () => this.nodes.size,
			isOpen: address => address === this.open,
			isClusterOpen: () => this.isClusterOpen,
			isFast: () => this.isFast || this.awaited.has(node.address),
			delaySeconds: () => this.delaySeconds,
			besides: address => this.options.besides?.(address),
			isRestless: () => this.isFast || performance.now() < this.restlessUntil,
			takeView: isInTurn => this.takeView(isInTurn),
			onMoved: () => this.noteMove(),
			unread: (from, now) => this.pulse.unread(from, now),
			logins: this.logins,
			onWaiting: () => this.pulse.quicken(),
		});
		this.nodes.set(target.address, node);
		this.neverAsked.add(node);
		return node;
	}

	/**
	 * Most connections that end are no sign of anything: Sentinels, CLIENT KILL and proxies end those of nodes that are
	 * well. So a new one is opened at once, and told of is only one that fails; its peers know meanwhile.
	 */
	private async lost(node: NodeConnection): Promise<void> {
		if (this.isStopped || !this.isSettled) return;
		this.noteMove();
		await after(node.pauseMilliseconds(), async () => {});
		if (!this.isWatching(node) || !node.isReady()) return;
		const from = performance.now();
		void this.extraRound([node]);
		const asking = this.asking.get(node);
		const isSilent = () => this.isWatching(node) && this.asking.get(node) === asking && asking !== undefined;
		await after(reopenMilliseconds, async () => {});
		if (!isSilent()) return;
		void this.extraRound(this.chosen('fast'), 'fast');
		for (let left = this.lostIn(node, from); left > 0; left = this.lostIn(node, from)) {
			await after(left, async () => {});
			// After a moment in which we were kept from our work, what waits in the sockets is read first.
			await new Promise(resolve => setImmediate(resolve));
			if (!isSilent()) return;
		}
		this.arrived.push(node.lostReading());
		this.emit(true);
	}

	/** Milliseconds until it counts as lost: from the last that it answered on, and without what we left unread. */
	private lostIn(node: NodeConnection, from: number): number {
		const patience = Math.max(lostMilliseconds, lostVisits * (this.usual.get(node) ?? 0));
		const now = performance.now();
		const heard = Math.max(from, node.heardAt);
		return patience - (now - heard - this.pulse.unread(heard, now));
	}

	private isWatching(node: NodeConnection): boolean {
		return !this.isStopped && this.nodes.get(node.address) === node;
	}

	/** A Sentinel speaks in bursts: it is asked, and with it all that it said told, once a burst. */
	private hear(node: NodeConnection): void {
		if (this.hearing.has(node) || this.isStopped || !this.isSettled) return;
		this.hearing.add(node);
		setTimeout(() => {
			this.hearing.delete(node);
			if (this.isStopped || this.nodes.get(node.address) !== node) return;
			// Whom it names is the truth that a message is held against; the rest has time until the next round.
			if (node.isReady()) void this.extraRound([node], 'fast');
			else this.hear(node);
		}, hearMilliseconds);
	}

	private async extraRound(nodes: readonly NodeConnection[], kind: Visit = 'full'): Promise<void> {
		const ready = nodes.filter(node => node.isReady());
		// During discovery everybody who is quick is told together; a slow one comes with the next round.
		if (!(await firstOf(this.askAll(ready, kind, 0), settleMilliseconds))) this.noteLate(ready);
		if (this.isStopped) return;
		const coming = nodes.filter(node => this.isComing(node));
		this.tellFirst(nodes.filter(node => !coming.includes(node)));
		if (coming.length > 0) {
			const answers = coming.map(node => this.asking.get(node));
			await firstOf(Promise.all(answers), this.loginMilliseconds() - settleMilliseconds);
			if (this.isStopped) return;
			this.tellFirst(coming);
		}
		if (this.isSettled || this.neverAsked.size > 0) return;
		// Of a thousand nodes the work on what they said is a key's whole wait; that on being done comes behind it.
		await untilServed();
		if (!this.isStopped && !this.isSettled && this.neverAsked.size === 0) this.settle();
	}

	/** It is far and not dead: it has answered the greeting, or the command that leads to it may still be logging in. */
	private isComing(node: NodeConnection): boolean {
		const isAwaited = this.neverAsked.has(node) && this.asking.has(node);
		return isAwaited && (node.hasAnswered || this.options.dial.via !== undefined);
	}

	private loginMilliseconds(): number {
		if (this.quickestFirst === undefined) return longestLoginMilliseconds;
		return Math.min(
			longestLoginMilliseconds,
			Math.max(settleMilliseconds, loginsOfQuickest * this.quickestFirst),
		);
	}

	private tellFirst(nodes: readonly NodeConnection[]): void {
		for (const node of nodes) {
			const isWaiting = this.neverAsked.delete(node) && this.asking.has(node);
			// Of one that has answered the greeting what it is comes with the next answer.
			if (isWaiting && !node.hasAnswered && this.nodes.get(node.address) === node)
				this.arrived.push(node.waitingReading());
		}
		this.emit(true);
	}

	/** Discovery is done: from here on rounds come at the delay. */
	private settle(): void {
		this.isSettled = true;
		this.options.onRound({
			at: timeNow(),
			readings: [],
			isExtra: true,
			isSettled: true,
			delaySeconds: this.delaySeconds,
			...offsetNow(),
		});
		this.nextTickAt = performance.now() + this.delaySeconds * 1000;
		this.schedule();
	}

	private schedule(): void {
		clearTimeout(this.timer);
		if (this.isStopped || !this.isSettled) return;
		const isTick = !this.isFast || this.nextTickAt <= this.nextFastAt;
		const next = isTick ? this.nextTickAt : this.nextFastAt;
		this.timer = setTimeout(() => void this.wake(isTick), Math.max(0, next - performance.now()));
	}

	private isWaiting(): boolean {
		for (const node of this.nodes.values()) if (node.isWaiting) return true;
		return false;
	}

	/** Light calls, and who does not answer: that is told at once, not with the next round. */
	private beat(): void {
		if (this.isStopped) return;
		noteWork();
		// Where the delay is long, what was repaired is not left waiting for it.
		if (this.delaySeconds > longDelaySeconds) this.askDue();
		for (const node of this.pinged()) node.ping();
		for (const node of this.nodes.values()) {
			if (this.silent.has(node)) continue;
			const reading = node.silentReading();
			if (!reading) continue;
			this.silent.add(node);
			this.arrived.push(reading);
			this.tellSoon();
			// Behind the call that waits: what it answers when it is back is told at once.
			if (node.isReady()) void this.ask(node, 'full');
		}
	}

	/** Nodes that fall silent together, or are back together, are told of together. */
	private tellSoon(): void {
		this.telling ??= setTimeout(() => {
			this.telling = undefined;
			if (!this.isStopped) this.emit(true);
		}, hearMilliseconds);
	}

	/** Whose turn it is to be asked whether it answers. */
	private pinged(): readonly NodeConnection[] {
		const nodes = [...this.nodes.values()];
		const wanted = Math.min(rarestBeatMilliseconds, Math.max(beatMilliseconds, this.delaySeconds * 100));
		const every = Math.max(wanted, (nodes.length / mostPingsPerSecond) * 1000);
		this.dueToPing += (nodes.length * beatMilliseconds) / every;
		const count = Math.floor(this.dueToPing);
		this.dueToPing -= count;
		const from = this.nextPinged % Math.max(1, nodes.length);
		this.nextPinged = from + count;
		return [...nodes.slice(from), ...nodes.slice(0, from)].slice(0, count);
	}

	/** What is known of those that were told to be silent and still are. */
	private stillSilent(): readonly Reading[] {
		return [...this.silent].flatMap(node => node.silentReading() ?? []);
	}

	/** `isDue`: the tick is what it was to wake for. A timer may be some milliseconds early, and what it is for is not. */
	private async wake(isDue: boolean): Promise<void> {
		const now = performance.now();
		const isTick = isDue || now >= this.nextTickAt;
		if (isTick) {
			this.measure();
			this.nextTickAt += this.delaySeconds * 1000;
			// After a suspension or a blocked terminal the missed rounds are skipped, not made up for.
			if (this.nextTickAt <= now) this.nextTickAt = now + this.delaySeconds * 1000;
		}
		this.nextFastAt = now + fastSeconds * 1000;
		await this.round(isTick ? 'full' : 'fast');
		this.schedule();
	}

	/** Lengthens the delay when the work of the last rounds did not fit into it. */
	private measure(): void {
		const used = this.used();
		const work = Math.min(used.loop - this.usedBefore.loop, used.cpu - this.usedBefore.cpu);
		this.usedBefore = used;
		this.pace = nextPace(this.pace, work, this.leastTripSeconds());
	}

	/** To the nearest node: so long is the way to all of them. */
	private leastTripSeconds(): number {
		const trips = [...this.nodes.values()].flatMap(node => node.tripMilliseconds ?? []);
		return trips.length === 0 ? 0 : Math.min(...trips) / 1000;
	}

	private async round(kind: Visit): Promise<void> {
		if (kind === 'full') this.viewsLeft = viewsARefresh(this.nodes.size, this.delaySeconds);
		const ready = primariesFirst(this.chosen(kind).filter(node => node.isReady()));
		const asked = kind === 'full' ? this.askedJustNow() : [];
		const stagger = Math.min(staggerMilliseconds, (this.delaySeconds * 400) / Math.max(1, ready.length));
		const closeAfter = this.closeAfter(kind, ready.length * stagger);
		const answers = [this.askAll(ready, kind, stagger), ...asked.map(node => this.asking.get(node))];
		if (!(await firstOf(Promise.all(answers), closeAfter))) this.noteLate([...ready, ...asked]);
		if (this.isStopped) return;
		if (kind === 'full') this.arrived.push(...this.stillSilent());
		this.emit(kind === 'fast');
	}

	/** Between two rounds, and the answer is on its way: their figures belong to the round that begins. */
	private askedJustNow(): readonly NodeConnection[] {
		return [...this.asking.keys()].filter(node => !node.isReady() && !this.late.has(node));
	}

	/**
	 * All; between the rounds, where there are many, some of them in turn: their views grow with the square. A far node
	 * whose answer would be under way when the round begins is asked then, for all.
	 */
	private chosen(kind: Visit): readonly NodeConnection[] {
		if (kind === 'full') return [...this.nodes.values()];
		const left = this.nextTickAt - performance.now();
		const nodes = [...this.nodes.values()].filter(node => (node.tripMilliseconds ?? 0) < left);
		if (nodes.length <= manyNodes) return nodes;
		const from = this.nextFastNode % nodes.length;
		this.nextFastNode = from + manyNodes;
		return [...nodes.slice(from), ...nodes.slice(0, from)].slice(0, manyNodes);
	}

	private closeAfter(kind: Visit, staggered: number): number {
		let slowest = 0;
		for (const took of this.usual.values()) slowest = Math.max(slowest, took);
		return roundMilliseconds((kind === 'fast' ? fastSeconds : this.delaySeconds) * 1000, staggered + slowest);
	}

	/** One after the other; keys, timers and sockets are served in between, for to dial a thousand takes half a second. */
	private async askAll(nodes: readonly NodeConnection[], kind: Visit, stagger: number): Promise<void> {
		const from = performance.now();
		let servedAt = from;
		const visits: Promise<void>[] = [];
		for (const [index, node] of nodes.entries()) {
			const early = from + index * stagger - performance.now();
			if (early >= 0.5) await after(early, async () => {});
			else if (performance.now() - servedAt > pieceMilliseconds) await untilServed();
			else {
				visits.push(this.ask(node, kind));
				continue;
			}
			servedAt = performance.now();
			if (this.isStopped) return;
			visits.push(this.ask(node, kind));
		}
		await Promise.all(visits);
	}

	private ask(node: NodeConnection, kind: Visit): Promise<void> {
		if (!node.isReady()) return this.asking.get(node) ?? Promise.resolve();
		const startedAt = performance.now();
		const asking = node.visit(kind).then(reading => {
			this.asking.delete(node);
			const took = performance.now() - startedAt;
			if (reading) this.noteAnswer(node, reading.error === undefined);
			if (reading && !reading.error && took < this.delaySeconds * 1000) this.usual.set(node, took);
			if (reading && !reading.error && this.neverAsked.has(node))
				this.quickestFirst = Math.min(took, this.quickestFirst ?? took);
			if (!reading || this.isStopped || this.nodes.get(node.address) !== node) return;
			this.arrived.push({ ...reading, node: node.address });
			const isLate = this.late.delete(node);
			// The next round may be an hour away, and a failover is followed as it goes on.
			const isNews = isLate && (kind === 'fast' || !this.isSettled || this.delaySeconds > longDelaySeconds);
			if (this.silent.delete(node) || isNews) this.tellSoon();
		});
		this.asking.set(node, asking);
		return asking;
	}

	private noteLate(nodes: readonly NodeConnection[]): void {
		for (const node of nodes) if (this.asking.has(node)) this.late.add(node);
	}

	private emit(isExtra: boolean): void {
		const readings = this.arrived;
		this.arrived = [];
		if (isExtra && readings.length === 0) return;
		this.options.onRound({
			at: timeNow(),
			readings,
			isExtra,
			isSettled: this.isSettled,
			delaySeconds: this.delaySeconds,
			...offsetNow(),
		});
	}
}

/** Only where the clock of this machine was set since the start. */
function offsetNow(): Pick<Round, 'clockOffset'> {
	const clockOffset = wallOffset();
	return clockOffset === 0 ? {} : { clockOffset };
}

/** A replica that is read after its primary is never taken to be behind by what was written between the two. */
const primariesFirst = (nodes: readonly NodeConnection[]): readonly NodeConnection[] => [
	...nodes.filter(node => !node.isReplica),
	...nodes.filter(node => node.isReplica),
];

/**
 * What this process has used, in two ways of which the smaller counts: the event loop's busy time also holds the wait
 * for a terminal that does not read, and the CPU's also the threads that collect garbage beside us.
 */
function usedSeconds(): Used {
	const { user, system } = process.cpuUsage();
	return { loop: performance.eventLoopUtilization().active / 1000, cpu: (user + system) / 1e6 };
}

/** True when the promise came first. */
function firstOf(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
	return new Promise(resolve => {
		const timer = setTimeout(() => resolve(false), milliseconds);
		void promise.then(() => {
			clearTimeout(timer);
			resolve(true);
		});
	});
}

function after(milliseconds: number, act: () => Promise<void>): Promise<void> {
	if (milliseconds < 0.5) return act();
	return new Promise(resolve => setTimeout(() => resolve(act()), milliseconds));
}
