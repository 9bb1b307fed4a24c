// Every figure that `redis-cli --keystats` (8.6) prints, against ours of the same keys: sums, percentiles, lengths of
// names, and of each type its keys, bytes, elements and the keys that stand out. Where redis-cli may name any of several
// equal keys, the figure counts and not the name. KEYSTATS_KEYS=200000 takes as many keys; fewer say the same.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { BigKeysResult, TypeGroup } from '../../source/core/keys/big-keys.ts';
import { send, type Words } from '../big-keys/fill.ts';
import { scanned } from '../big-keys/scan.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';

const keys = Number(process.env.KEYSTATS_KEYS ?? 20_000);
const runs = promisify(execFile);

const text = (length: number) => 'x'.repeat(length);
const range = (length: number) => Array.from({ length }, (_, index) => index);

/** Of every type, small and large, in turn; `n` decides all of it. */
function wordsOf(n: number, hasVectors: boolean): Words {
	const many = 1 + ((n * 7919) % 60) * (n % 97 === 0 ? 12 : 1);
	switch (n % 11) {
		case 0:
			return ['HSET', `cart:{${n}}:items`, ...range(many).flatMap(field => [`f${field}`, text(1 + (n % 9))])];
		case 1:
			return ['RPUSH', `queue:${n}`, ...range(many)];
		case 2:
			return ['SADD', `seen:ids:${n}`, ...range(many)];
		case 3:
			return ['ZADD', `feed:${n % 500}:${n}`, ...range(many).flatMap(score => [score, `member:${score}`])];
		case 4:
			return ['XADD', `log:${n}`, '*', 'level', 'info', 'text', text(n % 300)];
		case 5:
			return n % 4 === 0 && hasVectors
				? ['VADD', `vec:${n}`, 'VALUES', 3, n, 1, 2, 'element']
				: ['SET', `page:${text(n % 40)}:${n}`, text((n * 31) % 4000)];
		default:
			return ['SET', `session:${n}`, text((n * 13) % 700)];
	}
}

/** How redis-cli may write bytes: to the nearest or cut below a kilobyte, else with two decimals, halves either way. */
function written(value: number): readonly string[] {
	if (Math.round(value) < 1024) return [`${Math.trunc(value)}B`, `${Math.round(value)}B`];
	const unit = Math.min(4, Math.floor(Math.log2(value) / 10));
	return [-1, 1].map(side => `${(value / 1024 ** unit + side * 1e-9).toFixed(2)}${'BKMGT'[unit]}`);
}

function assertBytes(printed: string, value: number, what: string): void {
	assert.ok(written(value).includes(printed), `${what}: ${printed}, ours ${value}`);
}

type Keystats = {
	readonly sampled: number;
	readonly size: string;
	readonly top: readonly { readonly size: string; readonly type: string; readonly key: string }[];
	readonly largest: ReadonlyMap<string, { readonly key: string; readonly size: string }>;
	readonly longest: ReadonlyMap<string, { readonly key: string; readonly length: string }>;
	readonly sizes: readonly Step[];
	readonly names: readonly Step[];
	readonly mean: string;
	readonly deviation: string;
	readonly nameTotal: string;
	readonly nameMean: string;
	readonly types: ReadonlyMap<string, readonly string[]>;
};
type Step = { readonly size: string; readonly share: number; readonly keys: number };

/** What a run of it prints, without the moving lines of its progress. */
function parseKeystats(printed: string): Keystats {
	const last = printed.slice(printed.lastIndexOf('Keys sampled:'));
	const all = (pattern: RegExp) => [...last.matchAll(pattern)].map(found => found.slice(1) as string[]);
	const one = (pattern: RegExp) => pattern.exec(last)!.slice(1);
	const names = last.indexOf('Key name length');
	const steps = (part: string) =>
		[...part.matchAll(/^ *([\d.]+[BKMG]) +([\d.]+)% +(\d+)$/gm)].map(
			([, size, share, count]): Step => ({
				...{ size: size!, share: Number(share) / 100, keys: Number(count) },
			}),
		);
	const [mean, deviation] = one(/Mean: (\S+), StdDeviation: (\S+)/);
	const [nameTotal, nameMean] = one(/Total key length is (\S+) \((\S+) avg\)/);
	return {
		sampled: Number(one(/Keys sampled: (\d+)/)[0]),
		size: one(/Keys size: +(\S+)/)[0]!,
		top: all(/^ *\d+ +([\d.]+[BKMG]) (\S+) +"(.*)"$/gm).map(([size, type, key]) => ({
			...{ size: size!, type: type!, key: key! },
		})),
		largest: new Map(
			all(/^(\S+) +(\S+) is (\S+)$/gm).map(([type, key, size]) => [type!, { key: key!, size: size! }]),
		),
		longest: new Map(
			all(/^(\S+) +(\S+) has (\S+)(?: \S+)?$/gm).map(([type, key, length]) => [
				type!,
				{ key: key!, length: length! },
			]),
		),
		sizes: steps(last.slice(0, names)),
		names: steps(last.slice(names)),
		...{ mean: mean!, deviation: deviation!, nameTotal: nameTotal!, nameMean: nameMean! },
		types: new Map(
			all(/^(\S+) +(\d+) +([\d.]+)% +(\S+) +(\S+) +(\S+)(?: [a-z]+)? +(\S+) *$/gm).map(([type, ...rest]) => [
				type!,
				rest,
			]),
		),
	};
}

