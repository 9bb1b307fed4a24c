// Repaired means recovered: what kept us out of a server, or what we were not allowed, is put right while we watch, and is
// noticed by itself within 30 s, with a login at most every 26 s meanwhile; at once by ^L. On real servers, all at the
// same time, for most of it is waiting.

import assert from 'node:assert/strict';
import dns from 'node:dns';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { after, describe, test } from 'node:test';
import type { Call } from '../../source/redis/commands.ts';
import type { DialSettings } from '../../source/redis/dial.ts';
import { plainDial } from '../big-keys/scan.ts';
import { measured } from '../lane.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer, tlsFiles } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-repaired-'));
const begun: (() => Promise<unknown>)[] = [];
const shown: string[] = [];
after(async () => {
	if (process.env.REPAIRED_TABLE) console.log(shown.sort().join('\n'));
	for (const end of begun.reverse()) await end();
	rmSync(folder, { recursive: true, force: true });
});

type Watched = WatchedFleet & { readonly logins: () => number; readonly row: () => ReturnType<typeof rowOf> };

const rowOf = (watched: WatchedFleet) => watched.fleet().now.fleet.nodes[0];

function watch(address: string, dial: Partial<DialSettings>, delaySeconds = 1): Watched {
	const sent: Call[] = [];
	const watched = watchFleet(
		{ address },
		{
			state: { delaySeconds, isDiscoveryOn: false },
			engine: {
				dials: new Map([[0, { ...plainDial, ...dial }]]),
				onSent: (_, calls) => {
					sent.push(...calls);
					return undefined;
				},
			},
		},
	);
	begun.push(() => watched.stop());
	const logins = () => sent.filter(({ name }) => name === 'auth').length;
	return Object.assign(watched, { logins, row: () => rowOf(watched) });
}

/** Out for a while, then repaired: how long until it is seen, and that there was no storm of logins. */
async function recovers(
	what: string,
	watched: Watched,
	reason: string,
	repair: () => unknown,
	isBack: () => boolean = () => watched.row()?.health === 'up',
): Promise<void> {
	const isOut = () => watched.row()?.error?.reason === reason;
	await until(isOut, { what: `it is out: ${JSON.stringify(watched.row()?.error)}`, timeout: 15_000 });
	const outAt = performance.now();
	const before = watched.logins();
	await new Promise(resolve => setTimeout(resolve, 2500));
	const logins = watched.logins();
	await repair();
	const repairedAt = performance.now();
	await until(isBack, { what: 'it is back by itself', timeout: 60_000 });
	const seconds = (performance.now() - repairedAt) / 1000;
	measured(() => assert.ok(seconds <= 31, `${seconds} s`));
	const more = watched.logins() - logins;
	const most = 1 + Math.floor((performance.now() - outAt) / 26_000);
	assert.ok(more <= most, `${more} logins, at most ${most}`);
	const minutes = (performance.now() - outAt) / 60_000;
	const perMinute = ((watched.logins() - before) / minutes).toFixed(1);
	const version = watched.row()?.version;
	shown.push(`${version}  ${what}: up ${seconds.toFixed(1)} s after, ${perMinute} logins a minute meanwhile`);
}

/** The same, and somebody presses ^L. */
async function recoversByHand(watched: Watched, reason: string, repair: () => unknown): Promise<void> {
	await until(() => watched.row()?.error?.reason === reason, { what: `it is out: ${reason}` });
	await repair();
	const seen = () => {
		watched.press('ctrl-l');
		return watched.row()?.health === 'up';
	};
	// A hand is no faster, and seven servers' worth of presses would keep the machine from anything else.
	await until(seen, { what: 'it is back by hand', timeout: 5000, every: 250 });
}

const servers = await testServers('both');

