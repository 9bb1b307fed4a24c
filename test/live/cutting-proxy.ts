// A balancer on loopback: each new connection goes to the next of its servers, and is ended after a while.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type CuttingProxy = {
	readonly port: number;
	/** From now on every new connection goes to this server, and those that are open are ended. */
	readonly lead: (port: number) => void;
	readonly stop: () => Promise<void>;
};

/** Connections live for `lifeMilliseconds`; without it until `lead`. */
export async function startCuttingProxy(
	servers: readonly number[],
	lifeMilliseconds?: number,
): Promise<CuttingProxy> {
	let targets = servers;
	let next = 0;
	const open = new Set<Socket>();
	const pair = (client: Socket) => {
		const server = connect(targets[next++ % targets.length]!, '127.0.0.1');
		client.pipe(server).pipe(client);
		const end = () => {
			for (const each of [client, server]) {
				each.destroy();
				open.delete(each);
			}
		};
		for (const each of [client, server]) {
			open.add(each);
			each.on('error', end).on('close', end);
		}
		if (lifeMilliseconds !== undefined) setTimeout(end, lifeMilliseconds).unref();
	};
	const listening = createServer(pair);
	await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
	return {
		port: (listening.address() as AddressInfo).port,
		lead(port) {
			targets = [port];
			for (const socket of open) socket.destroy();
		},
		async stop() {
			for (const socket of open) socket.destroy();
			await new Promise(resolve => listening.close(resolve));
		},
	};
}