/** Its histogram keeps four digits of a size. */
function assertAbout(printed: string, value: number, what: string): void {
	const [, number, unit] = /^([\d.]+)([BKMGT])$/.exec(printed)!;
	const scale = 1024 ** 'BKMGT'.indexOf(unit!);
	const lastDigit = unit === 'B' ? 1 : 0.01 * scale;
	const off = Math.abs(Number(number) * scale - value);
	assert.ok(off <= lastDigit + value * 0.0002, `${what}: ${printed}, ours ${value}`);
}

function assertTypes(theirs: Keystats, ours: BigKeysResult): void {
	assert.deepEqual([...theirs.types.keys()].sort(), ours.types.map(({ type }) => type).sort());
	for (const group of ours.types) assertType(theirs, group, ours.scanned);
}

function assertType(theirs: Keystats, group: TypeGroup, all: number): void {
	const { type, keys: count, walkedBytes = 0, length = 0, longest, largest } = group;
	const [counted, share, size, each, lengths, mean] = theirs.types.get(type)!;
	assert.equal(counted, String(count), type);
	assert.ok(Math.abs(Number(share) - (count / all) * 100) <= 0.0051, `${type}: ${share}%`);
	assertBytes(size!, walkedBytes, type);
	assertBytes(each!, walkedBytes / count, type);
	assertBytes(theirs.largest.get(type)!.size, largest!.value, type);
	// It counts no elements of vector sets.
	if (type === 'vectorset') {
		assert.equal(lengths, '-');
		return;
	}
	const told = theirs.longest.get(type)!;
	if (type === 'string') {
		assertBytes(lengths!, length, type);
		assertBytes(mean!, length / count, type);
		assertBytes(told.length, longest!.value, type);
		return;
	}
	assert.deepEqual([lengths, told.length], [String(length), String(longest!.value)], type);
	assert.ok(Math.abs(Number(mean) - length / count) <= 0.0051, `${type}: ${mean}, ours ${length / count}`);
}

/** Each of its steps is one of ours: so many keys are no larger. Its share is a halving, or that of these keys. */
function assertSteps(theirs: readonly Step[], spread: NonNullable<BigKeysResult['sizeSpread']>): void {
	assert.ok(theirs.length > 0);
	for (const { size, share, keys: count } of theirs) {
		const what = `${count} keys up to ${size} (${share * 100}%)`;
		const own = spread.steps.filter(step => step.keys === count);
		assert.ok(own.length > 0, `${what}; ours ${JSON.stringify(spread.steps)}`);
		assertAbout(size, own[0]!.size, what);
		const shares = [...own.map(step => step.share), count / spread.count];
		assert.ok(
			shares.some(each => Math.abs(each - share) < 1e-6),
			what,
		);
	}
}

for (const server of await testServers('redis'))
	describe(`--keystats beside ours: ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			const [vectors] = (await node.call('COMMAND', 'INFO', 'vadd')) as readonly unknown[];
			const all = range(keys).map(n => wordsOf(n, vectors !== null));
			assert.equal(await send(node, all), 0);
		});
		after(() => node.stop());

		test('every figure that it prints is on ours and equal', async t => {
			const { stdout: help } = await runs(server.cli, ['--help']).catch(failed => failed);
			if (!/--keystats/.test(help)) return t.diagnostic(`${server.cli} has no --keystats`);
			const ours = await scanned([node], { isExact: true });
			const [, port] = node.address.split(':');
			const { stdout } = await runs(
				server.cli,
				['-p', port!, '--keystats', '--top', '10', '--count', '1000'],
				{
					maxBuffer: 1 << 28,
				},
			);
			const theirs = parseKeystats(stdout);
			const { sizeSpread, nameSpread } = ours;
			assert.equal(theirs.sampled, ours.scanned);
			assertBytes(theirs.size, sizeSpread!.sum, 'keys size');
			const listed = [...ours.keys].sort((a, b) => b.walkedBytes! - a.walkedBytes!);
			assert.equal(theirs.top.length, 10);
			for (const [index, { key, size, type }] of theirs.top.entries()) {
				assertBytes(size, listed[index]!.walkedBytes!, `number ${index + 1}`);
				const own = listed.find(one => one.key === key);
				assert.equal(own?.type, type, key);
				assertBytes(size, own.walkedBytes!, key);
			}
			assertTypes(theirs, ours);
			assertAbout(theirs.mean, sizeSpread!.mean, 'mean');
			assertAbout(theirs.deviation, sizeSpread!.deviation, 'deviation');
			assertSteps(theirs.sizes, sizeSpread!);
			assert.ok(theirs.names.length > 0);
			for (const { size, keys: count } of theirs.names) {
				const own = nameSpread!.doublings.find(step => written(step.size).includes(size));
				// Its last line is the longest.
				const expected = written(nameSpread!.most).includes(size) ? nameSpread!.count : own?.keys;
				assert.equal(count, expected, `names up to ${size}`);
			}
			assertBytes(theirs.nameTotal, nameSpread!.sum, 'names');
			assertBytes(theirs.nameMean, nameSpread!.mean, 'a name');
			const most = Math.max(
				...ours.types.flatMap(({ type, longest }) => (type === 'string' ? [] : longest!.value)),
			);
			assert.deepEqual([ours.keysByItems[0]!.items, ours.itemsOfAll], [most, true]);
		});
	});
