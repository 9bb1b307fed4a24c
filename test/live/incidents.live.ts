// Incidents of the field, made on real servers: what the screen says once each has held, and that `--check`, as text and
// as JSON, then says the same with the same limits. What other live files make (stalls, lost data, causes of memory, a
// link that never came up, an open slot) is not made again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Finding } from '../../source/core/types.ts';
import { plainDial } from '../big-keys/scan.ts';
import { buildIfStale } from '../built.ts';
import { startPair } from '../servers/fleets.ts';
import { countsErrors } from '../servers/having.ts';
import { type Server, testServers } from '../servers/servers.ts';
import { aclUser, loadsSlowly, type RunningServer, slowLoading, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type Begun, type Incident, incidents } from './incident-cases.ts';
import { runOnce } from './redis-top.ts';
import { fill, keyCount, keysOf, withTime } from './rescue.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

before(buildIfStale);
const begun: Begun = [];
after(async () => {
	for (const stop of begun.reverse()) await stop();
});

async function started(server: Server): Promise<RunningServer> {
	const running = await startServer(server);
	begun.push(() => running.stop());
	return running;
}

/** What a script compares: rates differ from one second to the next, what they are held against does not. */
const identity = ({ id, kind, severity, node }: Finding) =>
	[id, kind, severity, node].filter(word => word !== undefined && word !== null).join(' ');
const words = ({ id, kind, severity }: Finding) => [id, kind, severity].filter(Boolean).join(' ');

const watch = (seed: RunningServer, own: Begun = begun): WatchedFleet => {
	const credentials = { password: seed.password };
	const dials = new Map([[0, { ...plainDial, credentials }]]);
	const watched = watchFleet(seed, { engine: { dials } });
	own.push(() => watched.stop());
	return watched;
};

const found = (watched: WatchedFleet, id: string) => () =>
	watched.fleet().now.findings.find(finding => finding.id === id);

const runbook = async (seed: RunningServer, env: Record<string, string>, isScanned: boolean) => {
	const args = ['--runbook', 'high-memory', ...(isScanned ? [] : ['--no-scan']), seed.address];
	const { stdout } = await runOnce(args, env);
	const lines = stdout.split('\n').filter(line => line.trim() !== '');
	return lines.slice(lines.findIndex(line => /in short/i.test(line)) + 1).slice(0, 3);
};

/** Watches one to its end, and says in a line what was seen. */
async function told(incident: Incident, server: Server, own: Begun): Promise<string> {
	const { name, isPast, memory, isScanned = false, besides = [], make } = incident;
	const { finds, says } = (!countsErrors(server) && incident.uncounted) || incident;
	const { seed, begin } = await make(server, own);
	const watched = watch(seed, own);
	const now = () => watched.fleet().now.findings;
	if (begin) await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
	const from = performance.now();
	const firstAt = new Map<string, number>();
	const note = () => {
		for (const { id } of now()) if (!firstAt.has(id)) firstAt.set(id, (performance.now() - from) / 1000);
	};
	const watching = until(
		() => {
			note();
			return finds.every(one => now().map(words).includes(one));
		},
		{ what: () => `${finds.join(', ')} are found, not ${JSON.stringify(now())}`, timeout: 25_000 },
	);
	const isBegun = Promise.resolve(begin?.());
	await Promise.all([isBegun, watching]);
	const texts = () => now().map(({ text }) => text);
	const events = () => watched.fleet().events.map(({ text }) => text);
	await until(() => says.test([...texts(), ...events()].join('\n')), {
		what: () => `it says ${says}, not ${JSON.stringify([...texts(), ...events()])}`,
	});
	const env: Record<string, string> = seed.password ? { REDISCLI_AUTH: seed.password } : {};
	const args = ['--check', '-p', String(seed.port)];
	const checkedAt = performance.now();
	const isHeld = ({ id }: Finding) => !besides.includes(id);
	const look = async () => {
		const [text, json] = await Promise.all([runOnce(args, env), runOnce([...args, '--json'], env)]);
		const all: Finding[] = JSON.parse(json.stdout).findings;
		return { text, json, all, checked: all.filter(isHeld), seen: now().filter(isHeld) };
	};
	// The two checks are two looks: what stalls for seconds and then does not may be met by one of them.
	const isEqual = ({ text, json, checked, seen }: Awaited<ReturnType<typeof look>>) =>
		text.code === json.code &&
		JSON.stringify(checked.map(identity).sort()) === JSON.stringify(seen.map(identity).sort());
	let found = await look();
	// What comes and goes may have gone for as long as a check looks: then once more.
	for (let tries = 0; besides.length > 0 && tries < 3 && !isEqual(found); tries++) found = await look();
	const { text, json, all, checked, seen } = found;
	const seconds = ((performance.now() - checkedAt) / 1000).toFixed(1);
	const screen = finds.map(one => `${one} ${firstAt.get(one.split(' ')[0]!)?.toFixed(1)} s`).join(', ');
	let line = `${name} | ${server.name} ${server.version} | ${screen} | --check exit ${text.code} in ${seconds} s`;
	if (isPast) {
		assert.match(text.stdout, isPast);
		line += `: ${text.stdout.split(' | ')[0]}`;
	} else {
		assert.deepEqual(checked.map(identity).sort(), seen.map(identity).sort());
		for (const { id, kind, severity } of seen) {
			const start = severity === 'crit' ? `CRITICAL ${id}` : `WARNING ${id}`;
			assert.match(text.stdout, new RegExp(`^${start}.*${kind ?? ''}`, 'm'));
		}
		// By all that each of them has told, also what comes and goes beside it.
		const isCritical = all.some(({ severity }) => severity === 'crit');
		const codes = [/^CRITICAL /m.test(text.stdout), isCritical].map(is => (is ? 2 : 1));
		assert.deepEqual([text.code, json.code], codes);
		line += `, equal: ${checked.map(words).sort().join(', ')}`;
	}
	if (!memory) return line;
	const short = await runbook(seed, env, isScanned);
	assert.match(short.join('\n'), memory);
	return `${line} | ${short.join(' / ')}`;
}

