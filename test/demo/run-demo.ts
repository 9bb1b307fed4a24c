// A process that runs the demo and nothing else, for demo.test.ts to end in its ways. Says on stdout, in one line of
// JSON, where the demo is; ends by process.exit, without a stop, when it reads a line.

import { startDemo } from '../../source/demo/demo.ts';
import type { FoundServer } from '../../source/demo/find-server.ts';

const server = JSON.parse(process.argv[2]!) as FoundServer;
const { seeds } = await startDemo({ scenario: 'calm', server, repeats: true });
console.log(JSON.stringify({ seeds }));
process.stdin.once('data', () => process.exit(0));
