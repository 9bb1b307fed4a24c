// What a name stands for: a name of an SRV record (`_redis._tcp.example.com`) for the servers it lists, a name with
// several addresses for all of them. Each is a seed of one fleet, so that one that is down, or a fleet without discovery,
// costs none of the others. The name itself stays a seed: it is resolved again whenever it is dialled.

import { lookup, Resolver as NameResolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Seed } from './seed.ts';

export type Resolver = {
	readonly srv: (
		name: string,
	) => Promise<readonly { readonly name: string; readonly port: number; readonly priority: number }[]>;
	readonly addresses: (
		host: string,
		family: 0 | 4 | 6,
	) => Promise<readonly { readonly address: string; readonly family: number }[]>;
};

/** A name server that does not answer is asked once more, and then given up. */
const srvMilliseconds = 2500;

const systemResolver: Resolver = {
	srv: name => new NameResolver({ timeout: srvMilliseconds, tries: 2 }).resolveSrv(name),
	addresses: (host, family) => lookup(host, { all: true, family }),
};

export type Resolved = { readonly seeds: readonly Seed[] } | { readonly problem: string };

/** A name that cannot be resolved stays as it is, for it may be later; an SRV record that is not there is a mistake. */
export async function resolveSeeds(
	seeds: readonly Seed[],
	{
		isByName,
		family = 0,
		resolver = systemResolver,
		srvPatience = 2 * srvMilliseconds + patienceMilliseconds,
	}: { isByName: boolean; family?: 0 | 4 | 6; resolver?: Resolver; srvPatience?: number },
): Promise<Resolved> {
	const limited = { ...resolver, srv: withLimit(resolver.srv, srvPatience) };
	const each = await Promise.all(seeds.map(seed => resolveSeed(seed, isByName, family, limited)));
	const wrong = each.find(result => 'problem' in result);
	return wrong ?? { seeds: each.flatMap(result => ('seeds' in result ? result.seeds : [])) };
}

async function resolveSeed(
	seed: Seed,
	isByName: boolean,
	family: 0 | 4 | 6,
	resolver: Resolver,
): Promise<Resolved> {
	const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(seed.address) ?? [];
	if (seed.address.startsWith('unix:') || isIP(host.replace(/^\[|\]$/g, '')) !== 0) return { seeds: [seed] };
	if (/^_[^.]+\._tcp\./i.test(host)) {
		const listed = await listedBy(host, resolver);
		if ('problem' in listed) return listed;
		return { seeds: listed.addresses.map(address => ({ ...seed, address, fleet: seed.fleet ?? host })) };
	}
	// A certificate is for the name: behind TLS each of the addresses would be another server's. And behind a bastion
	// names are resolved there.
	const isFar = seed.via !== undefined || seed.ssh !== undefined;
	const others = isByName || isFar || seed.isTls ? [] : await addressesOf(host, family, resolver);
	if (others.length === 0) return { seeds: [seed] };
	const all = [seed.address, ...others.map(ip => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`)];
	return { seeds: all.map(address => ({ ...seed, address, fleet: seed.fleet ?? seed.address })) };
}

/** Whatever the library does: without a record there is nothing to open a screen for, and it must be said why. */
const withLimit =
	(srv: Resolver['srv'], milliseconds: number): Resolver['srv'] =>
	name =>
		new Promise((resolve, reject) => {
			const late = Object.assign(new Error('no answer'), { code: 'ETIMEOUT' });
			const timer = setTimeout(() => reject(late), milliseconds);
			srv(name)
				.then(resolve, reject)
				.finally(() => clearTimeout(timer));
		});

/** In words: the codes are those of the resolver. */
function whyNoRecord(code: string | undefined, message: string): string {
	if (code === 'ETIMEOUT' || code === 'ECONNREFUSED' || code === 'ESERVFAIL')
		return `cannot be looked up: the name server ${code === 'ETIMEOUT' ? 'does not answer' : 'refuses or fails'}`;
	return `no SRV record: ${code ?? message}`;
}

async function listedBy(
	name: string,
	{ srv }: Resolver,
): Promise<{ addresses: readonly string[] } | { problem: string }> {
	try {
		// The name `.` says that there is no such service.
		const listed = (await srv(name)).filter(record => record.name.replace(/\.$/, '') !== '');
		const records = listed.sort((a, b) => a.priority - b.priority);
		if (records.length > 0)
			return { addresses: records.map(record => `${record.name.replace(/\.$/, '')}:${record.port}`) };
		return { problem: `${name}: its SRV record lists no server` };
	} catch (thrown) {
		const { code, message } = thrown as NodeJS.ErrnoException;
		return { problem: `${name}: ${whyNoRecord(code, message)}` };
	}
}

/** A name server that does not answer must not keep the screen closed: the name alone is a seed as well. */
const patienceMilliseconds = 1000;

const later = (milliseconds: number) => new Promise<[]>(resolve => setTimeout(resolve, milliseconds, []));

/** Empty where there is but one: localhost, say, is one server by IPv4 and by IPv6. */
async function addressesOf(
	host: string,
	family: 0 | 4 | 6,
	{ addresses }: Resolver,
): Promise<readonly string[]> {
	try {
		const all = await Promise.race([addresses(host, family), later(patienceMilliseconds)]);
		const same = [
			...new Set(all.filter(each => each.family === all[0]?.family).map(({ address }) => address)),
		];
		return same.length > 1 ? same : [];
	} catch {
		return [];
	}
}
