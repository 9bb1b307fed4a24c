// One field of a reply is damaged, and every other figure stays what it was: of INFO and the rates made of it, CLUSTER
// NODES, SENTINEL MASTERS, CLIENT LIST, commandstats, MONITOR, slot statistics and latency histograms. The replies are
// of real servers; damage is what was seen in the field (nan, empty, wrapped, negative) and what may be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ratesBetween } from '../../source/core/fleet/rates.ts';
import { commandReadingOf, commandsBetween } from '../../source/core/node/command-window.ts';
import { histogramsBetween, parseLatencyHistogram } from '../../source/core/node/latency-histogram.ts';
import { parseClientList } from '../../source/core/parse/parse-client-list.ts';
import { parseClusterNodes } from '../../source/core/parse/parse-cluster.ts';
import { parseInfo } from '../../source/core/parse/parse-info.ts';
import { createMonitorParser, type MonitorLine } from '../../source/core/parse/parse-monitor.ts';
import { parseSentinelMasters } from '../../source/core/parse/parse-sentinel.ts';
import { parseSlotStats } from '../../source/core/parse/parse-slot-stats.ts';
import type { Info, Reply } from '../../source/core/types.ts';
import { often } from '../lane.ts';
import { sampleOf } from './build.ts';
import { captureReply, captureText, versions } from './captures.ts';

const junk = fc.constantFrom(
	...[
		'nan',
		'-nan',
		'inf',
		'',
		'-5',
		'-1',
		'x',
		'1e400',
		'0x1f',
		'18446744073709551607',
		'99999999999999999999999',
	],
	...['�', '1 2', '"', '--'],
);

/** Values by their path: `databases.0.keys`. */
function leaves(value: unknown, path = ''): Map<string, unknown> {
	const found = new Map<string, unknown>();
	if (typeof value !== 'object' || value === null)
		return value === undefined ? found : found.set(path, value);
	for (const [name, part] of Object.entries(value))
		for (const [at, leaf] of leaves(part, path === '' ? name : `${path}.${name}`)) found.set(at, leaf);
	return found;
}

function changed(before: unknown, after: unknown): string[] {
	const [was, is] = [leaves(before), leaves(after)];
	return [...new Set([...was.keys(), ...is.keys()])].filter(path => was.get(path) !== is.get(path));
}

/** `name:value`, or one `part=value` of it, with another value. */
function damage(line: string, which: number, value: string): string {
	const colon = line.indexOf(':');
	const parts = line.slice(colon + 1).split(',');
	if (!parts.every(part => part.includes('='))) return `${line.slice(0, colon)}:${value}`;
	const at = which % parts.length;
	const part = parts[at]!;
	return `${line.slice(0, colon + 1)}${parts.with(at, `${part.slice(0, part.indexOf('='))}=${value}`).join(',')}`;
}

/** What one field is behind more than one figure of: who it is, and whose address it is a part of. */
const manyFigures: readonly (readonly [field: RegExp, figures: RegExp])[] = [
	[
		/_version$|_mode$|^server_name$|^executable$|^os$/,
		/^(server|unknownServer|version|compatibleVersion|mode|service|cpu.*)$/,
	],
	[/^(slave\d+)$/, /^replicas\.\d+\.\w+$/],
	[/^role$/, /^(role|isActiveReplica)$/],
	[/^connected_slaves$/, /^(connectedReplicas|replicas.*)$/],
	[/^master_sync_total_bytes$/, /^syncPercent$/],
	[/^used_memory_(scripts|vm_total)$/, /^(lua|scripts)Bytes$/],
	[/^used_memory_lua$/, /^(evalInterpreter|lua)Bytes$/],
];

const mayChange = (field: string, path: string) =>
	/(^|\.)exact\./.test(path) || manyFigures.some(([name, figures]) => name.test(field) && figures.test(path));

