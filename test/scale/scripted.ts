// Starts scripted-server.ts as a process of its own and tells it how to behave. The one door to it for tests and
// scripts: which nodes, what they say, and how often they were asked.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a node behaves from now on. Texts are byte strings (one char a byte). */
export type Behaviour = {
	/** `close`: hangs up on whoever connects. `close-after`: after its first answer. `freeze`: takes all, says nothing. */
	readonly mode?: 'refuse' | 'freeze' | 'close' | 'close-after';
	/** Said before it hangs up, with `close`. */
	readonly greeting?: string;
	readonly delayMilliseconds?: number;
	/** The whole reply, as RESP2 or not, to commands that begin so (lower case): `{'info': '-BUSY …\r\n'}`. */
	readonly replies?: Readonly<Record<string, string>>;
	/** Further lines of INFO, each ending with \r\n; later lines win over earlier ones. */
	readonly info?: string;
};

export type Plan = {
	readonly kind: 'cluster' | 'standalone';
	readonly nodes: number;
	readonly behaviour?: Behaviour;
};

/** What all nodes of a cluster believe of it from now on; left out: as it began. */
export type World = {
	/** Nodes that all others call failed. */
	readonly failed?: readonly number[];
	/** Primaries whose replica has their slots, with the next epoch. */
	readonly replaced?: readonly number[];
	/** Nodes that have not heard of it. */
	readonly unheard?: readonly number[];
};

export type Told = {
	readonly id: number;
	readonly nodes: 'all' | readonly number[];
	readonly behaviour?: Behaviour;
	readonly world?: World;
};

/** Since the start, by node. */
export type Counts = { readonly asked: readonly number[]; readonly connected: readonly number[] };

export type Scripted = {
	readonly pid: number;
	readonly ports: readonly number[];
	readonly addresses: readonly string[];
	/** Resolves when they behave so; the commands and connections counted until then. */
	readonly tell: (nodes: 'all' | readonly number[], behaviour: Behaviour) => Promise<Counts>;
	readonly believe: (world: World) => Promise<Counts>;
	readonly stop: () => Promise<void>;
};

type Answer = { readonly ports: readonly number[] } | ({ readonly id: number } & Counts);

const program = fileURLToPath(new URL('scripted-server.ts', import.meta.url));

/** A bulk string, an array and an error as RESP2. */
export const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
export const array = (...items: readonly string[]) => `*${items.length}\r\n${items.join('')}`;
export const error = (text: string) => `-${text}\r\n`;

export async function startScripted(plan: Plan): Promise<Scripted> {
	const child = fork(program, [JSON.stringify(plan)], {
		execArgv: ['--import', 'tsx'],
		stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
	});
	const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
	const waiting = new Map<number, (counts: Counts) => void>();
	const ports = await new Promise<readonly number[]>((resolve, reject) => {
		child.once('exit', () => reject(new Error('the scripted server ended')));
		child.on('message', (answer: Answer) => {
			if ('ports' in answer) return resolve(answer.ports);
			waiting.get(answer.id)?.(answer);
			waiting.delete(answer.id);
		});
	});
	let told = 0;
	const send = (what: Omit<Told, 'id'>): Promise<Counts> =>
		new Promise(resolve => {
			const id = ++told;
			waiting.set(id, resolve);
			child.send({ id, ...what } satisfies Told);
		});
	return {
		pid: child.pid!,
		ports,
		addresses: ports.map(port => `127.0.0.1:${port}`),
		tell: (nodes, behaviour) => send({ nodes, behaviour }),
		believe: world => send({ nodes: [], world }),
		async stop() {
			if (child.connected) child.disconnect();
			await exited;
		},
	};
}
