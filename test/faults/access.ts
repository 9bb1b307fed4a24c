// What keeps us out of a server or away from a word, and is put right again; and what a server says while it cannot serve.

import { copyFileSync, mkdirSync, mkdtempSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Run, runJson } from '../live/redis-top.ts';
import { anyServer } from '../servers/servers.ts';
import {
	aclUser,
	type RunningServer,
	type ServerOptions,
	slowLoading,
	startServer,
	tlsFiles,
} from '../servers/start.ts';
import { until } from '../servers/until.ts';
import {
	all,
	because,
	type Condition,
	delay,
	follow,
	has,
	inSeconds,
	isMeasured,
	isUp,
	not,
} from './follow.ts';
import type { Row } from './row.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-faults-'));
const rights = ['+@all', '~*'];

type Case = {
	readonly what: string;
	readonly options?: ServerOptions;
	readonly prepare?: (server: RunningServer) => unknown;
	readonly watch?: (server: RunningServer) => Run;
	readonly make: (server: RunningServer) => unknown;
	readonly told: Condition;
	readonly mend: (server: RunningServer) => unknown;
	readonly over?: Condition;
};

const asUser = ({ port }: RunningServer) =>
	runJson([...delay, '-p', String(port), '--user', 'watch'], { REDISCLI_AUTH: 'pw' });
const makeUser = (server: RunningServer) => aclUser(server, 'watch', 'pw', rights);
const killOthers = (server: RunningServer) =>
	server.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

const authority = join(folder, 'ca.crt');
const byTls = ({ port }: RunningServer) =>
	runJson([...delay, '-h', 'localhost', '-p', String(port), '--tls', '--cacert', authority]);

/** Resolves `redis-top.invalid` while the file is there, as the resolver of a system would. */
const known = join(folder, 'known');
const resolver = join(folder, 'resolver.cjs');
writeFileSync(
	resolver,
	`const dns = require('node:dns');
const { existsSync } = require('node:fs');
const { lookup } = dns;
dns.lookup = (host, ...rest) =>
	lookup(host === 'redis-top.invalid' && existsSync(${JSON.stringify(known)}) ? '127.0.0.1' : host, ...rest);
`,
);

