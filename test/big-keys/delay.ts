// A proxy on loopback that holds every byte back for a while in each direction: a round trip as between two cities.
// Bytes keep their order and their grouping; nothing is lost.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Delay = { readonly port: number; close(): void };

/** Delays to the server on `port` by `milliseconds` each way. */
export async function startDelay(port: number, milliseconds: number): Promise<Delay> {
	const sockets = new Set<Socket>();
	const join = (from: Socket, to: Socket) => {
		sockets.add(from);
		from.setNoDelay(true);
		from.on('data', chunk => setTimeout(() => to.writable && to.write(chunk), milliseconds));
		from.on('error', () => {});
		from.on('close', () => {
			sockets.delete(from);
			setTimeout(() => to.destroy(), milliseconds);
		});
	};
	const server = createServer(client => {
		const upstream = connect({ host: '127.0.0.1', port });
		join(client, upstream);
		join(upstream, client);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.address() as AddressInfo).port,
		close() {
			server.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}
