// A replica that is watched alone: its primary is known by its own word, and is no row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildFleet } from '../../../source/core/fleet/fleet.ts';
import { emptySeries } from '../../../source/core/fleet/history.ts';
import { jsonOf } from '../../../source/output/json.ts';
import { start, trackOf, tracksOf } from '../build.ts';

test('a replica that is watched alone names its primary', () => {
	const tracks = tracksOf(
		trackOf('10.0.0.2:6379', { role: 'replica', primary: '10.0.0.1:6379', isLinkUp: true }),
	);
	const fleet = buildFleet({
		...{ name: 'alone', at: start, delaySeconds: 1, tracks },
		...{ opsHistory: emptySeries, hitRateHistory: emptySeries },
	});
	assert.equal(fleet.nodes.length, 1);
	assert.equal(fleet.nodes[0]!.primary, undefined, 'no row');
	const { nodes } = jsonOf({ fleet, findings: [], events: [] }, 1, []) as { nodes: { primary: string }[] };
	assert.equal(nodes[0]!.primary, '10.0.0.1:6379');
});
