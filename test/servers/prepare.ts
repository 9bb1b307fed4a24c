// Fetches the tests' servers before the tests run, so that no test's clock includes it. One line a server; `--all`
// takes every version we know (the matrix), `--prometheus` also the Prometheus of the live lane. It prints the one line
// that says what to do where they cannot be had.

import { getPrometheus } from './prometheus.ts';
import { getServers, serverIds, testServers } from './servers.ts';

try {
	const servers = process.argv.includes('--all') ? await getServers(serverIds) : await testServers('both');
	for (const { id, name, version, server } of servers) console.log(`${id}\t${name} ${version}\t${server}`);
	if (process.argv.includes('--prometheus')) console.log(`prometheus\t${(await getPrometheus()).prometheus}`);
} catch (error) {
	console.error((error as Error).message);
	process.exitCode = 1;
}