// Side by side: it is all waiting.
describe('what was repaired', { concurrency: true }, () => {
	for (const server of servers) {
		const start = async (config: Record<string, string> = {}, tls = false): Promise<RunningServer> => {
			const running = await startServer(server, { config: { save: '', ...config }, tls });
			begun.push(() => running.stop());
			return running;
		};
		const user = (name: string) => ({ credentials: { user: name, password: 'pw' } });
		describe(`${server.name} ${server.version}`, { concurrency: true }, () => {
			test('a password that was refused', async t => {
				const node = await start();
				await node.call('ACL', 'SETUSER', 'watch', 'on', '>other', '+@all', '~*');
				const watched = watch(node.address, user('watch'));
				await recovers(t.name, watched, 'wrong-password', () => node.call('ACL', 'SETUSER', 'watch', '>pw'));
			});

			test('a password that was refused, with a delay of a minute', async t => {
				const node = await start();
				await node.call('ACL', 'SETUSER', 'watch', 'on', '>other', '+@all', '~*');
				const watched = watch(node.address, user('watch'), 60);
				await recovers(t.name, watched, 'wrong-password', () => node.call('ACL', 'SETUSER', 'watch', '>pw'));
			});

			test('by ^L at once', async () => {
				const node = await start();
				await node.call('ACL', 'SETUSER', 'watch', 'on', '>other', '+@all', '~*');
				const watched = watch(node.address, user('watch'), 60);
				await recoversByHand(watched, 'wrong-password', () => node.call('ACL', 'SETUSER', 'watch', '>pw'));
			});

			test('a user that was deleted while we were connected, and came back', async t => {
				const node = await start();
				const make = () => node.call('ACL', 'SETUSER', 'watch', 'on', '>pw', '+@all', '~*');
				await make();
				const watched = watch(node.address, user('watch'));
				await until(() => watched.row()?.health === 'up', { what: 'it is watched' });
				await node.call('ACL', 'DELUSER', 'watch');
				await recovers(t.name, watched, 'wrong-password', make);
			});

			test('a user that was switched off and on', async t => {
				const node = await start();
				await node.call('ACL', 'SETUSER', 'watch', 'off', '>pw', '+@all', '~*');
				const watched = watch(node.address, user('watch'));
				await recovers(t.name, watched, 'wrong-password', () => node.call('ACL', 'SETUSER', 'watch', 'on'));
			});

			// Who is logged in stays so; it is tried on the connection that there is, without another one.
			test('a password that was changed while we were connected, and our file after it', async () => {
				const node = await start();
				const file = path.join(folder, `${server.id}-rotated`);
				writeFileSync(file, 'pw\n');
				await node.call('ACL', 'SETUSER', 'watch', 'on', '>pw', '+@all', '~*');
				const as = () => ({ credentials: { user: 'watch', password: readFileSync(file, 'utf8').trim() } });
				const watched = watch(node.address, { ...as(), readAgain: as });
				const others = watch(node.address, {});
				const told = (each: WatchedFleet) => each.fleet().now.findings.map(({ text }) => text);
				const refused = /^our password or user was changed: this connection goes on/;
				const isTold = (each: WatchedFleet) => told(each).some(text => refused.test(text));
				await until(() => [watched, others].every(each => each.row()?.health === 'up'), {
					what: 'both are up',
				});
				const connections = async () => Number((await node.info('stats')).total_connections_received);
				const before = await connections();
				await node.call('ACL', 'SETUSER', 'watch', 'resetpass', '>new');
				await node.call('CONFIG', 'SET', 'requirepass', 'secret');
				const byHand = (each: WatchedFleet, is: () => boolean) => () => {
					each.press('ctrl-l');
					return is();
				};
				for (const each of [watched, others]) {
					const seen = byHand(each, () => isTold(each));
					await until(seen, { what: 'that a new login is refused is told', every: 250 });
					assert.equal(each.row()?.health, 'up');
				}
				assert.equal(await connections(), before);
				writeFileSync(file, 'new\n');
				const isOver = byHand(watched, () => !isTold(watched));
				await until(isOver, { what: 'it is over', every: 250 });
				assert.ok(isTold(others));
			});

			test('a server that wants a password from now on, which is in the file by and by', async t => {
				const node = await start();
				const file = path.join(folder, `${server.id}-pass`);
				writeFileSync(file, 'old\n');
				const readAgain = () => ({ credentials: { password: readFileSync(file, 'utf8').trim() } });
				const watched = watch(node.address, { credentials: { password: 'old' }, readAgain });
				await until(() => watched.row()?.health === 'up', { what: 'it is watched' });
				await node.call('CONFIG', 'SET', 'requirepass', 'new');
				await node.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
				await recovers(t.name, watched, 'wrong-password', () => writeFileSync(file, 'new\n'));
			});

			test('+info, and another word, granted later', async t => {
				const node = await start();
				await node.call('ACL', 'SETUSER', 'watch', 'on', '>pw', '+client', '+ping');
				const watched = watch(node.address, user('watch'));
				await recovers(t.name, watched, 'no-permission', () => node.call('ACL', 'SETUSER', 'watch', '+info'));
				const lacks = () => watched.row()?.refused.map(({ command }) => command) ?? [];
				await until(() => lacks().includes('slowlog get'), { what: 'SLOWLOG is refused' });
				await node.call('ACL', 'SETUSER', 'watch', '+slowlog');
				await until(() => !lacks().includes('slowlog get'), { what: 'the word is noticed', timeout: 60_000 });
			});

			test('a CA file that is renewed on disk', async t => {
				const node = await start({}, true);
				const file = path.join(folder, `${server.id}-ca.crt`);
				// Another certificate, which has signed nothing.
				copyFileSync(tlsFiles['client.crt'], file);
				const tls = () => ({ ca: readFileSync(file), isInsecure: false });
				const watched = watch(node.address, { tls: tls(), readAgain: () => ({ tls: tls() }) });
				await recovers(t.name, watched, 'tls', () => copyFileSync(tlsFiles['ca.crt'], file));
			});

			// An end of the time of a certificate ends no connection; this is what a reload of such a one leaves behind.
			test('a certificate that expired while we were connected: that goes on, and a new connection says why', async t => {
				const node = await start({}, true);
				const watched = watch(node.address, {
					tls: { ca: readFileSync(tlsFiles['ca.crt']), isInsecure: false },
				});
				await until(() => watched.row()?.health === 'up', { what: 'it is watched' });
				await node.call('CONFIG', 'SET', 'tls-cert-file', tlsFiles['expired.crt']);
				const rounds = watched.fleet().rounds + 2;
				await until(() => watched.fleet().rounds >= rounds, { what: 'it goes on' });
				assert.equal(watched.row()?.health, 'up');
				await node.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
				await recovers(t.name, watched, 'tls', () => {
					assert.match(
						watched.row()?.error?.text ?? '',
						/^the certificate has expired: the server needs a new one/,
					);
					return node.call('CONFIG', 'SET', 'tls-cert-file', tlsFiles['server.crt']);
				});
			});

			test('a name that resolves again', async t => {
				const node = await start();
				const name = `${server.id}.redis-top.invalid`;
				const { lookup } = dns;
				let isKnown = false;
				// As the resolver of the system answers by and by.
				dns.lookup = ((host: string, ...rest: unknown[]) =>
					(lookup as (...all: unknown[]) => void)(
						host === name && isKnown ? '127.0.0.1' : host,
						...rest,
					)) as never;
				const watched = watch(`${name}:${node.port}`, {});
				await recovers(t.name, watched, 'host-not-found', () => {
					isKnown = true;
				});
			});
		});
	}
});