for (const version of versions) {
	const lines = captureText(`${version}/standalone/info-all.txt`).split(/\r?\n/);
	const fields = lines.flatMap((line, index) => (/^[a-z]\w*:/.test(line) ? [index] : []));
	const whole = parseInfo(lines.join('\n'));
	const later: Info = parseInfo(
		lines
			.map(line =>
				line.replace(
					/^((?:total_(?!system|blocking)\w+|keyspace_\w+|evicted_keys|expired_keys|rejected_connections|sync_full|master_repl_offset):)(\d+)$/,
					(_, name, digits) => `${name}${Number(digits) + 10}`,
				),
			)
			.join('\n'),
	);

	test(`${version}: INFO and its rates`, () => {
		const sample = (clock: number, info: Info) =>
			sampleOf('a:1', clock, { info: { ...info, serverTimeMicroseconds: undefined } });
		const rates = (from: Info, to: Info) => ratesBetween(sample(0, from), sample(1000, to))?.rates;
		const sound = rates(whole, later);
		assert.ok(sound);
		fc.assert(
			fc.property(fc.constantFrom(...fields), fc.nat(9), junk, (index, which, value) => {
				const field = lines[index]!.slice(0, lines[index]!.indexOf(':'));
				const damaged = parseInfo(lines.with(index, damage(lines[index]!, which, value)).join('\n'));
				const others = changed(whole, damaged).filter(path => !mayChange(field, path));
				assert.ok(others.length <= 1, `${field}: ${others.join(' ')}`);
				// A value that can be read may be a role, an id or a lower counter: only what cannot be read is no break.
				if (['-5', 'x', '99999999999999999999999'].includes(value) && /^(role|run_id)$/.test(field)) return;
				if (/^\d/.test(value) && value.length < 21) return;
				const after = rates(damaged, later);
				if (field === 'run_id' && damaged.runId !== undefined) return;
				assert.ok(after, `${field}=${value}: all rates are gone`);
				const lost = changed(sound, after).filter(path => path !== 'cpuOf');
				assert.ok(lost.length <= 1, `${field}=${value}: ${lost.join(' ')}`);
			}),
			{ numRuns: often(80, 400) },
		);
	});

	test(`${version}: CLUSTER NODES`, () => {
		const rows = captureText(`${version}/cluster/ok-primary-cluster-nodes.resp2`).trimEnd().split('\n');
		const all = parseClusterNodes(rows.join('\n'));
		fc.assert(
			fc.property(fc.nat(rows.length - 1), fc.nat(7), junk, (index, column, value) => {
				const words = rows[index]!.split(' ');
				const text = rows.with(index, words.with(column, value.replaceAll(' ', '_')).join(' ')).join('\n');
				const peers = parseClusterNodes(text);
				const others = (list: typeof peers) =>
					list.filter(peer => all.some(each => each !== all[index] && each.id === peer.id));
				assert.deepEqual(others(peers), others(all));
				if (column < 2) return;
				const [was, is] = [all[index]!, peers.find(peer => peer.id === all[index]!.id)];
				assert.ok(is, `${column}=${value}: the node is gone`);
				// Its flags are several figures in one field.
				const lost = changed(was, is).filter(path => column !== 2 || !/^(flags|role|is)/.test(path));
				assert.ok(lost.length <= 1, `${column}=${value}: ${lost.join(' ')}`);
			}),
		);
	});

	test(`${version}: CLIENT LIST`, () => {
		const rows = captureText(`${version}/standalone/client-list.resp2`).trimEnd().split('\n');
		const all = parseClientList(rows.join('\n'));
		fc.assert(
			fc.property(fc.nat(rows.length - 1), fc.nat(40), junk, (index, which, value) => {
				const words = rows[index]!.split(' ');
				const at = which % words.length;
				const name = words[at]!.slice(0, words[at]!.indexOf('='));
				const clients = parseClientList(
					rows.with(index, words.with(at, `${name}=${value.replaceAll(' ', '_')}`).join(' ')).join('\n'),
				);
				assert.equal(clients.length, all.length, `${name}=${value}`);
				const lost = changed(all, clients);
				const own = new RegExp(`^${index}\\.(host|port|kind|flags|isBlocked|output\\w+)$`);
				assert.ok(
					lost.every(path => path.startsWith(`${index}.`)),
					lost.join(' '),
				);
				assert.ok(lost.filter(path => !own.test(path)).length <= 1, `${name}=${value}: ${lost.join(' ')}`);
			}),
		);
	});

	test(`${version}: commandstats, as a window`, () => {
		const text = captureText(`${version}/standalone/info-commandstats.resp2`);
		const rows = text.split(/\r?\n/).filter(line => line.startsWith('cmdstat_'));
		const more = rows.map(line =>
			line.replace(/(calls|usec)=(\d+)/g, (_, name, n) => `${name}=${Number(n) + 7}`),
		);
		const window = (from: readonly string[], to: readonly string[]) => {
			const [a, b] = [from, to].map((list, index) =>
				commandReadingOf(sampleOf('a:1', index * 1000, { info: parseInfo(list.join('\n')) })),
			);
			return commandsBetween(a!, b!);
		};
		const sound = window(rows, more)!;
		fc.assert(
			fc.property(fc.nat(rows.length - 1), fc.nat(4), junk, (index, which, value) => {
				const damaged = window(rows, more.with(index, damage(more[index]!, which, value)));
				assert.ok(damaged, 'the window is gone');
				const name = /^cmdstat_(.*):calls/.exec(more[index]!)![1];
				const uses = (of: typeof sound) =>
					of.commands
						.filter(use => use.name !== name)
						.map(({ share: _, ...use }) => use)
						.toSorted((a, b) => (a.name < b.name ? -1 : 1));
				assert.deepEqual(uses(damaged), uses(sound), `${name} ${which} ${value}`);
			}),
		);
	});

	test(`${version}: SENTINEL MASTERS`, () => {
		const masters = captureReply(`${version}/sentinel/ok-masters.resp2`) as readonly Reply[];
		const two = [
			masters[0]!,
			(masters[0] as readonly Reply[]).map(word => (word === 'mymaster' ? 'other' : word)),
		];
		const all = parseSentinelMasters(two)!;
		fc.assert(
			fc.property(fc.nat(60), junk, (which, value) => {
				const pairs = masters[0] as readonly Reply[];
				const at = ((which * 2) % pairs.length) + 1;
				const found = parseSentinelMasters([pairs.with(at, value), two[1]!])!;
				assert.deepEqual(found.at(-1), all[1]);
				if (['name', 'ip', 'port'].includes(String(pairs[at - 1]))) return;
				const lost = changed(all[0], found[0]).filter(path => !path.startsWith('flags'));
				assert.ok(lost.length <= 1, `${pairs[at - 1]}=${value}: ${lost.join(' ')}`);
			}),
		);
	});
}

