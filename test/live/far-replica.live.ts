// A level replica behind round trips of 0.2, 0.7 and 1.3 s, at 200 KB/s and 3 MB/s of writes, at delays of 0.25 and 1 s.
// REDIS_TOP_LAG_OBJECTS sets how many objects of each must be right: 300 at a delay of 1 s are five minutes.

import { test } from 'node:test';
import { testServers } from '../servers/servers.ts';
import { showFarReplica } from './far-replica.ts';

const objects = Number(process.env.REDIS_TOP_LAG_OBJECTS ?? 12);

for (const server of await testServers('both'))
	for (const trip of [200, 700, 1300])
		for (const bytesPerSecond of [200_000, 3_000_000])
			for (const delaySeconds of [0.25, 1])
				test(`${server.id}: ${trip} ms, ${bytesPerSecond} B/s, every ${delaySeconds} s`, () =>
					showFarReplica({ server, trip, bytesPerSecond, delaySeconds, objects }));
