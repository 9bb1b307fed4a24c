// Two of the causes of memory on a real server: one that no key holds, and one that the scan itself would have hidden.

import { before, test } from 'node:test';
import { testServers } from '../servers/servers.ts';
import { buildProgram } from '../terminal/built.ts';
import { assertNamed, memoryCases } from './memory-causes.ts';

before(buildProgram);

const few = memoryCases.filter(({ name }) => name === 'script cache' || name === 'query buffers');

for (const server of await testServers('redis'))
	for (const row of few)
		test(`${server.name} ${server.version}: ${row.name} is named as what fills the memory`, async () => {
			await assertNamed(server, row);
		});
