// What one node is asked next: by what it was last found to be, what was asked when, what it refused, and what somebody
// wants to know of it now. Nothing is sent here.

import { performance } from 'node:perf_hooks';
import { isInTurn } from '../core/cluster/view-rhythm.ts';
import type { Asked } from '../core/commands.ts';
import { manyClients } from '../core/node/client-groups.ts';
import { manyNodes } from '../core/thresholds.ts';
import type { Address, Reply } from '../core/types.ts';
import { type Call, call } from './commands.ts';
import type { FleetAround } from './connection-watch.ts';
import { describeNode, nobodyAsked } from './describe-node.ts';
import { dueCalls, fastCalls, forgetLines, type LastAsked } from './poll-plan.ts';
import { Refusals } from './refusals.ts';

const reopenedSoonMilliseconds = 30_000;

export class NodePlan {
	/** Of the connection that is open. */
	readonly refusals = new Refusals();
	private described = nobodyAsked;
	private kindBefore: Asked['kind'] = 'unknown';
	private readonly lastAsked: LastAsked = new Map();
	private wantsClients = false;
	private wantsLogins = false;
	private openedAt = Number.NEGATIVE_INFINITY;
	/** Where a Sentinel's masters are: its replicas are asked anew when one moves. */
	private masterAddresses = '';

	constructor(
		private readonly isSentinel: boolean,
		private readonly around: FleetAround,
	) {}

	/** The node as it is known on this connection. */
	get asked(): Asked {
		return this.described;
	}

	/** What it was when it last told, where the connection that is open now has not told yet. */
	knownKind(): Asked['kind'] {
		return this.described.kind === 'unknown' ? this.kindBefore : this.described.kind;
	}

	/** The next visit asks ACL LOG. */
	get isAskingLogins(): boolean {
		return this.wantsLogins;
	}

	/** With the next visit CLIENT LIST, however many there are. */
	askClients(): void {
		this.wantsClients = true;
	}

	/** Who deleted: the counters of commands, the slow log, and the clients where they are not too many. */
	askLoss(): void {
		this.lastAsked.delete('infoCommandstats');
		this.lastAsked.delete('slowlogGet');
		this.wantsClients = this.hasFewClients();
	}

	/** ACL LOG, and the clients where they are not too many. */
	askLogins(): void {
		this.wantsLogins = true;
		this.wantsClients ||= this.hasFewClients();
	}

	private hasFewClients(): boolean {
		return (this.described.connectedClients ?? 0) <= manyClients;
	}

	/** They are asked for with the next visit. */
	forgetSettings(): void {
		this.lastAsked.delete('configGet');
	}

	/** What was learned on the connection before is not true of this one. */
	beginAnew(): void {
		this.refusals.clear();
		this.forgetAsked();
		// A dying server accepts and hangs up: what it was must not be forgotten over that.
		this.kindBefore = this.knownKind();
		this.described = { ...this.described, kind: 'unknown', masters: [] };
		this.openedAt = performance.now();
	}

	/** What is asked seldom is not asked anew because a connection was: a server that hangs up again and again pays once. */
	private forgetAsked(): void {
		if (performance.now() - this.openedAt > reopenedSoonMilliseconds) this.lastAsked.clear();
		else this.lastAsked.delete('clientNoEvict');
	}

	/** While a failover is under way, between two whole visits. */
	fastCalls(): readonly Call[] {
		return this.refusals.usable(fastCalls(this.described.kind));
	}

	/** All that is due now, at the node of this address; it counts as asked. */
	dueCalls(address: Address): readonly Call[] {
		return this.refusals.usable(this.due(address));
	}

	private due(address: Address): readonly Call[] {
		this.described = {
			...this.described,
			nodesInFleet: this.around.nodesInFleet(),
			isOpen: this.around.isOpen(address),
			isClusterOpen: this.around.isClusterOpen(),
			isRestless: this.around.isRestless?.() === true,
		};
		forgetLines(this.lastAsked, this.described, this.refusals.due());
		const due = this.dueNow();
		if (this.described.kind === 'unknown') return due;
		const wanted = [
			...(this.wantsLogins ? [call('aclLog', '16')] : []),
			...(this.wantsClients ? [call('clientList')] : []),
		].filter(({ name }) => !due.some(item => item.name === name));
		this.wantsClients = false;
		this.wantsLogins = false;
		return [...due, ...wanted];
	}

	/** Without the view where this refresh asks for enough of them: it is the next one's first. */
	private dueNow(): readonly Call[] {
		const { around, described, lastAsked } = this;
		const viewAsked = lastAsked.get('clusterNodes');
		const due = dueCalls(described, lastAsked, performance.now() / 1000, around.delaySeconds());
		const isBounded = viewAsked !== undefined && described.nodesInFleet > manyNodes;
		if (!isBounded || !due.some(({ name }) => name === 'clusterNodes')) return due;
		if (around.takeView?.(isInTurn(described)) !== false) return due;
		lastAsked.set('clusterNodes', viewAsked);
		return due.filter(({ name }) => name !== 'clusterNodes');
	}

	/** Reads what the node is from its replies; true when that changes what is asked of it. */
	describe(replies: readonly (readonly [string, Reply])[]): boolean {
		const told = describeNode(this.described, this.masterAddresses, replies, this.isSentinel);
		if (isMoved(this.described, told.asked)) this.around.onMoved?.();
		this.described = told.asked;
		this.masterAddresses = told.masterAddresses;
		if (told.isMoved)
			for (const name of ['sentinelReplicas', 'sentinelSentinels', 'sentinelCkquorum'])
				this.lastAsked.delete(name);
		// What is asked seldom was never asked of it.
		if (told.isOtherProcess) this.lastAsked.clear();
		return told.isOther;
	}
}

/** Not where it had not told before. */
const isMoved = (before: Asked, now: Asked): boolean =>
	(before.said !== undefined && before.said !== now.said) ||
	(before.isReplica !== undefined && before.isReplica !== now.isReplica);
