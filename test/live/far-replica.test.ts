// A replica that lacks nothing is not shown behind because our way to it is long: the worst of the cases that
// far-replica.live.ts goes through. 0 bytes behind were 51 KB to 617 KB at round trips of 0.2 to 1.3 s.

import { test } from 'node:test';
import { testServers } from '../servers/servers.ts';
import { showFarReplica } from './far-replica.ts';

for (const server of await testServers('redis'))
	test(`${server.id}: a level replica at a round trip of 1.3 s, 3 MB/s written`, () =>
		showFarReplica({ server, trip: 1300, bytesPerSecond: 3_000_000, delaySeconds: 1, objects: 4 }));