test('MONITOR: a line that is none costs that line', () => {
	const rows = Array.from(
		{ length: 9 },
		(_, n) => `+1795465929.${162656 + n} [0 127.0.0.1:57868] "set" "k${n}" "v"`,
	);
	const linesIn = (list: readonly string[]) => {
		const lines: MonitorLine[] = [];
		const bytes = Buffer.from(`${list.join('\r\n')}\r\n`, 'latin1');
		createMonitorParser().push(bytes, line => void lines.push(line));
		return lines;
	};
	const all = linesIn(rows);
	fc.assert(
		fc.property(fc.nat(rows.length - 1), fc.nat(4), junk, (index, which, value) => {
			const found = linesIn(rows.with(index, rows[index]!.split(' ').with(which, value).join(' ')));
			const others = all.filter((_, at) => at !== index);
			assert.deepEqual(
				found
					.filter(line => line.at !== all[index]!.at)
					.filter(line => others.some(other => other.at === line.at)),
				others,
			);
		}),
	);
	const namespaced = linesIn(['+1795465929.1 [__namespace 127.0.0.1:46666] "get" "user:7"']);
	assert.deepEqual(
		[namespaced[0]?.db, namespaced[0]?.client, namespaced[0]?.args],
		[0, '127.0.0.1:46666', ['get', 'user:7']],
	);
});

test('slot statistics and latency histograms', () => {
	const slot = (number: Reply): Reply => [number, ['key-count', 1, 'cpu-usec', 5, 'network-bytes-in', 7]];
	const histogram = (calls: Reply, ...pairs: readonly Reply[]): Reply => [
		'calls',
		calls,
		'histogram_usec',
		pairs,
	];
	const before = parseLatencyHistogram(['get', histogram(2, 1, 2), 'set', histogram(3, 1, 3)])!;
	fc.assert(
		fc.property(junk, value => {
			const slots = parseSlotStats([
				slot(1),
				value,
				slot(value),
				[2, ['key-count', value, 'cpu-usec', 5]],
				slot(3),
			])!;
			assert.deepEqual(
				slots.map(each => [each.slot, each.cpuMicroseconds]),
				[
					[1, 5],
					[2, 5],
					[3, 5],
				],
			);
			const now = parseLatencyHistogram(['get', histogram(value, 1, value), 'set', histogram(5, 1, 5)])!;
			for (const between of [histogramsBetween(before, now), histogramsBetween(now, before)].slice(0, 1))
				assert.deepEqual([...(between?.get('set') ?? [])], [[1, 2]], value);
		}),
	);
});
