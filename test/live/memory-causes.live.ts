// Every cause of memory that a real server can be given, on three servers, and on those that the matrix names.

import { before, describe, test } from 'node:test';
import { testServers } from '../servers/servers.ts';
import { buildProgram } from '../terminal/built.ts';
import { assertNamed, memoryCases, notMade } from './memory-causes.ts';

before(buildProgram);

for (const server of await testServers(['redis-bookworm', 'redis-trixie', 'valkey-trixie']))
	describe(`${server.name} ${server.version}`, { concurrency: 2 }, () => {
		for (const row of memoryCases)
			test(`${row.name} is named as what fills the memory`, {
				skip: notMade(server, row),
			}, async context => {
				const short = await assertNamed(server, row);
				context.diagnostic(
					`${row.name} | ${server.name} ${server.version} |${short.split('## In short')[1]}`,
				);
			});
	});
