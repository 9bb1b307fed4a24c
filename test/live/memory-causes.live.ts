// Every cause of memory that a real server can be given, on three servers.

import { before, describe, test } from 'node:test';
import { getServers } from '../servers/servers.ts';
import { buildProgram } from '../terminal/built.ts';
import { assertNamed, memoryCases } from './memory-causes.ts';

before(buildProgram);

for (const server of await getServers(['redis-bookworm', 'redis-trixie', 'valkey-trixie']))
	describe(`${server.name} ${server.version}`, { concurrency: 2 }, () => {
		for (const row of memoryCases)
			test(`${row.name} is named as what fills the memory`, () => assertNamed(server, row));
	});
