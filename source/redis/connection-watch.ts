// What one watched connection tells of itself while it is at work, and what it asks of whoever watches all of them.

import type { Address, OwnUse } from '../core/types.ts';
import type { Call } from './commands.ts';
import type { LoginTurns } from './login-check.ts';
import type { Unread } from './pulse.ts';

/** What else of ours is at work on a node. */
export type Besides = {
	/** By now, as far as its replies were read. */
	readonly own: OwnUse;
	/** INFO on the connection that does most, with what all of it had done before the server wrote it. */
	readonly info?: () => Promise<{ readonly info: string; readonly own: OwnUse } | undefined>;
};

/** Of the fleet, where it decides what a node is asked. */
export type FleetAround = {
	nodesInFleet: () => number;
	isOpen: (address: Address) => boolean;
	isClusterOpen: () => boolean;
	delaySeconds: () => number;
	/** Something moves somewhere in the fleet: all views are asked for more often. */
	isRestless?: () => boolean;
	/** Of the views that a refresh asks for it takes one; false where none is left. */
	takeView?: (isInTurn: boolean) => boolean;
	/** Its role is another one, or what it says of the cluster. */
	onMoved?: () => void;
};

export type ConnectionWatch = FleetAround & {
	/** The connection ended by itself between two visits. */
	onLost: () => void;
	/** A Sentinel said something by itself. */
	onTold: () => void;
	onSent: (address: Address, calls: readonly Call[]) => void;
	/** A failover is under way. */
	isFast: () => boolean;
	/** Undefined where nothing but this connection is at work on the node. */
	besides: (address: Address) => Besides | undefined;
	/** For how long we have not looked ourselves; see pulse.ts. */
	unread?: Unread;
	/** Whose turn it is to find out whether a new login would be let in. */
	logins?: LoginTurns;
	/** An answer is due from now on. */
	onWaiting?: () => void;
};
