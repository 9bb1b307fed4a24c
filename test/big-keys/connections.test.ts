// Every way to a server that the rest of the program knows: the scan has a connection of its own (lean-connection.ts)
// and must not be poorer for it. TLS with and without a client's certificate, a unix socket, an address that was
// announced and is reached by another, a password, a user with nothing but what the README's lines allow.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import type { DialSettings } from '../../source/redis/dial.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, type ServerOptions, startServer, tlsFiles } from '../servers/start.ts';
import { plainDial, targetOf, usual } from './scan.ts';

type Way = {
	readonly what: string;
	readonly server?: ServerOptions;
	readonly before?: (node: RunningServer) => Promise<void>;
	readonly address?: (node: RunningServer) => string;
	readonly dial?: (node: RunningServer) => Partial<DialSettings>;
	/** Else it is read to its end. */
	readonly fails?: RegExp;
};

const ca = readFileSync(tlsFiles['ca.crt']);
const certificate = { cert: readFileSync(tlsFiles['client.crt']), key: readFileSync(tlsFiles['client.key']) };

/** As the README gives them to a user who may scan. */
function readmeRules(): string[] {
	const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
	const lines = readme.split('\n').filter(line => line.startsWith('ACL SETUSER redis-top '));
	const line = lines.find(text => text.includes('+scan') && text.includes('+memory|usage'))!;
	return ['+@connection', '+info', '+cluster|nodes', ...line.split(' ').slice(3)];
}

const ways: readonly Way[] = [
	{ what: 'plain' },
	{ what: 'TLS', server: { tls: true }, dial: () => ({ tls: { ca, isInsecure: false } }) },
	{
		what: 'TLS that is not verified',
		server: { tls: true },
		dial: () => ({ tls: { isInsecure: true } }),
	},
	{
		what: 'TLS of an authority we do not know',
		server: { tls: true },
		dial: () => ({ tls: { isInsecure: false } }),
		fails: /certificate|issuer|self.signed|TLS/i,
	},
	{
		what: 'TLS that wants a certificate of ours',
		server: { tls: 'required' },
		dial: () => ({ tls: { ca, ...certificate, isInsecure: false } }),
	},
	{
		what: 'TLS that wants a certificate, and we have none',
		server: { tls: 'required' },
		dial: () => ({ tls: { ca, isInsecure: false } }),
		fails: /TLS|certificate|closed/i,
	},
	{
		what: 'plain text to a TLS port',
		server: { tls: true },
		fails: /TLS|closed|reset|protocol/i,
	},
	{ what: 'a unix socket', server: { unixSocket: true }, address: node => `unix:${node.unixSocket}` },
	{
		what: 'an announced address behind NAT',
		address: () => '10.99.0.1:6379',
		dial: node => ({ nat: new Map([['10.99.0.1:6379', node.address]]) }),
	},
	{
		what: 'an announced host behind NAT',
		address: node => `10.99.0.1:${node.port}`,
		dial: node => ({ nat: new Map([['10.99.0.1', node.host]]) }),
	},
	{
		what: 'a password',
		server: { config: { requirepass: 'se-cret' } },
		dial: () => ({ credentials: { password: 'se-cret' } }),
	},
	{
		what: 'no password where one is needed',
		server: { config: { requirepass: 'secret' } },
		fails: /needs a password/,
	},
	{
		what: 'a password where none is needed',
		dial: () => ({ credentials: { password: 'pass word' } }),
	},
	{
		what: 'a user with the rights the README names',
		before: node => aclUser(node, 'top', 'pässwörd', readmeRules()),
		dial: () => ({ credentials: { user: 'top', password: 'pässwörd' } }),
	},
	{
		what: 'a user whose password is wrong',
		before: node => aclUser(node, 'top', 'right', readmeRules()),
		dial: () => ({ credentials: { user: 'top', password: 'wrong' } }),
		fails: /wrong user or password/,
	},
	{
		what: 'a user without MEMORY USAGE',
		before: node => aclUser(node, 'few', 'secret', ['+@connection', '+info', '+scan', '~*']),
		dial: () => ({ credentials: { user: 'few', password: 'secret' } }),
		fails: /\+memory\|usage/,
	},
];

for (const server of await testServers('valkey')) {
	for (const way of ways) {
		test(`a scan of ${server.name} ${server.version} by ${way.what}`, async () => {
			const node = await startServer(server, way.server);
			try {
				const client = node.connect();
				const pipeline = client.pipeline();
				for (let n = 0; n < 200; n++) pipeline.rpush(`list:${n}`, 'x', 'y'.repeat(n === 199 ? 5000 : 1));
				await pipeline.exec();
				client.disconnect();
				await way.before?.(node);
				const target = { ...targetOf(node), address: way.address?.(node) ?? node.address };
				const dial = { ...plainDial, ...way.dial?.(node) };
				const result = await scanFleet([target], { ...usual, dial, patienceSeconds: 0 }).result;
				if (way.fails) {
					assert.match(result.partial[0]?.reason ?? '', way.fails);
					assert.equal(result.scanned, 0);
					return;
				}
				assert.deepEqual(result.partial, []);
				assert.equal(result.scanned, 200);
				const [largest] = result.keys;
				assert.deepEqual(
					[largest!.key, largest!.type, largest!.ttlSeconds, largest!.node],
					['list:199', 'list', null, target.address],
				);
				assert.ok(largest!.encoding !== undefined);
			} finally {
				await node.stop();
			}
		});
	}
}
