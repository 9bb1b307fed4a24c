// Prints the folder of a server's programs, for `npm run demo`: the machine's own when it has one, else the one that
// the tests fetch. Where none can be had it prints nothing, says so in one line, and the demo plays its recording.

import { dirname } from 'node:path';
import { findServer } from '../../source/demo/find-server.ts';
import { getServers } from './servers.ts';

const own = findServer(process.env);
if (own) console.log(dirname(own.path));
else {
	try {
		const [server] = await getServers(['redis-bookworm']);
		console.log(dirname(server!.server));
	} catch (thrown) {
		console.error((thrown as Error).message);
	}
}
