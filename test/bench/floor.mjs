// The least that a monitor in Node can take: six bare sockets, one INFO a second and one PING five times a second on each,
// and every reply thrown away. Ports are its arguments.

import { connect } from 'node:net';

for (const port of process.argv.slice(2)) {
	const socket = connect(Number(port), '127.0.0.1');
	socket.on('data', () => {});
	setInterval(() => socket.write('*1\r\n$4\r\nINFO\r\n'), 1000);
	setInterval(() => socket.write('*1\r\n$4\r\nPING\r\n'), 200);
}
