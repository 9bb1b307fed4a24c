// A stream that is trimmed while its group reads and never acknowledges: its 1,000 entries are small, its pending
// entries are not. Reports: https://github.com/redis/redis/issues/5718, 8635, 10777. It showed "421M, exact" of a server
// that used 65.7M in all.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { scanNoteWords } from '../../source/core/keys/scan-note-words.ts';
import { isOutweighed } from '../../source/core/keys/stream-groups.ts';
import { bigKeysJson, bigKeysText } from '../../source/output/big-keys.ts';
import { lookAtKey } from '../../source/redis/key-look.ts';
import { send, type Words } from '../big-keys/fill.ts';
import { plainDial, scanned } from '../big-keys/scan.ts';
import { has } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';

const pending = 100_000;

function* neverAcknowledged(): Iterable<Words> {
	yield ['XGROUP', 'CREATE', 'events', 'billing', '$', 'MKSTREAM'];
	yield ['XGROUP', 'CREATE', 'events', 'mail', '$'];
	for (let from = 0; from < pending; from += 500) {
		for (let n = from; n < from + 500; n++) yield ['XADD', 'events', 'MAXLEN', 1000, '*', 'order', n];
		yield [
			'XREADGROUP',
			'GROUP',
			'billing',
			`pod-${Math.floor(from / 10_000)}`,
			'COUNT',
			500,
			'STREAMS',
			'events',
			'>',
		];
	}
	yield ['XADD', 'calm', '*', 'a', 'b'];
}

for (const server of await testServers('redis'))
	describe(`a stream with pending entries on ${server.name} ${server.version}`, () => {
		const countsRight = has(server, { valkey: 8.1 });
		// From 8.4 on Redis has a third tree for pending entries, and leaves it out: 14.4M of 22.5M.
		const saysMore = !countsRight && !has(server, { redis: 8.4 });
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			assert.equal(await send(node, neverAcknowledged()), 0);
		});
		after(() => node.stop());

		const used = async () => Number((await node.info('memory')).used_memory);
		const hits = async () => Number((await node.info('stats')).keyspace_hits);

		test('opened: its groups, and a size that can be', async () => {
			const before = await hits();
			const look = await lookAtKey({
				...{ dial: plainDial, node: node.address, db: 0, key: 'events' },
				...{ isCluster: false, withElements: false },
			});
			assert.equal((await hits()) - before, look.own?.hits, 'hits as the server counts them');
			const said = Number(await node.call('MEMORY', 'USAGE', 'events', 'SAMPLES', '0'));
			assert.ok(look.bytes! <= (await used()) * 1.05, `${look.bytes}`);
			assert.equal(said > (await used()), saysMore, 'Redis says more than it uses');
			assert.deepEqual([look.isExact, look.serverBytes], [countsRight, saysMore ? said : undefined]);
			const groups = new Map(look.groups?.map(group => [group.name, group]));
			const billing = groups.get('billing')!;
			assert.deepEqual([billing.pending, billing.consumers], [pending, 10]);
			assert.match(billing.lastDeliveredId!, /^\d{13}-\d+$/);
			assert.ok(look.at - billing.oldestPendingAt! >= 0 && look.at - billing.oldestPendingAt! < 600_000);
			assert.ok(billing.idleSeconds! >= 0 && billing.idleSeconds! < 600);
			assert.equal(groups.get('mail')?.pending, 0);
		});

		test('scanned: marked, bounded, and the sums with it', async () => {
			// Items are read where no clock is set by that, or where it is allowed.
			const result = await scanned([node], { mayTouch: true });
			const stream = result.keys.find(({ key }) => key === 'events')!;
			assert.deepEqual([stream.pendingEntries, stream.groups, stream.items], [pending, 2, 1000]);
			assert.ok(isOutweighed(stream.pendingEntries, stream.items));
			assert.equal(stream.sizeEstimated, !countsRight);
			assert.ok(stream.bytes <= (await used()) * 1.05, `${stream.bytes}`);
			if (saysMore) assert.ok(stream.serverBytes! > (await used()));
			assert.ok(result.totalBytes <= (await used()) * 1.05, `${result.totalBytes}`);
			for (const part of [...result.types, ...result.patterns])
				assert.ok(part.bytes <= result.totalBytes, JSON.stringify(part));
			assert.match(
				result.notes.map(scanNoteWords).join('\n'),
				/100,000 pending entries of 2 groups outweigh its 1,000 entries/,
			);
			assert.ok(!result.notes.map(scanNoteWords).join('\n').includes('calm'));
			if (!countsRight) assert.match(bigKeysText(result), /~\d+(\.\d)?[KM] \+-\d+%/);
			const json = JSON.stringify(bigKeysJson(result));
			assert.match(json, /"pendingEntries":100000/);
		});
	});
