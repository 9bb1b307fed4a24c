// Whom redis-top may dial. Whoever is named on the command line is dialled; who is only announced by a server is dialled
// where the operator's list lets it be, and only so many and so far away: a node that lies names thousands of hosts, or
// leads from one to the next for ever. A name that is not on the list is not resolved, so what it would lead to does not
// matter.

import { hostOf, isLoopback } from '../cluster/hosts.ts';
import type { Address } from '../types.ts';

/** What discovery may do in one fleet; a recording keeps it, so that its replay finds the same nodes. */
export type Bounds = {
	/** As they were named. */
	readonly seeds: readonly Address[];
	/** Announced hosts or addresses that --nat leads elsewhere: named by that. */
	readonly mapped?: readonly string[];
	readonly isDiscoveryOn: boolean;
	/** Networks (`10.0.0.0/8`), addresses and names (`*.redis.example`); undefined allows all. */
	readonly allow?: readonly string[];
	readonly mostNodes: number;
	/** A password is sent, and without TLS. */
	readonly isPasswordInClear?: boolean;
};

/** A fleet of 1,000 nodes is the largest that is drawn at the delay; the settings file may raise it. */
export const usualMostNodes = 1000;
/** Replicas of replicas are two or three deep in practice; who leads further leads nowhere. */
export const mostSteps = 8;

/** `not dialled` has its reason; undefined where the node may be dialled. */
export function whyNotDialled(address: Address, bounds: Bounds | undefined): string | undefined {
	if (!bounds || isNamed(address, bounds)) return undefined;
	if (!bounds.isDiscoveryOn) return 'not dialled: it was not named';
	if (!bounds.allow) return undefined;
	const host = bareHost(address);
	const isLetIn = bounds.seeds.some(seed => bareHost(seed) === host) || bounds.allow.some(isWithin(host));
	return isLetIn ? undefined : 'not dialled: not in allow';
}

function isNamed(address: Address, { seeds, mapped = [] }: Bounds): boolean {
	return seeds.includes(address) || mapped.includes(address) || mapped.includes(hostOf(address));
}

/** Host of an announced node whose login goes over the network unencrypted; undefined where that is not so. */
export function hostInClear(address: Address, bounds: Bounds | undefined): string | undefined {
	if (!bounds?.isPasswordInClear || isNamed(address, bounds)) return undefined;
	const host = bareHost(address);
	if (isLoopback(address) || bounds.seeds.some(seed => bareHost(seed) === host)) return undefined;
	// Whoever wrote the list has named its hosts.
	return bounds.allow?.some(isWithin(host)) ? undefined : host;
}

/** False for what is neither a network, an address nor a name. */
export function isAllowRule(text: string): boolean {
	const [address, bits, ...more] = text.split('/');
	if (more.length > 0) return false;
	if (bits !== undefined) {
		const bytes = bytesOf(address!);
		return bytes !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (isV4(address!) ? 32 : 128);
	}
	return bytesOf(text) !== undefined || /^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text);
}

/** A host against one rule. */
const isWithin =
	(host: string) =>
	(rule: string): boolean => {
		const [address, length] = rule.split('/', 2);
		const net = bytesOf(address!);
		const bytes = bytesOf(host);
		if (net === undefined || bytes === undefined)
			return net === undefined && bytes === undefined && isSameName(host, rule);
		const bits = length === undefined ? 128 : Number(length) + (isV4(address!) ? 96 : 0);
		return bytes.every((byte, index) => {
			const shift = 8 - Math.min(8, Math.max(0, bits - 8 * index));
			return byte >> shift === net[index]! >> shift;
		});
	};

function isSameName(host: string, rule: string): boolean {
	const name = host.toLowerCase().replace(/\.$/, '');
	const wanted = rule.toLowerCase();
	return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted;
}

const isV4 = (text: string) => !text.includes(':');

/** `::1` of `[::1]:1`. */
const bareHost = (address: Address) => hostOf(address).replace(/^\[|\]$/g, '');

/** The 16 bytes of an address, of an IPv4 one as IPv6 maps it; undefined for a name. Only the usual way to write it counts. */
function bytesOf(text: string): readonly number[] | undefined {
	if (isV4(text)) {
		const four = quadOf(text);
		return four && [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...four];
	}
	return bytesOfV6(text.replace(/%.*$/, ''));
}

function quadOf(text: string): readonly number[] | undefined {
	const parts = text.split('.');
	const isQuad =
		parts.length === 4 && parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
	return isQuad ? parts.map(Number) : undefined;
}

function bytesOfV6(text: string): readonly number[] | undefined {
	const halves = text.split('::');
	if (halves.length > 2) return undefined;
	const [head, tail] = halves.map(half => (half === '' ? [] : groupsOf(half.split(':'))));
	if (!head || (halves.length === 2 && !tail)) return undefined;
	const missing = 16 - head.length - (tail?.length ?? 0);
	if (halves.length === 1) return missing === 0 ? head : undefined;
	return missing >= 2 ? [...head, ...new Array<number>(missing).fill(0), ...tail!] : undefined;
}

/** Bytes of groups of hexadecimal digits; the last may be an IPv4 address. */
function groupsOf(parts: readonly string[]): readonly number[] | undefined {
	const bytes: number[] = [];
	for (const [index, part] of parts.entries()) {
		const four = index === parts.length - 1 ? quadOf(part) : undefined;
		if (!four && !/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
		const group = Number.parseInt(part, 16);
		bytes.push(...(four ?? [group >> 8, group & 255]));
	}
	return bytes;
}
