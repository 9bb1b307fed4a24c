// Fleets of which a redis-top as a service told, and of which nothing is told now: it has ended, or it is late. Who looks for
// nodes finds none of theirs, so they are known by what was there before; what nobody tells of is never fine.

import { prefix } from '../metric-names.ts';
import { printableText } from '../text/printable.ts';
import type { Address } from '../types.ts';
import type { Labels, PromSeries } from './answer.ts';
import { fleetOf, type OwnListing } from './own-listing.ts';
import { infoName } from './own-names.ts';
import type { ToldFleet } from './told.ts';

/** Longer ago than an hour counts where the service is still to be scraped and is not reached: it was not taken away. */
const longAgo = ['1h', '2h', '4h', '8h', '16h', '1d', '2d', '3d', '4d', '5d', '6d', '7d'];

/** Each fleet that was told of within the hour, or before by a service that is down; of a late one this alone is told. */
export function ownFleetsQuery(selector: string): string {
	const age = `${prefix}round_age_seconds${selector}`;
	const before = longAgo.map(ago => `${age} offset ${ago}`).join(' or ');
	return `count_over_time(${age}[1h]) or (${before}) and on (instance, job) (up == 0)`;
}

/** Whom the services watched within the hour. */
export const ownNodesQuery = (selector: string): string =>
	`count by (fleet, instance, job, node) (count_over_time(${infoName}${selector}[1h]))`;

/** Another service watches a fleet of this name: it may be the same one. */
export const mayBeWatched = ({ lost }: OwnListing, infos: readonly PromSeries[]): boolean =>
	lost.some(fleet => infos.some(({ labels }) => labels.fleet === fleet.fleet));

/**
 * By name of the group, what is told of each fleet that is lost: that nothing is known. `nodes` answers `ownNodesQuery`: all
 * of whose nodes are watched by another service, under the same name, is not lost.
 */
export function toldOfLost(
	{ lost, groupOf }: OwnListing,
	infos: readonly PromSeries[],
	nodes: readonly PromSeries[] = [],
): ReadonlyMap<string, ToldFleet> {
	const watched = new Set(infos.map(({ labels }) => placeOf(labels)));
	const isWatched = (labels: Labels) => {
		const its = nodes.filter(node => fleetOf(node.labels) === fleetOf(labels)).map(node => node.labels);
		return its.length > 0 && its.every(node => !isLocal(node.node ?? '') && watched.has(placeOf(node)));
	};
	const left = lost.filter(labels => !isWatched(labels));
	return new Map(left.map(labels => [groupOf(labels)!, nothingOf(labels)]));
}

const placeOf = ({ fleet = '', node = '' }: Labels) => `${fleet}\0${node}`;

/** Another machine's is another server. */
const isLocal = (node: Address) => /^(127\.|localhost:|\[?::1\]?:|unix:|\/)/.test(node);

const nothingOf = ({ instance = '-' }: Labels): ToldFleet => ({
	...{ figures: new Map(), judged: new Set(), findings: [], isWhole: false },
	lost: `${printableText(instance, 120)} tells nothing of it now`,
});
