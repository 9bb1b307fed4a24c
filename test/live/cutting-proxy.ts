// A balancer on loopback: each new connection goes to the next of its servers, and is ended when it is idle.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type CuttingProxy = {
	readonly port: number;
	/** From now on every new connection goes to this server, and those that are open are ended. */
	readonly lead: (port: number) => void;
	readonly stop: () => Promise<void>;
};

/** A connection ends when so long after an answer nothing more was asked, as balancers do; without it at `lead`. */
export async function startCuttingProxy(
	servers: readonly number[],
	idleMilliseconds?: number,
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
		if (idleMilliseconds !== undefined) {
			let idle: NodeJS.Timeout | undefined;
			server.on('data', () => {
				clearTimeout(idle);
				idle = setTimeout(end, idleMilliseconds).unref();
			});
			client.on('data', () => clearTimeout(idle));
		}
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