const cases: readonly Case[] = [
	{
		what: 'LOADING: a server reads its data again',
		options: { config: slowLoading(600) },
		prepare: server => {
			const values = Array.from({ length: 5000 }, (_, index) => [`k:${index}`, 'v'.repeat(50)]).flat();
			return server.call('MSET', ...values);
		},
		make: server => server.restart({ awaitsReady: false }),
		told: all(({ nodes }) => nodes[0]?.health === 'loading', has('loading')),
		mend: () => {},
	},
	{
		what: 'MISCONF: it cannot save, and writes are refused',
		options: { config: { save: '3600 1' } },
		async make(server) {
			// A folder by the name of the file: also root cannot write over it.
			mkdirSync(join(server.dir, 'dump.rdb'));
			await server.call('SET', 'a', 'b');
			await server.call('BGSAVE');
		},
		told: has('save-failing', 'crit'),
		async mend(server) {
			rmdirSync(join(server.dir, 'dump.rdb'));
			await until(() => server.call('BGSAVE'), { what: 'it saves' });
		},
		over: not(has('save-failing')),
	},
	{
		what: 'our user is deleted, and comes back',
		prepare: makeUser,
		watch: asUser,
		make: server => server.call('ACL', 'DELUSER', 'watch'),
		told: because('wrong-password'),
		mend: makeUser,
	},
	{
		what: 'our user is switched off, and on',
		prepare: makeUser,
		watch: asUser,
		async make(server) {
			await server.call('ACL', 'SETUSER', 'watch', 'off');
			await killOthers(server);
		},
		told: because('wrong-password'),
		mend: server => server.call('ACL', 'SETUSER', 'watch', 'on'),
	},
	{
		what: 'INFO is denied, and granted',
		prepare: makeUser,
		watch: asUser,
		make: server => server.call('ACL', 'SETUSER', 'watch', '-info'),
		told: because('no-permission'),
		mend: server => server.call('ACL', 'SETUSER', 'watch', '+info'),
	},
	{
		what: 'SLOWLOG is denied, and granted: its part alone',
		prepare: makeUser,
		watch: asUser,
		make: server => server.call('ACL', 'SETUSER', 'watch', '-slowlog'),
		told: all(isMeasured, ({ nodes }) => nodes[0].refused.some((word: string) => /slowlog/.test(word))),
		mend: server => server.call('ACL', 'SETUSER', 'watch', '+slowlog'),
		over: ({ nodes }) => nodes[0]?.refused.length === 0,
	},
	{
		what: 'TLS: the certificate has expired, and is renewed',
		options: { tls: true },
		prepare: () => copyFileSync(tlsFiles['ca.crt'], authority),
		watch: byTls,
		async make(server) {
			await server.call('CONFIG', 'SET', 'tls-cert-file', tlsFiles['expired.crt']);
			await killOthers(server);
		},
		told: ({ nodes }) => /has expired/.test(nodes[0]?.error?.text ?? ''),
		mend: server => server.call('CONFIG', 'SET', 'tls-cert-file', tlsFiles['server.crt']),
	},
	{
		what: 'TLS: the file of the authority is another, and is renewed',
		options: { tls: true },
		prepare: () => copyFileSync(tlsFiles['ca.crt'], authority),
		watch: byTls,
		async make(server) {
			copyFileSync(tlsFiles['client.crt'], authority);
			await killOthers(server);
		},
		told: because('tls'),
		mend: () => copyFileSync(tlsFiles['ca.crt'], authority),
	},
	{
		what: 'a DNS name goes, and comes back',
		prepare: () => writeFileSync(known, ''),
		watch: ({ port }) =>
			runJson([...delay, '-h', 'redis-top.invalid', '-p', String(port)], {}, ['--require', resolver]),
		async make(server) {
			unlinkSync(known);
			await killOthers(server);
		},
		told: because('host-not-found'),
		mend: () => writeFileSync(known, ''),
	},
];

export const rows: readonly Row[] = [
	...cases.map(
		({ what, options = {}, prepare, watch, make, told, mend, over = isMeasured }): Row => ({
			what,
			async run() {
				const server = await startServer(await anyServer(), { config: { save: '' }, ...options });
				await prepare?.(server);
				const run = watch?.(server) ?? runJson([...delay, '-p', String(server.port)]);
				try {
					await run.when('it reads', isMeasured);
					const first = await follow(run, 'it is told', () => make(server), told);
					const last = await follow(run, 'it is over', () => mend(server), over, 60_000);
					return { figure: `told after ${inSeconds(first)}, well after ${inSeconds(last)}`, holds: true };
				} finally {
					await run.stop();
					await server.stop();
				}
			},
		}),
	),
	...['INFO', 'CONFIG'].map(
		(word): Row => ({
			what: `${word} is renamed: said, never taken for well`,
			async run() {
				const server = await startServer(await anyServer(), {
					config: [
						['save', ''],
						['rename-command', word, `${word}-other`],
					],
				});
				const run = runJson([...delay, '-p', String(server.port)]);
				try {
					const isTold: Condition =
						word === 'INFO'
							? ({ nodes }) => nodes[0]?.error
							: all(isUp, ({ nodes }) =>
									nodes[0].refused.concat(nodes[0].untold).some((each: string) => /config/i.test(each)),
								);
					const told = await follow(run, 'it is told', () => {}, isTold);
					const [node] = told.object.nodes;
					const words = node.error?.text ?? `not asked: ${node.refused.concat(node.untold).join()}`;
					return { figure: words, holds: true };
				} finally {
					await run.stop();
					await server.stop();
				}
			},
		}),
	),
];
