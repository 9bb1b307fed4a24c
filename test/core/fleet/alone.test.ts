// A replica that is watched alone: its primary is known by its own word, and is no row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildFleet } from '../../../source/core/fleet/fleet.ts';
import { emptySeries } from '../../../source/core/fleet/history.ts';
import { jsonOf } from '../../../source/output/json.ts';
import { start, trackOf, tracksOf } from '../build.ts';

// The second as in https://github.com/bitnami/containers/issues/53232: `replicaof` a name that only they can resolve.
for (const primary of ['10.0.0.1:6379', 'redis-master:6379', '[fd00::1]:6379'])
	test(`a replica that is watched alone names its primary: ${primary}`, () => {
		const tracks = tracksOf(trackOf('10.0.0.2:6379', { role: 'replica', primary, isLinkUp: true }));
		const fleet = buildFleet({
			...{ name: 'alone', at: start, delaySeconds: 1, tracks },
			...{ opsHistory: emptySeries, hitRateHistory: emptySeries },
		});
		assert.equal(fleet.nodes.length, 1);
		assert.equal(fleet.nodes[0]!.primary, undefined, 'no row');
		const { nodes } = jsonOf({ fleet, findings: [], events: [] }, 1, []) as { nodes: { primary: string }[] };
		assert.equal(nodes[0]!.primary, primary);
	});
