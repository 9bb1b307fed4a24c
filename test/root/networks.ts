// Two hosts of our own on this machine: network namespaces with a link between them that can be cut and mended, and one
// each to here. So both sides of a partition go on being seen, which is what a monitor on a third host sees. Needs root
// and `ip`; the namespaces are of this process (its pid is in their names) and are taken away at the end.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ip = (...words: readonly string[]) => run('ip', words);

export type Host = { readonly networkNamespace: string; readonly host: string };

export type Networks = {
	readonly hosts: readonly [Host, Host];
	/** What one sends to the other is lost from here on, as by a switch that dies: nobody is told. */
	cut(): Promise<void>;
	mend(): Promise<void>;
	remove(): Promise<void>;
};

/** Addresses that are nobody's: for documentation (RFC 5737), and for tests between the two (RFC 2544). */
const network = ['198.51.100', '203.0.113'] as const;

/** Sets both up. Throws what `ip` said where it is not allowed. */
export async function makeNetworks(): Promise<Networks> {
	const names = ['a', 'b'].map(side => `redis-top-${process.pid}-${side}`);
	const link = (side: number) => `rt${process.pid % 100_000}${'ab'[side]}`;
	const hosts = names.map((networkNamespace, side) => ({ networkNamespace, host: `${network[side]}.2` }));
	const remove = async () => {
		// A namespace goes some time after its last process; its links, and the routes to them, go at once.
		for (const side of [0, 1]) await ip('link', 'del', link(side)).catch(() => {});
		for (const name of names) await ip('netns', 'del', name).catch(() => {});
	};
	const { stdout: known } = await ip('-o', 'addr');
	const taken = network.find(prefix => known.includes(` ${prefix}.1/`));
	if (taken) throw new Error(`${taken}.1 is in use: a run that was killed left its link (ip link del rt…)`);
	try {
		for (const [side, name] of names.entries()) {
			await ip('netns', 'add', name);
			await ip('-n', name, 'link', 'set', 'lo', 'up');
			await ip('link', 'add', link(side), 'type', 'veth', 'peer', 'name', 'out', 'netns', name);
			await ip('addr', 'add', `${network[side]}.1/24`, 'dev', link(side));
			await ip('link', 'set', link(side), 'up');
			await ip('-n', name, 'addr', 'add', `${network[side]}.2/24`, 'dev', 'out');
			await ip('-n', name, 'link', 'set', 'out', 'up');
		}
		const [a, b] = names as [string, string];
		await ip('-n', a, 'link', 'add', 'cross', 'type', 'veth', 'peer', 'name', 'cross', 'netns', b);
		for (const [side, name] of names.entries()) {
			await ip('-n', name, 'addr', 'add', `198.18.7.${side + 1}/24`, 'dev', 'cross');
			await ip('-n', name, 'link', 'set', 'cross', 'up');
			const other = [`${network[1 - side]}.2/32`, 'via', `198.18.7.${2 - side}`];
			// By its own address, which is the one the other side knows it by.
			await ip('-n', name, 'route', 'add', ...other, 'src', `${network[side]}.2`);
		}
	} catch (error) {
		await remove();
		throw error;
	}
	/** What goes to a hardware address that nobody has is lost without a word, and routes stay as they are. */
	const cut = async () => {
		for (const [side, name] of names.entries()) {
			const nobody = ['lladdr', '02:00:00:00:00:01', 'nud', 'permanent'];
			await ip('-n', name, 'neigh', 'replace', `198.18.7.${2 - side}`, ...nobody, 'dev', 'cross');
		}
	};
	const mend = async () => {
		for (const [side, name] of names.entries())
			await ip('-n', name, 'neigh', 'del', `198.18.7.${2 - side}`, 'dev', 'cross');
	};
	return { hosts: hosts as unknown as [Host, Host], cut, mend, remove };
}