for (const server of await testServers('both'))
	describe(`${server.name} ${server.version}`, { concurrency: 2 }, () => {
		for (const incident of incidents)
			test(`${incident.name}: the screen and --check say the same`, {
				skip: incident.isNotMade?.(server) ?? false,
			}, async context => {
				const own: Begun = [];
				try {
					context.diagnostic(await told(incident, server, own));
				} finally {
					for (const stop of own.reverse()) await stop();
				}
			});

		// 6.0 stops reading while it pauses: there is nothing to tell it by from a server that stands still.
		const isTold = !server.version.startsWith('6.0');
		test('CLIENT PAUSE ALL: said as such while it lasts and after it, and no fault of our way to it', {
			skip: !isTold,
		}, async () => {
			const pair = await startPair(server);
			begun.push(() => pair.stop());
			const watched = watch(pair.primary);
			await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
			await pair.primary.call('CLIENT', 'PAUSE', '12000', 'ALL');
			const first = await until(found(watched, 'paused'), { what: 'the pause is found' });
			assert.match(
				first.text,
				/^all commands wait for \d+\.?\d*s, as under CLIENT PAUSE: only errors are answered$/,
			);
			// After the deadline of a call, when its replica has heard from it since: neither down nor out of reach.
			await until(() => found(watched, 'paused')()?.severity === 'crit', { what: 'it is critical' });
			assert.deepEqual(
				watched.fleet().now.findings.filter(({ id }) => id === 'not-reached' || id === 'unreachable'),
				[],
			);
			const stalled = () =>
				found(watched, 'paused')() === undefined &&
				/all commands waited, as under CLIENT PAUSE$/.test(found(watched, 'stalled')()?.text ?? '');
			await until(stalled, { what: 'it is over, and told why it stood still' });
			// A check that meets nothing but the pause says that, and not that nobody is there.
			await pair.primary.call('CLIENT', 'PAUSE', '30000', 'ALL');
			const { stdout, code } = await runOnce(['--check', '-p', String(pair.primary.port), '--no-discover']);
			assert.match(stdout, /^CRITICAL paused \S+: all commands wait for \S+, as under CLIENT PAUSE/);
			assert.equal(code, 2);
		});

		test('a primary back empty while its replica still loads its own file: said, and that it takes no command yet', {
			skip: !loadsSlowly(server),
		}, async () => {
			const pair = await startPair(server, { config: { ...withTime, ...slowLoading(1000) } });
			begun.push(() => pair.stop());
			const { primary, replica } = pair;
			await fill(primary);
			await until(async () => (await keysOf(replica)) === keyCount, { what: 'the replica has the keys' });
			await replica.call('SAVE');
			const watched = watch(primary);
			const isKnown = () => watched.fleet().now.fleet.nodes.every(({ keys }) => keys === keyCount);
			await until(isKnown, { what: 'both are watched with their keys' });
			await Promise.all([primary.kill(), replica.kill()]);
			await replica.restart({ awaitsReady: false });
			await primary.restart();
			const lost = await until(found(watched, 'came-back-empty'), { what: 'it came back empty' });
			assert.deepEqual([lost.severity, lost.node], ['crit', primary.address]);
			const isTold = () =>
				found(watched, 'came-back-empty')()?.text.endsWith(
					`${replica.address} is loading and takes no command yet`,
				);
			await until(isTold, { what: 'it is said that the replica loads' });
			const isOffered = () =>
				/: REPLICAOF NO ONE on \S+ saves 5\.0k$/.test(found(watched, 'came-back-empty')()?.text ?? '');
			await until(isOffered, { what: 'it has loaded, and the command is offered', every: 5 });
			assert.equal(await keysOf(replica), keyCount);
		});

		test('one login that is denied to a user who is logged in', { skip: !countsErrors(server) }, async () => {
			const node = await started(server);
			await aclUser(node, 'app', 'old', ['+@all', '~*']);
			const client = node.connect({ username: 'app', password: 'old' });
			await client.ping();
			const watched = watch(node);
			await until(() => watched.fleet().rounds >= 2, { what: 'it is watched' });
			const late = node.connect();
			await late.call('AUTH', 'stranger', 'x').catch(() => {});
			late.disconnect();
			await aclUser(node, 'app', 'new', ['+@all', '~*']);
			const other = node.connect();
			await other.call('AUTH', 'app', 'old').catch(() => {});
			const { text, severity } = await until(found(watched, 'auth-failing'), { what: 'it is found' });
			assert.equal(severity, 'warn');
			assert.match(text, /^login denied: user app, logged in elsewhere from 127\.0\.0\.1:\d+; WRONGPASS$/);
		});
	});
