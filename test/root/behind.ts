// Hosts of our own on this machine, in a row of network namespaces: an operator reaches a bastion and nothing else, the
// bastion reaches the servers, and so does whoever runs the tests, to start and ask them. Needs root and `ip`; they are of
// this process (its pid is in their names) and are taken away at the end.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ip = (...words: readonly string[]) => run('ip', words);

export type Behind = {
	/** Where the servers run, and their address. */
	readonly servers: { readonly networkNamespace: string; readonly host: string };
	/** Words that run a program on the bastion, and its address there. */
	readonly bastion: { readonly inside: readonly string[]; readonly host: string };
	/** Words that run a program on the operator's host. */
	readonly operator: readonly string[];
	remove(): Promise<void>;
};

/** Addresses that are nobody's: for tests (RFC 2544). */
const [toServers, between, toBastion] = ['198.18.20', '198.18.21', '198.18.22'] as const;

const inside = (name: string) => ['ip', 'netns', 'exec', name];

/** Sets them up. Throws what `ip` said where it is not allowed. */
export async function makeBehind(): Promise<Behind> {
	const nameOf = (host: string) => `redis-top-${process.pid}-${host}`;
	const [servers, bastion, operator] = ['servers', 'bastion', 'operator'].map(nameOf) as [
		string,
		string,
		string,
	];
	const link = `rt${process.pid % 100_000}s`;
	const remove = async () => {
		// A namespace goes some time after its last process; its links, and the routes to them, go at once.
		await ip('link', 'del', link).catch(() => {});
		for (const name of [servers, bastion, operator]) await ip('netns', 'del', name).catch(() => {});
	};
	/** A cable between two hosts: the ends are called after the other host. */
	const join = async (one: string, other: string, prefix: string) => {
		await ip('-n', one, 'link', 'add', 'next', 'type', 'veth', 'peer', 'name', 'prior', 'netns', other);
		await raise(one, 'next', `${prefix}.1`);
		await raise(other, 'prior', `${prefix}.2`);
	};
	const { stdout: known } = await ip('-o', 'addr');
	if (known.includes(` ${toServers}.1/`))
		throw new Error(`${toServers}.1 is in use: a run that was killed left its link (ip link del rt…)`);
	try {
		for (const name of [servers, bastion, operator]) {
			await ip('netns', 'add', name);
			await ip('-n', name, 'link', 'set', 'lo', 'up');
		}
		await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'out', 'netns', servers);
		await ip('addr', 'add', `${toServers}.1/24`, 'dev', link);
		await ip('link', 'set', link, 'up');
		await raise(servers, 'out', `${toServers}.2`);
		await join(operator, bastion, toBastion);
		await join(bastion, servers, between);
		await ip('-n', bastion, 'route', 'add', `${toServers}.2/32`, 'via', `${between}.2`);
	} catch (error) {
		await remove();
		throw error;
	}
	return {
		servers: { networkNamespace: servers, host: `${toServers}.2` },
		bastion: { inside: inside(bastion), host: `${toBastion}.2` },
		operator: inside(operator),
		remove,
	};
}

async function raise(name: string, device: string, address: string): Promise<void> {
	await ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', device);
	await ip('-n', name, 'link', 'set', device, 'up');
}
