// A bastion as a command: standard input and output to HOST PORT. Hosts of 10.255.0.0/16 are this machine: who reaches
// them came through here. Each connection is a line in LOG; where the file GATE is, nobody gets through.
//   node relay.mjs HOST PORT LOG GATE

import { appendFileSync, existsSync } from 'node:fs';
import { connect } from 'node:net';

const [host, port, log, gate] = process.argv.slice(2);
if (existsSync(gate)) {
	console.error('Warning: Permanently added the bastion');
	console.error('bastion: administratively closed');
	process.exit(255);
}
appendFileSync(log, `${process.pid} ${host}:${port}\n`);
const socket = connect(Number(port), host.startsWith('10.255.') ? '127.0.0.1' : host);
socket.on('error', error => {
	console.error(`channel 0: open failed: connect failed: ${error.code}`);
	process.exit(1);
});
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('close', () => process.exit(0));
process.stdin.on('end', () => process.exit(0));
