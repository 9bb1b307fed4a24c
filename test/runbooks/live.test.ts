// The incidents on real servers: what the runbook says of them must be what was done to them, and what it offers must be
// taken by the server, do what it says, and be undone by its undo. The checks are given what the poller would read.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { emptySeries } from '../../source/core/fleet/history.ts';
import { settingNames } from '../../source/core/fleet/setting-names.ts';
import { absorb, newTrack } from '../../source/core/fleet/track.ts';
import { parseClientList } from '../../source/core/parse/parse-client-list.ts';
import { parseInfo } from '../../source/core/parse/parse-info.ts';
import type { NodeTrack, Sample } from '../../source/core/types.ts';
import { timeNow } from '../../source/redis/clock.ts';
import { diagnose } from '../../source/runbooks/cause.ts';
import { auditFleet } from '../../source/runbooks/config-audit.ts';
import { highMemory } from '../../source/runbooks/high-memory.ts';
import type { Change, RunbookInput } from '../../source/runbooks/runbook.ts';
import { noOwn, fleetOf as rowsOf } from '../core/build.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';

const running: RunningServer[] = [];
after(() => Promise.all(running.map(server => server.stop())));

const megabyte = 1024 * 1024;

async function sampleNow(server: RunningServer, config: Record<string, string>): Promise<Sample> {
	const text = await server.cli('INFO');
	const at = timeNow();
	return { node: server.address, at, clock: at, refused: [], own: noOwn, info: parseInfo(text), config };
}

/** What is known of a server after two readings; `wait` is done between them. */
async function observe(server: RunningServer, wait: () => Promise<unknown>): Promise<RunbookInput> {
	const config: Record<string, string> = {};
	for (const name of settingNames) {
		const [key, value] = (await server.call('CONFIG', 'GET', name)) as string[];
		if (key !== undefined) config[key] = value ?? '';
	}
	let track: NodeTrack = newTrack(server.address, 'data', 'seed', timeNow());
	track = absorb(track, await sampleNow(server, config));
	await wait();
	// Two readings nearer than 0.1 s make no rate.
	await new Promise(resolve => setTimeout(resolve, 200));
	track = absorb(track, await sampleNow(server, config));
	const tracks = new Map([[server.address, track]]);
	const at = track.lastGood!.at;
	const fleet = rowsOf(tracks, {}, {}, at);
	const info = await server.info('memory');
	return {
		node: fleet.nodes[0]!,
		track,
		tracks,
		fleet,
		at,
		usedHistory: emptySeries,
		clients: parseClientList(await server.cli('CLIENT', 'LIST')),
		extras: new Map([[server.address, { allocator: info.mem_allocator ?? '', configFile: '' }]]),
	};
}

const check = (input: RunbookInput, id: string) =>
	highMemory.steps.find(step => step.id === id)!.check(input);
const offered = (input: RunbookInput): readonly Change[] =>
	highMemory.steps.flatMap(step => step.changes?.(input) ?? []).filter(({ isOffered }) => isOffered);

/** Exactly the words, as one command. */
const send = (server: RunningServer, words: readonly string[]) => server.call(words[0]!, ...words.slice(1));

