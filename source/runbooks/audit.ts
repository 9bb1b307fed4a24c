// What a point of the configuration audit is: a function that looks at one node, or at the fleet, and says what is set,
// what that means here, what would be better and why, with the command. A point that is well says so too, so that the
// report shows what was looked at. A point whose settings may not be read is `unknown`, never silently fine.

import type { Address, Fleet, Info, NodeTrack, RedisNode } from '../core/types.ts';
import type { Answer, NodeExtra } from './runbook.ts';

export type AuditTopic = 'topology' | 'persistence' | 'memory' | 'clients' | 'latency' | 'security';

export type AuditLine = {
	/** `audit-tcp-keepalive`. */
	readonly id: string;
	readonly topic: AuditTopic;
	readonly severity: Answer;
	readonly nodes: readonly Address[];
	/** What is set, as it was read. */
	readonly set: string;
	/** What that means on these nodes. */
	readonly means: string;
	/** What would be better, and why. */
	readonly better?: string;
	/** How: a command, or what to write where. For reading and copying; the audit sends nothing. */
	readonly command?: string;
	/** How many points on each node the line stands for, where not one. */
	readonly points?: number;
};

export type AuditFound = Pick<AuditLine, 'severity' | 'set' | 'means' | 'better' | 'command' | 'points'>;

/** One node with what is known of it. */
export type AuditNode = {
	readonly node: RedisNode;
	readonly track: NodeTrack | undefined;
	readonly info: Info;
	readonly extra: NodeExtra;
	readonly fleet: Fleet;
	/** Replicas of this node, when it is a primary. */
	readonly replicas: readonly RedisNode[];
	/** With those that it lists and that are not watched. */
	readonly replicaCount: number;
	/** Of another node of the fleet. */
	readonly trackOf: (address: Address) => NodeTrack | undefined;
	readonly setting: (name: string) => string | undefined;
	readonly number: (name: string) => number | undefined;
	/** CONFIG GET of the audit's names was answered. */
	readonly isReadable: boolean;
};

export type AuditFleet = {
	readonly fleet: Fleet;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly nodes: readonly AuditNode[];
};

export type NodePoint = {
	readonly id: string;
	/** Names for CONFIG GET. */
	readonly names?: readonly string[];
	/** Undefined where it does not apply, or cannot be told. */
	readonly check: (view: AuditNode) => AuditFound | undefined;
};

export type FleetPoint = {
	readonly id: string;
	readonly names?: readonly string[];
	readonly check: (view: AuditFleet) => readonly (AuditFound & { readonly nodes: readonly Address[] })[];
};

export type Audit = {
	readonly topic: AuditTopic;
	readonly ofNode: readonly NodePoint[];
	readonly ofFleet: readonly FleetPoint[];
};

export const fine = (set: string, means: string): AuditFound => ({ severity: 'fine', set, means });

export const look = (set: string, means: string, better: string, command?: string): AuditFound => ({
	severity: 'look',
	set,
	means,
	better,
	...(command !== undefined && { command }),
});

export const act = (set: string, means: string, better: string, command?: string): AuditFound => ({
	...look(set, means, better, command),
	severity: 'act',
});

export const configSet = (name: string, value: string) =>
	`CONFIG SET ${name} ${/\s|^$/.test(value) ? `"${value}"` : value}`;
