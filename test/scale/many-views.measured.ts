// 400 nodes of which each is asked for its view in turn, every five seconds: what matters does not wait for its turn. A
// node that is lost, a promotion, and a few that have not heard of it are told within two refreshes of the moment that
// their CLUSTER INFO tells, counted in refreshes and not in seconds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { State } from '../../source/state/state.ts';
import { type WatchedFleet, watchFleet } from '../live/watch-fleet.ts';
import { until } from '../servers/until.ts';
import { type Scripted, startScripted } from './scripted.ts';

const nodes = 400;
const lost = 3;
const promoted = lost + nodes / 2;
const unheard = [40, 41, 42];
/** One or the other may be late in a refresh. */
const most = 0.9 * nodes;

type Seen = {
	readonly rounds: number;
	readonly epochs: number;
	readonly failing: number;
	readonly minority: readonly string[];
	readonly ids: readonly string[];
	readonly owner?: string;
};

let scripted: Scripted;
let watched: WatchedFleet;
const seen: Seen[] = [];
const address = (index: number) => scripted.addresses[index]!;

function note(state: State): void {
	const { rounds, now, tracks } = state.fleets[0]!;
	const views = [...tracks.values()].map(({ cluster }) => cluster);
	seen.push({
		rounds,
		epochs: views.filter(view => view?.epoch === nodes / 2 + 1).length,
		failing: views.filter(view => view?.slotsFail).length,
		minority: now.fleet.agreement?.minority ?? [],
		ids: now.findings.map(({ id, node }) => `${id} ${node ?? ''}`),
		owner: now.fleet.shards[lost]?.primary,
	});
}

before(async () => {
	scripted = await startScripted({ kind: 'cluster', nodes });
	watched = watchFleet({ address: address(0) }, { engine: { onState: note } });
	const fleet = () => watched.fleet().now.fleet;
	await until(() => fleet().nodes.filter(({ health }) => health === 'up').length > most, {
		what: 'they are up',
		timeout: 60_000,
	});
	await until(
		() => {
			const { at, agreement } = fleet();
			return agreement!.viewsAgreeing > most && at - agreement!.oldestViewAt! > 3500;
		},
		{ what: 'each is asked in turn', timeout: 60_000 },
	);
});
after(async () => {
	await watched.stop();
	await scripted.stop();
});

/** The refreshes from the first state in which the nodes' own CLUSTER INFO tells to the first in which we do. */
async function refreshes(tells: (seen: Seen) => boolean, isTold: (seen: Seen) => boolean): Promise<number> {
	await until(() => seen.some(tells) && seen.some(isTold), { what: 'it is told', timeout: 60_000 });
	return seen.find(isTold)!.rounds - seen.find(tells)!.rounds;
}

test('a primary that is lost, told by us and by the others', async () => {
	seen.length = 0;
	await scripted.tell([lost], { mode: 'refuse' });
	await scripted.believe({ failed: [lost] });
	const isTold = ({ ids }: Seen) => ids.includes(`unreachable ${address(lost)}`);
	assert.ok((await refreshes(({ failing }) => failing > 0, isTold)) <= 2);
	const isUncovered = ({ ids }: Seen) => ids.some(id => id.startsWith('slots-uncovered'));
	assert.ok((await refreshes(({ failing }) => failing > most, isUncovered)) <= 2);
});

test('its replica is promoted, and three nodes have not heard of it', async () => {
	seen.length = 0;
	await scripted.believe({ failed: [lost], replaced: [lost], unheard });
	const hasHeard = ({ epochs }: Seen) => epochs > most;
	assert.ok((await refreshes(hasHeard, ({ owner }) => owner === address(promoted))) <= 2);
	const isMinority = ({ minority }: Seen) => unheard.every(index => minority.includes(address(index)));
	assert.ok((await refreshes(hasHeard, isMinority)) <= 2);
	assert.deepEqual(
		seen.flatMap(({ minority }) => minority).filter(node => !unheard.some(index => address(index) === node)),
		[],
		'nobody is said to differ whose view is only older',
	);
	const failover = watched.fleet().failovers.find(({ shard }) => shard !== undefined);
	assert.ok(failover, 'it is told as a failover');
});