for (const version of await testServers('redis')) {
	const start = async (config: Record<string, string>) => {
		const server = await startServer(version, { config: { save: '', ...config } });
		running.push(server);
		return server;
	};
	const name = `${version.name} ${version.version}`;

	test(`${name}: noeviction at the limit, and raising maxmemory ends it`, async () => {
		const server = await start({ maxmemory: '20mb', 'maxmemory-policy': 'noeviction' });
		const fill = () => server.call('SET', `k:${Math.random()}`, 'x'.repeat(50_000));
		await until(
			async () =>
				fill().then(
					() => false,
					() => true,
				),
			{ what: 'it is full', every: 0 },
		);
		const input = await observe(server, async () => {
			for (let tries = 0; tries < 20; tries++) await fill().catch(() => {});
		});
		assert.equal(diagnose(input)?.cause, 'data');
		assert.equal(check(input, 'scope').answer, 'act');
		// Before 6.2 no server counts the errors it gives.
		const told = version.version.startsWith('6.0')
			? /whether writes are refused is not known/
			: /Writes are refused with OOM/;
		assert.match(check(input, 'scope').text, told);
		const raise = offered(input).find(({ id }) => id === 'raise-maxmemory')!;
		assert.ok(
			raise,
			offered(input)
				.map(({ id }) => id)
				.join(' '),
		);
		assert.equal(await send(server, raise.command), 'OK');
		assert.equal(await fill(), 'OK');
		assert.equal(await send(server, raise.undo!), 'OK');
		assert.equal((await server.info('memory')).maxmemory, String(20 * megabyte));
	});

	test(`${name}: a client that does not read, found and ended`, async () => {
		const server = await start({ maxmemory: '60mb', 'maxmemory-policy': 'allkeys-lru' });
		for (let key = 0; key < 300; key++) await server.call('SET', `data:${key}`, 'd'.repeat(100_000));
		const deaf = await server.connect().monitor();
		(deaf as unknown as { stream: { pause(): void } }).stream.pause();
		const clientsBytes = async () => Number((await server.info('memory')).mem_clients_normal);
		const write = async () => {
			await server.call('SET', 'noise', 'n'.repeat(200_000));
			return (await clientsBytes()) > 20 * megabyte;
		};
		await until(write, { what: 'its buffer holds 20 MB', every: 0 });
		const input = await observe(server, async () => {
			const evicted = async () => Number((await server.info('stats')).evicted_keys);
			const before = await evicted();
			await until(async () => (await write()) && (await evicted()) > before, {
				what: 'data is evicted',
				every: 0,
			});
		});
		assert.equal(diagnose(input)?.cause, 'clients');
		assert.match(check(input, 'scope').text, /MONITOR, last command monitor.*it holds \d/);
		const [kill] = offered(input);
		assert.equal(kill?.command[1], 'KILL');
		await send(server, kill!.command);
		await until(async () => (await clientsBytes()) < 5 * megabyte, { what: 'the buffer is free' });
		const limit = offered(input).find(({ id }) => id === 'output-buffer-limit')!;
		assert.equal(await send(server, limit.command), 'OK');
		const setting = async () =>
			((await server.call('CONFIG', 'GET', 'client-output-buffer-limit')) as string[])[1]!;
		assert.match(await setting(), /normal 67108864 16777216 60/);
		assert.equal(await send(server, limit.undo!), 'OK');
		assert.match(await setting(), /normal 0 0 0/);
		deaf.disconnect();
	});

	test(`${name}: most of a keyspace deleted is fragmentation, and no eviction`, async () => {
		const allowed: Record<string, string> = version.version.startsWith('6.0')
			? {}
			: { 'enable-debug-command': 'local' };
		const server = await start({ maxmemory: '1gb', ...allowed });
		await server.call('DEBUG', 'POPULATE', '250000', 'k', '700');
		const thin = "for i=0,249999 do if i%8~=0 then redis.call('DEL','k:'..i) end end return 1";
		await server.call('EVAL', thin, '0');
		const input = await observe(server, () =>
			until(async () => Number((await server.info('memory')).used_memory) < 80 * megabyte, {
				what: 'it is deleted',
			}),
		);
		const scope = check(input, 'scope');
		assert.equal(diagnose(input)?.cause, 'fragmentation', scope.text);
		assert.match(scope.text, /does not cause evictions/);
		const verdict = check(input, 'fragmentation');
		assert.equal(verdict.answer, 'look');
		assert.deepEqual([...new Set(offered(input).map(({ id }) => id))], ['activedefrag']);
	});

	test(`${name}: the audit reads a server of defaults`, async () => {
		const server = await start({});
		const input = await observe(server, () => server.call('PING'));
		const lines = auditFleet({ fleet: input.fleet!, tracks: input.tracks! });
		// The makers of Redict tell which of its versions have holes, and nobody else.
		assert.deepEqual(
			lines.filter(({ severity }) => severity === 'unknown').map(({ id }) => id),
			version.name === 'redict' ? ['audit-version'] : [],
		);
		const found = lines.filter(({ severity }) => severity !== 'fine').map(({ id }) => id);
		for (const id of [
			'audit-no-replica',
			'audit-no-maxmemory',
			'audit-persistence',
			'audit-output-buffers',
			'audit-latency-monitor',
		])
			assert.ok(found.includes(id), id);
	});
}
