// The messages of Sentinels in words, for the event log: primary and replica, never the words of the channel.

import type { SentinelEvent } from './sentinel-messages.ts';

/** In words for the event log; the names in it are printable already. */
export function sentinelEventText(event: SentinelEvent): string {
	switch (event.kind) {
		case 'switch':
			return `switch: the primary of ${event.group} was ${event.from}, is ${event.to}`;
		case 'sdown':
			return event.isOver ? `answers a Sentinel again (sdown over)` : `sdown: a Sentinel gets no answer`;
		case 'odown':
			if (event.isOver) return 'odown over';
			return `odown: agreed that it is down${event.votes === undefined ? '' : `, ${event.votes} votes, quorum ${event.quorum}`}`;
		case 'try-failover':
			return `a Sentinel wants to fail ${event.instance.group} over`;
		case 'elected-leader':
			return `elected to run the failover of ${event.instance.group}`;
		case 'failover-state':
			return `failover of ${event.instance.group}: ${event.state}`;
		case 'selected-replica':
			return `chosen as the next primary of ${event.instance.group}`;
		case 'promoted-replica':
			return `promoted to primary of ${event.instance.group}`;
		case 'reconf':
			return {
				sent: 'told to follow the new primary',
				inprog: 'follows the new primary',
				done: 'in sync with the new primary',
			}[event.stage];
		case 'failover-end':
			return `failover of ${event.instance.group} ended${event.isTimeout ? ' by its timeout: not all replicas follow' : ''}`;
		case 'failover-abort':
			return `failover of ${event.instance.group} given up: ${event.why}`;
		case 'converted':
			return 'called itself primary, was made a replica';
		case 'reboot':
			return 'restarted';
		case 'role-change':
			return `says that it is ${event.role ?? 'something else'}${event.isExpected ? '' : ', which is not expected'}`;
		case 'found':
			return `${event.instance.role} of ${event.instance.group} found`;
		case 'fixed-config':
			return 'followed another primary, was corrected';
		case 'reset':
			return `${event.instance.group} was reset`;
		case 'monitor':
			return `${event.instance.group} is watched`;
		case 'config-update':
			return `new configuration of ${event.instance.group} taken over`;
		case 'new-epoch':
			return `new epoch ${event.epoch}`;
		case 'vote':
			return `vote for ${event.leader.slice(0, 8)}, epoch ${event.epoch}`;
		case 'tilt':
			return event.isOver ? 'TILT is over' : 'TILT: its clock jumped or it was stopped, it acts on nothing';
		case 'other':
			return `${event.channel} ${event.text}`;
	}
}
