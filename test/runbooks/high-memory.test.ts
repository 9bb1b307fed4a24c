// The runbook leads to the right cause: four incidents and a node that is well, step by step, and each boundary where an
// answer turns. Texts are held by the words an operator would act on, not by whole sentences.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKeysizes } from '../../source/core/parse/keysizes.ts';
import type { Client } from '../../source/core/parse/parse-client-list.ts';
import type { RedisNode } from '../../source/core/types.ts';
import { changeCall } from '../../source/redis/change.ts';
import { type Cause, diagnose } from '../../source/runbooks/cause.ts';
import { killCommand } from '../../source/runbooks/change-clients.ts';
import { compareScans } from '../../source/runbooks/growth.ts';
import { highMemory } from '../../source/runbooks/high-memory.ts';
import type { Answer, Change, RunbookInput, Verdict } from '../../source/runbooks/runbook.ts';
import { worstAnswer } from '../../source/runbooks/runbook.ts';
import { hitRatesOf, trendOf } from '../../source/runbooks/trend.ts';
import {
	clientOf,
	defaultConfig,
	eatenByClient,
	fragmentedNode,
	fullOfData,
	gigabyte,
	historyOf,
	hitsHistory,
	inputOf,
	intervalsOf,
	keyOf,
	lineOf,
	megabyte,
	monitorClient,
	patternOf,
	primary,
	ratesOf,
	replica,
	scanOf,
	start,
	unboundedHash,
} from './build.ts';

const stepOf = (id: string) => highMemory.steps.find(step => step.id === id)!;
const check = (id: string, input: RunbookInput): Verdict => stepOf(id).check(input);
const changesOf = (id: string, input: RunbookInput): readonly Change[] => stepOf(id).changes?.(input) ?? [];
const changeOf = (input: RunbookInput, id: string) =>
	[...changesOf('fragmentation', input), ...changesOf('relief', input), ...changesOf('durable', input)].find(
		change => change.id === id,
	);
const answersOf = (input: RunbookInput) => highMemory.steps.map(step => step.check(input).answer);
const offered = (input: RunbookInput) =>
	changesOf('relief', input)
		.filter(({ isOffered }) => isOffered)
		.map(({ id }) => id);
const factNamed = (verdict: Verdict, name: string) => verdict.facts.find(fact => fact.name.trim() === name);

test('six steps in the order of the guide', () => {
	assert.deepEqual(
		highMemory.steps.map(({ id }) => id),
		['scope', 'fragmentation', 'large-keys', 'ttl', 'relief', 'durable'],
	);
	for (const step of highMemory.steps) assert.match(step.question, /\?$/);
});

const incidents: readonly [name: string, input: RunbookInput, cause: Cause, answers: readonly Answer[]][] = [
	['a node that is well', inputOf(), 'none', ['fine', 'fine', 'unknown', 'fine', 'fine', 'fine']],
	[
		'one unbounded hash under allkeys-lru',
		unboundedHash(),
		'data',
		['look', 'fine', 'act', 'fine', 'look', 'look'],
	],
	[
		'a client that does not read',
		eatenByClient(),
		'clients',
		['act', 'fine', 'unknown', 'fine', 'act', 'look'],
	],
	[
		'most of a keyspace deleted',
		fragmentedNode(),
		'fragmentation',
		['look', 'act', 'unknown', 'fine', 'look', 'look'],
	],
	['noeviction at the limit', fullOfData(), 'data', ['act', 'fine', 'unknown', 'fine', 'act', 'look']],
];
for (const [name, input, cause, answers] of incidents) {
	test(`${name}: cause ${cause}`, () => {
		assert.equal(diagnose(input)?.cause, cause);
		assert.deepEqual(answersOf(input), answers);
	});
}

test('an unbounded hash: the key is named, its growth too, and more memory is not the first word', () => {
	const input = unboundedHash();
	const scope = check('scope', input);
	assert.match(
		scope.text,
		/1\.2k keys a second are evicted under allkeys-lru\. The hit rate falls: 70% now, 97% before, since /,
	);
	assert.equal(scope.goTo, 'large-keys');
	assert.match(factNamed(scope, 'hit rate before')?.note ?? '', /lower since 2027-/);
	const keys = check('large-keys', input);
	assert.match(keys.text, /One key stands out: the hash cart:all has 1\.9G, 48% of maxmemory, no TTL\./);
	assert.match(keys.text, /cart:all grew by 717M in the 10m between two scans/);
	assert.match(keys.text, /never DEL/);
	assert.match(
		check('durable', input)
			.facts.map(({ value }) => value)
			.join('\n'),
		/cart:all: \+100G a day|cart:all: \+101G a day/,
	);
	assert.equal(changeOf(input, 'policy-allkeys-lru')?.reason, 'already set: allkeys-lru');
	assert.match(changeOf(input, 'policy-allkeys-lru')?.now ?? '', / 0B over the limit/);
	assert.match(changeOf(input, 'policy-allkeys-lru')?.after ?? '', /^evicts nothing at this moment/);
});

test('buffers of a client: it is named by its address, killing it comes first, and nothing feeds it', () => {
	const input = eatenByClient();
	const scope = check('scope', input);
	assert.match(scope.text, /client buffers, 1\.[56]G of 4\.0G used, while the data \(2\.3G\) would fit/);
	assert.match(
		scope.text,
		/10\.0\.3\.7:51422 \(debug-laptop\), MONITOR, last command monitor, connected 2h: it holds 1\.5G/,
	);
	assert.equal(scope.goTo, 'relief');
	assert.deepEqual(offered(input), ['client-kill-1']);
	const [kill] = changesOf('relief', input);
	assert.deepEqual(kill?.command, ['CLIENT', 'KILL', 'ID', '812', 'ADDR', '10.0.3.7:51422']);
	assert.equal(kill?.node, primary);
	assert.equal(kill?.undo, undefined);
	assert.match(changeOf(input, 'raise-maxmemory')?.reason ?? '', /buffers would take that too/);
	assert.match(changeOf(input, 'policy-allkeys-lru')?.reason ?? '', /already set|buffers/);
	assert.equal(changeOf(input, 'output-buffer-limit')?.isOffered, true);
	assert.deepEqual(changeOf(input, 'output-buffer-limit')?.undo, [
		'CONFIG',
		'SET',
		'client-output-buffer-limit',
		'normal 0 0 0',
	]);
});

test('fragmentation: in bytes, said to evict nothing, and PURGE is not offered for it', () => {
	const input = fragmentedNode();
	const verdict = check('fragmentation', input);
	assert.match(verdict.text, /2\.0G are holes in pages/);
	assert.match(verdict.text, /does not cause evictions/);
	assert.match(verdict.text, /MEMORY PURGE does not cure it/);
	assert.equal(factNamed(verdict, 'fragmented')?.value, '2.0G, 330% of used');
	assert.match(check('scope', input).text, /not counted against maxmemory and does not cause evictions/);
	assert.equal(check('scope', input).goTo, 'fragmentation');
	assert.equal(changeOf(input, 'activedefrag')?.isOffered, true);
	assert.match(changeOf(input, 'activedefrag')?.effect ?? '', /refuse it with an error/);
	assert.deepEqual(offered(input), []);
});

test('noeviction at the limit: refused writes, memory first, replica before primary, eviction computed', () => {
	const input = fullOfData();
	assert.doesNotMatch(check('scope', input).text, /the limit is met in/);
	assert.match(
		check('scope', input).text,
		/Writes are refused with OOM, 300 a second: .*noeviction, so nothing is evicted/,
	);
	assert.deepEqual(offered(input), [
		`raise-maxmemory-replica ${replica}`,
		'raise-maxmemory',
		'policy-volatile-ttl',
		'policy-allkeys-lru',
	]);
	const [first, second] = changesOf('relief', input).filter(({ isOffered }) => isOffered);
	assert.equal(first?.node, replica);
	assert.equal(second?.node, primary);
	assert.deepEqual(second?.command, ['CONFIG', 'SET', 'maxmemory', String(5888 * megabyte)]);
	assert.deepEqual(second?.undo, ['CONFIG', 'SET', 'maxmemory', String(4 * gigabyte)]);
	assert.match(
		second?.also.join(' ') ?? '',
		/10\.0\.1\.22:6379 \(replica\) keeps 4\.0G .* set 5\.8G there first/,
	);
	assert.match(second?.risk ?? '', /of the host|A container may have less/);
	const policy = changeOf(input, 'policy-allkeys-lru');
	assert.match(policy?.after ?? '', /evicts 20\.0M at once, about 5\.1k of 1\.0M keys/);
	assert.match(policy?.risk ?? '', /cannot be taken back/);
	assert.deepEqual(policy?.undo, ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']);
});

test('BGREWRITEAOF is named in every state and never offered', () => {
	for (const [, input] of incidents) {
		const change = changeOf(input, 'bgrewriteaof');
		assert.equal(change?.isOffered, false);
		assert.match(change?.reason ?? '', /frees disk, not memory, and forks/);
	}
});

test('changes come least risk first, and what is not offered has a reason', () => {
	for (const [, input] of incidents)
		for (const step of highMemory.steps) {
			const changes = step.changes?.(input) ?? [];
			// What can be sent stands before what cannot.
			const orders = changes.map(({ order, isOffered }) => (isOffered ? order : order + 1000));
			assert.deepEqual(
				orders,
				[...orders].sort((a, b) => a - b),
			);
			for (const change of changes) assert.equal(change.isOffered, change.reason === undefined, change.id);
		}
});

test('a node that is well is offered nothing', () => {
	assert.deepEqual(offered(inputOf()), []);
	assert.deepEqual(
		highMemory.steps.flatMap(step => (step.changes?.(inputOf()) ?? []).filter(({ isOffered }) => isOffered)),
		[],
	);
});

// ---------------------------------------------------------------------------------------------------------
// Scope

test('used is counted as eviction counts it', () => {
	const input = inputOf({
		info: {
			usedMemoryBytes: 3.9 * gigabyte,
			rssBytes: 4 * gigabyte,
			notCountedForEvictBytes: 1.9 * gigabyte,
		},
	});
	assert.match(factNamed(check('scope', input), 'used of maxmemory')?.value ?? '', /^2\.0G of 4\.0G, 50%$/);
	assert.equal(check('scope', input).answer, 'fine');
	assert.match(
		factNamed(check('scope', input), 'used of maxmemory')?.note ?? '',
		/3\.9G less 1\.9G not counted/,
	);
});

const shares: readonly [used: number, policy: string, role: 'primary' | 'replica', answer: Answer][] = [
	[2.9, 'noeviction', 'primary', 'fine'],
	[3.1, 'noeviction', 'primary', 'look'],
	[3.7, 'noeviction', 'primary', 'act'],
	[3.7, 'volatile-lru', 'primary', 'act'],
	[3.7, 'noeviction', 'replica', 'look'],
	[3.7, 'allkeys-lru', 'primary', 'fine'],
	[4.0, 'allkeys-lfu', 'primary', 'fine'],
];
for (const [used, maxmemoryPolicy, role, answer] of shares) {
	test(`${used} of 4 GB under ${maxmemoryPolicy} at a ${role}: ${answer}`, () => {
		const input = inputOf({
			info: {
				usedMemoryBytes: used * gigabyte,
				rssBytes: used * gigabyte * 1.05,
				datasetBytes: (used - 0.1) * gigabyte,
				maxmemoryPolicy,
				role,
			},
			node: { role },
		});
		assert.equal(check('scope', input).answer, answer);
	});
}

test('a server that counts no errors is not said to refuse nothing', () => {
	const at = (used: number) =>
		check(
			'scope',
			inputOf({
				info: { usedMemoryBytes: used * gigabyte, rssBytes: used * gigabyte, notCountedForEvictBytes: 0 },
			}),
		).text;
	assert.match(at(2), /whether writes are refused is not known, .*readings are missing\.$/);
	assert.match(at(4), /At the limit without eviction they are\./);
	const counting = inputOf({ track: { rates: ratesOf({ oomErrors: 0 }) } });
	assert.match(check('scope', counting).text, /nothing is evicted or refused\./);
});

test('an eviction that hurts nobody is fine', () => {
	const input = inputOf({
		info: {
			usedMemoryBytes: 4 * gigabyte,
			rssBytes: 4.2 * gigabyte,
			datasetBytes: 3.8 * gigabyte,
			maxmemoryPolicy: 'allkeys-lru',
		},
		track: {
			rates: ratesOf({ evicted: 50 }),
			intervals: intervalsOf(10, { hits: 970, misses: 30, evicted: 50 }),
			...hitsHistory(0.97, 0.97, 70, 0),
		},
	});
	assert.equal(check('scope', input).answer, 'fine');
	assert.match(check('scope', input).text, /this is what a cache does/);
	assert.equal(check('relief', input).answer, 'fine');
	assert.equal(check('durable', input).answer, 'fine');
});

test('growth and the time to the limit', () => {
	const input = inputOf({
		info: { usedMemoryBytes: 2 * gigabyte, notCountedForEvictBytes: 0, rssBytes: 2.1 * gigabyte },
		usedHistory: lineOf(gigabyte, 2 * gigabyte, 121),
	});
	const verdict = check('scope', input);
	assert.equal(factNamed(verdict, 'growth')?.value, '+102M a minute');
	assert.equal(factNamed(verdict, 'time to the limit')?.value, '20m');
	assert.equal(verdict.answer, 'look');
	assert.match(verdict.text, /It grows by 102M a minute: the limit is met in 20m/);
});

test('without a maxmemory the kernel is the limit', () => {
	const info = {
		maxmemoryBytes: 0,
		usedMemoryBytes: 50 * gigabyte,
		rssBytes: 60 * gigabyte,
		datasetBytes: 49 * gigabyte,
	};
	const verdict = check('scope', inputOf({ info }));
	assert.equal(verdict.answer, 'act');
	assert.match(
		verdict.text,
		/kernel's out-of-memory killer is the limit, and the process holds 94% of the memory of the host/,
	);
	const told = check(
		'scope',
		inputOf({
			info: { ...info, usedMemoryBytes: gigabyte, rssBytes: gigabyte },
			extra: { memoryLimitBytes: 1.25 * gigabyte },
		}),
	);
	assert.match(told.text, /80% of the memory limit you gave/);
});

test('how far it reaches', () => {
	const input = fullOfData();
	const others = ['10.0.1.13:6379', '10.0.1.14:6379'].map((address, index) => ({
		...input.fleet!.nodes[0]!,
		address,
		shard: index + 2,
		memoryShare: 0.2,
	}));
	const fleet = { ...input.fleet!, nodes: [...input.fleet!.nodes, ...others] };
	assert.match(check('scope', { ...input, fleet }).text, /Of 3 primaries only this one is/);
	const all = { ...fleet, nodes: fleet.nodes.map(node => ({ ...node, memoryShare: 0.97 })) };
	assert.match(check('scope', { ...input, fleet: all }).text, /Every primary is high or evicting/);
	// It is another node that is full: said as such; and one that is down counts for nothing.
	const withShares = (own: number, other: number, last: Partial<RedisNode>) => ({
		...fleet,
		nodes: fleet.nodes.map((node, index) => ({
			...node,
			memoryShare: index === fleet.nodes.length - 2 ? other : own,
			...(index === fleet.nodes.length - 1 ? last : {}),
		})),
	});
	const textOf = (own: number, other: number, last: Partial<RedisNode>) =>
		check('scope', { ...input, fleet: withShares(own, other, last) }).text;
	assert.match(
		textOf(0.2, 0.97, {}),
		/1 of 3 primaries is high or evicting, not this one: 10\.0\.1\.13:6379\./,
	);
	assert.match(
		textOf(0.2, 0.97, { health: 'down' }),
		/1 of 2 primaries is high or evicting, not this one: 10\.0\.1\.13:6379\./,
	);
	assert.match(
		textOf(0.97, 0.97, { memoryShare: 0.2 }),
		/2 of 3 primaries are high or evicting, this one among/,
	);
});

test('a client list that may not be read is said, with the word', () => {
	const input = eatenByClient();
	const refused = [{ command: 'client list', why: 'no-permission' as const, word: '+client|list' }];
	const verdict = check('scope', { ...input, clients: undefined, node: { ...input.node, refused } });
	assert.equal(verdict.answer, 'act');
	assert.match(verdict.text, /the user needs \+client\|list/);
	assert.deepEqual(offered({ ...input, clients: undefined }), []);
});

// ---------------------------------------------------------------------------------------------------------
// Fragmentation and PURGE

const retainedInfo = {
	usedMemoryBytes: gigabyte,
	rssBytes: 2.2 * gigabyte,
	allocatedBytes: gigabyte,
	activeBytes: 1.05 * gigabyte,
	residentBytes: 2.15 * gigabyte,
};
const purges: readonly [name: string, more: Parameters<typeof inputOf>[0], reason: RegExp | undefined][] = [
	['large and stayed', { info: retainedInfo, extra: { retainedSince: start - 31_000 } }, undefined],
	[
		'not for long enough',
		{ info: retainedInfo, extra: { retainedSince: start - 12_000 } },
		/not stayed for 30 s yet \(12s\)/,
	],
	['nobody watched since when', { info: retainedInfo }, /not stayed for 30 s yet/],
	[
		'another allocator',
		{ info: retainedInfo, extra: { allocator: 'libc', retainedSince: start - 60_000 } },
		/answers OK and does nothing/,
	],
	['few pages', { extra: { retainedSince: start - 60_000 } }, /retains few pages/],
];
for (const [name, more, reason] of purges) {
	test(`MEMORY PURGE, ${name}: ${reason ? 'not offered' : 'offered'}`, () => {
		const change = changeOf(inputOf(more), 'memory-purge');
		assert.equal(change?.isOffered, reason === undefined);
		if (reason) assert.match(change?.reason ?? '', reason);
		assert.match(change?.effect ?? '', /frees nothing under maxmemory/);
	});
}

test('a high ratio of a small server is no fault', () => {
	const input = inputOf({
		info: {
			usedMemoryBytes: megabyte,
			rssBytes: 14 * megabyte,
			fragmentationRatio: 14,
			allocatedBytes: megabyte,
			activeBytes: 2 * megabyte,
			residentBytes: 8 * megabyte,
		},
	});
	assert.equal(check('fragmentation', input).answer, 'fine');
});

test('less resident than used is swap', () => {
	const input = inputOf({
		info: { usedMemoryBytes: 2 * gigabyte, rssBytes: gigabyte, residentBytes: gigabyte },
	});
	assert.equal(check('fragmentation', input).answer, 'act');
	assert.match(check('fragmentation', input).text, /swap/);
	assert.equal(check('scope', input).answer, 'act');
});

test('without the allocator’s figures the split is unknown, and says so', () => {
	const input = inputOf({
		info: { allocatedBytes: undefined, activeBytes: undefined, residentBytes: undefined },
	});
	assert.equal(check('fragmentation', input).answer, 'unknown');
	assert.match(check('fragmentation', input).text, /allocator_active/);
});

// ---------------------------------------------------------------------------------------------------------
// Keys

test('without a scan the step asks for one; refused, it names the word', () => {
	assert.match(check('large-keys', inputOf()).text, /No scan has been made: start one/);
	const input = inputOf();
	const refused = [{ command: 'memory usage', why: 'no-permission' as const, word: '+memory|usage' }];
	assert.match(
		check('large-keys', { ...input, node: { ...input.node, refused } }).text,
		/the user needs \+memory\|usage/,
	);
});

test('a node that went down in the middle of the scan: what was read is used, and the rest said', () => {
	const scan = scanOf([keyOf('a', 300 * megabyte)], [patternOf('a', 100, 300 * megabyte)], {
		complete: false,
		partial: [{ node: primary, reason: 'connection lost', scanned: 100 }],
	});
	const verdict = check(
		'large-keys',
		inputOf({ scan, node: { health: 'down', error: { reason: 'refused', text: 'connect ECONNREFUSED' } } }),
	);
	assert.equal(verdict.answer, 'look');
	assert.match(verdict.text, /Not all was read: 10\.0\.1\.12:6379: connection lost \(100 keys before that\)/);
	const empty = check('large-keys', inputOf({ scan: { ...scan, scanned: 0, keys: [] } }));
	assert.equal(empty.answer, 'unknown');
	assert.match(empty.text, /The scan has read nothing: 10\.0\.1\.12:6379: connection lost/);
});

test('small keys are fine', () => {
	const scan = scanOf([keyOf('a', 4096)], [patternOf('a:*', 1000, megabyte)]);
	assert.equal(check('large-keys', inputOf({ scan })).answer, 'fine');
});

test('a large key is a look where nothing presses, an act where it does', () => {
	const scan = scanOf([keyOf('a', gigabyte)], [patternOf('a', 1, gigabyte)]);
	assert.equal(check('large-keys', inputOf({ scan })).answer, 'look');
	assert.equal(check('large-keys', { ...fullOfData(), scan }).answer, 'act');
});

test('a share of a key and one of a pattern each say what they are of', () => {
	const scan = scanOf([keyOf('a', gigabyte)], [patternOf('b:*', 9, gigabyte)]);
	const of = (maxmemoryBytes: number) => {
		const verdict = check('large-keys', inputOf({ scan, info: { maxmemoryBytes } }));
		const words = (name: string) => / of [a-z ]+(?=\))/.exec(factNamed(verdict, name)?.value ?? '')?.[0];
		return [words('key'), words('pattern'), / of (maxmemory|what was sized)/.exec(verdict.text)?.[0]];
	};
	assert.deepEqual(of(4 * gigabyte), [' of maxmemory', ' of sized', ' of maxmemory']);
	assert.deepEqual(of(0), [' of sized', ' of sized', ' of what was sized']);
});

test('of a scan of the whole fleet, only keys of this shard are this node’s', () => {
	const elsewhere = keyOf('there', 3 * gigabyte, { node: '10.0.1.99:6379' });
	const scan = scanOf([elsewhere, keyOf('here', 4096)], [patternOf('*', 2, 3 * gigabyte)]);
	const verdict = check('large-keys', inputOf({ scan }));
	assert.equal(verdict.answer, 'fine');
	assert.match(verdict.text, /the largest, here, has 4\.0K/);
	assert.match(factNamed(verdict, 'read as well')?.note ?? '', /sums over all/);
});

test('misses that no eviction made are no reason for more memory', () => {
	const text = (evictedKeys: number | undefined) =>
		check(
			'scope',
			inputOf({ info: { evictedKeys }, track: { intervals: intervalsOf(10, { hits: 500, misses: 500 }) } }),
		).text;
	assert.match(text(0), /50% and nothing was ever evicted: these keys have expired or were never there/);
	// Where keys were evicted before, or that is not told, they may be the ones that are missing.
	assert.match(
		text(4200),
		/nothing is evicted now, but 4\.2k keys were since the server started: what is mis/,
	);
	assert.match(text(undefined), /nothing is evicted now: what is missing may be these/);
	// A write that was refused is a key that is not there.
	const refusing = inputOf({
		info: { evictedKeys: 0, errors: { OOM: 41_400 } },
		track: { intervals: intervalsOf(10, { hits: 500, misses: 500 }) },
	});
	assert.match(check('scope', refusing).text, /or is among the 41\.4k writes that were refused/);
	assert.doesNotMatch(check('scope', refusing).text, /more memory does not bring them/);
});

test('where nobody watched before, the hit rate is held against that of all lookups; it holds only where that is known', () => {
	const evicting = { intervals: intervalsOf(10, { hits: 700, misses: 300, evicted: 100 }) };
	const info = {
		...{ maxmemoryPolicy: 'allkeys-lru', usedMemoryBytes: 4 * gigabyte },
		...{ datasetBytes: 3.8 * gigabyte, databases: [{ db: 0, keys: 1e6, expires: 0 }] },
	};
	const counters = { keyspaceHits: 7000 + 970_000, keyspaceMisses: 3000 + 30_000 };
	const input = inputOf({ info: { ...info, ...counters }, track: evicting });
	const scope = check('scope', input);
	assert.match(scope.text, /The hit rate falls: 70% now, 97% on average since the server started/);
	assert.equal(factNamed(scope, 'hit rate before')?.value, '97%');
	assert.equal(scope.answer, 'look');
	const unknown = inputOf({ info, track: evicting });
	assert.match(check('scope', unknown).text, /The hit rate is 70%; what it was before is not known/);
	assert.match(check('relief', unknown).text, /whether its hit rate falls is not known/);
	assert.doesNotMatch(check('relief', unknown).text, /holds/);
});

test('a cache that only fills is not said to evict, and is offered nothing', () => {
	const info = { maxmemoryPolicy: 'allkeys-lru', usedMemoryBytes: 3.2 * gigabyte, evictedKeys: 0 };
	const input = inputOf({ info });
	assert.match(check('scope', input).text, /80% of maxmemory and nothing is evicted: a cache that fills/);
	assert.match(check('relief', input).text, /It is at 80% and evicts nothing/);
	assert.deepEqual(offered(input), []);
});

test('buffers that hold half of maxmemory are to act on, also while they evict nothing', () => {
	const info = {
		...{ maxmemoryPolicy: 'allkeys-lru', usedMemoryBytes: 3.4 * gigabyte },
		...{ datasetBytes: 1.2 * gigabyte, clientsNormalBytes: 2.1 * gigabyte, evictedKeys: 1000 },
	};
	const scope = check('scope', inputOf({ info }));
	assert.equal(scope.answer, 'act');
	assert.match(scope.text, /85% of maxmemory and nothing is evicted now\. The cause is client buffers/);
});

test('a key that decides: it is the advice, and what is full has no time left to the limit', () => {
	const hash = unboundedHash();
	assert.match(
		check('relief', hash).text,
		/^The cause is cart:all: bound it where it is written, or take it away with UNLINK/,
	);
	assert.equal(factNamed(check('scope', hash), 'time to the limit'), undefined);
	// The size to have is made for data, not for buffers nobody reads.
	const sizeOf = (input: RunbookInput) =>
		factNamed(check('durable', input), 'size for what it holds now')?.value;
	const usedHistory = lineOf(4 * gigabyte, 4 * gigabyte, 60);
	assert.notEqual(sizeOf({ ...fullOfData(), usedHistory }), undefined);
	assert.equal(sizeOf({ ...eatenByClient(), usedHistory }), '3.3G');
	assert.doesNotMatch(check('scope', eatenByClient()).text, /this is what a cache does/);
});

test('below the limit there is time, and the steps that name what to delete are named', () => {
	const info = { maxmemoryPolicy: 'noeviction', usedMemoryBytes: 3.4 * gigabyte };
	const text = check('relief', inputOf({ info })).text;
	assert.match(text, /there is time to choose\. .* deleting what steps 3 and 4 name\./);
	assert.match(changeOf(inputOf({ info }), 'output-buffer-limit')?.reason ?? '', /can wait for a calm hour$/);
});

test('a server full of buffers refuses because of these, whatever its policy', () => {
	const input = eatenByClient();
	const track = { ...input.track!, rates: { seconds: 1, oomErrors: 12 } };
	const tracks = new Map([...input.tracks!, [primary, track]]);
	assert.match(
		check('scope', { ...input, track, tracks }).text,
		/maxmemory is full of client buffers, and evicting/,
	);
});

test('the run in short: what is hurt, why, and what to do first', () => {
	const hash = unboundedHash();
	const short = (input: RunbookInput) => highMemory.inShort!(input);
	assert.match(short(hash)!.what, /keys a second are evicted under allkeys-lru/);
	assert.match(short(hash)!.why, /It is data.*One key stands out: the hash cart:all/);
	assert.match(short(fullOfData())!.what, /Writes are refused with OOM/);
	assert.equal(short(fullOfData())!.first?.id.startsWith('raise-maxmemory'), true);
	assert.equal(short(inputOf())!.first, undefined);
	assert.match(short(inputOf())!.now, /no relief is needed/);
	const { node, ...rest } = inputOf();
	assert.equal(short({ ...rest, node: { ...node, health: 'down' } }), undefined);
});

test('what a volatile policy could take: one large key without a TTL does not count for those with one', () => {
	const info = {
		...{ usedMemoryBytes: 4.1 * gigabyte, datasetBytes: 4 * gigabyte },
		databases: [{ db: 0, keys: 1001, expires: 1000 }],
	};
	const scan = scanOf([keyOf('cart:all', 3 * gigabyte, { ttlSeconds: null, node: primary })], []);
	const held = (input: RunbookInput) => factNamed(check('relief', input), 'in keys with a TTL');
	assert.equal(held(inputOf({ info }))?.value, 'about 4.0G');
	assert.equal(held(inputOf({ info, scan }))?.value, 'about 1.0G');
	assert.match(held(inputOf({ info, scan }))?.note ?? '', /as the scan has sized them/);
	// 0.1 GB over the limit are about a tenth of the small keys, not a fortieth.
	assert.match(
		changeOf(inputOf({ info, scan }), 'policy-allkeys-lru')?.after ?? '',
		/about 10\d of 1\.0k keys/,
	);
});

test('keys that have nothing in common are no pattern to look at, and none to set a TTL on', () => {
	const rest = patternOf('*', 200, 3 * gigabyte, { keysWithoutTtl: 200 });
	const scan = scanOf([keyOf('a', 4096, { node: primary })], [rest]);
	assert.doesNotMatch(check('large-keys', inputOf({ scan })).text, /The pattern \*/);
	assert.doesNotMatch(check('ttl', inputOf({ scan })).text, /Most of it is/);
	assert.equal(factNamed(check('durable', inputOf({ scan })), 'TTL to set'), undefined);
});

test('a tunnel to another machine is no neighbour', () => {
	const input = fullOfData();
	const address = '10.0.1.12:6380';
	const mate = { ...input.fleet!.nodes[0]!, address, rssBytes: 20 * gigabyte };
	const track = { ...input.track!, address };
	const far = {
		...track,
		lastGood: { ...track.lastGood!, info: { ...track.lastGood!.info, systemMemoryBytes: gigabyte } },
	};
	const fleet = { ...input.fleet!, nodes: [...input.fleet!.nodes, mate] };
	const risk = (theirs: typeof track) =>
		changeOf({ ...input, fleet, tracks: new Map([...input.tracks!, [address, theirs]]) }, 'raise-maxmemory')
			?.risk ?? '';
	assert.match(risk(track), /1 neighbour/);
	assert.doesNotMatch(risk(far), /neighbour/);
});

test('scans that were not whole are not compared by pattern', () => {
	const earlier = scanOf([keyOf('a', 10)], [patternOf('a', 1, 10)], { at: start - 1000, complete: false });
	const growth = compareScans(earlier, scanOf([keyOf('a', 30)], [patternOf('a', 1, 30)]));
	assert.deepEqual(growth?.patterns, []);
	assert.deepEqual(
		growth?.keys.map(({ grownBytes }) => grownBytes),
		[20],
	);
	assert.equal(compareScans(earlier, { ...earlier }), undefined);
});

test('INFO keysizes is told without a scan, the largest first', () => {
	const keysizes = parseKeysizes(
		'# Keysizes\r\ndb0_distrib_strings_sizes:1=1,1K=24518\r\ndb0_distrib_lists_items:32=295,32K=1\r\n',
	);
	const verdict = check('large-keys', inputOf({ keysizes }));
	assert.equal(verdict.answer, 'unknown');
	assert.match(verdict.text, /the largest of each type without a scan/);
	assert.deepEqual(
		verdict.facts.map(({ value }) => value),
		['lists: 1 key with 32K-64K items', 'strings: 24518 keys of 1K-2K bytes'],
	);
});

test('with the bytes of every type the largest key is known without a scan, and judged', () => {
	const lines = (list: string) =>
		parseKeysizes(
			`db0_distrib_strings_sizes:1K=24\r\ndb0_distrib_lists_items:2K=1\r\ndb0_distrib_lists_sizes:${list}=1\r\n`,
		);
	const large = (list: string, keys: number) =>
		check(
			'large-keys',
			inputOf({ keysizes: lines(list), info: { databases: [{ db: 0, keys, expires: 0 }] } }),
		);
	assert.equal(large('64K', 25).answer, 'fine');
	assert.match(
		large('64K', 25).text,
		/not their names: lists: 1 key of 64K-128K bytes, at most <1% of maxmemory each\.$/,
	);
	assert.equal(large('512M', 25).answer, 'look');
	// A stream may be larger: of its size nothing is told.
	assert.equal(large('64K', 26).answer, 'unknown');
	assert.match(large('64K', 26).text, /1 key of types that are not counted there/);
});

// ---------------------------------------------------------------------------------------------------------
// TTL

const ttls: readonly [name: string, more: Parameters<typeof inputOf>[0], answer: Answer, text: RegExp][] = [
	['half with a TTL', {}, 'fine', /500 of 1\.0k keys \(50%\) have no TTL/],
	[
		'a volatile policy with none',
		{ info: { maxmemoryPolicy: 'volatile-lru', databases: [{ db: 0, keys: 1000, expires: 2 }] } },
		'look',
		/refuses writes like noeviction/,
	],
	[
		'the same at the limit',
		{
			info: {
				maxmemoryPolicy: 'volatile-lru',
				usedMemoryBytes: 4 * gigabyte,
				rssBytes: 4.1 * gigabyte,
				databases: [{ db: 0, keys: 1000, expires: 2 }],
			},
		},
		'act',
		/nearly none/,
	],
	[
		'expiry behind',
		{ extra: { expiredStaleShare: 0.3, expiryCapsPerSecond: 2 } },
		'look',
		/Expiry does not keep up: about 30%/,
	],
	[
		'stale for a moment',
		{ extra: { expiredStaleShare: 0.3, expiryCapsPerSecond: 0 } },
		'fine',
		/Expiry keeps up/,
	],
	[
		'none with a TTL at 90%',
		{
			info: {
				usedMemoryBytes: 3.6 * gigabyte,
				rssBytes: 3.7 * gigabyte,
				databases: [{ db: 0, keys: 1000, expires: 0 }],
			},
		},
		'look',
		/That is right for data and wrong for a cache/,
	],
	[
		'hashes whose fields all may expire, at 90%',
		{
			info: {
				usedMemoryBytes: 3.6 * gigabyte,
				rssBytes: 3.7 * gigabyte,
				databases: [{ db: 0, keys: 20_000, expires: 0, withFieldTtl: 20_000 }],
			},
		},
		'fine',
		/^20\.0k of 20\.0k keys \(100%\) have no TTL, but are hashes whose fields have one: such a hash leaves with its last field\./,
	],
	[
		'some of them, and keys that stay',
		{ info: { databases: [{ db: 0, keys: 1000, expires: 200, withFieldTtl: 300 }] } },
		'fine',
		/^About 500 of 1\.0k keys \(50%\) have no TTL and leave only .* 300 more without one are hashes whose fields have a TTL/,
	],
	['no keys', { info: { databases: [] } }, 'fine', /There are no keys/],
];
for (const [name, more, answer, text] of ttls) {
	test(`TTL, ${name}: ${answer}`, () => {
		const verdict = check('ttl', inputOf(more));
		assert.equal(verdict.answer, answer);
		assert.match(verdict.text, text);
	});
}

test('patterns without TTL are named with their bytes, largest first', () => {
	const scan = scanOf(
		[],
		[
			patternOf('a:*', 10, 500 * megabyte, { keysWithoutTtl: 1 }),
			patternOf('b:*', 100, 300 * megabyte, { keysWithoutTtl: 90, bytesWithoutTtl: 250 * megabyte }),
			patternOf('c:*', 10, 400 * megabyte, { keysWithoutTtl: 10 }),
		],
	);
	const verdict = check('ttl', inputOf({ scan }));
	assert.deepEqual(
		verdict.facts.filter(({ name }) => name === 'without TTL').map(({ value }) => value),
		['c:*: 400M in 10 keys', 'b:*: 250M in 90 keys'],
	);
	assert.match(
		check('durable', inputOf({ scan }))
			.facts.map(({ name, value }) => `${name} ${value}`)
			.join('\n'),
		/TTL to set c:\*: 400M/,
	);
});

// ---------------------------------------------------------------------------------------------------------
// Relief

const rooms: readonly [
	name: string,
	more: Partial<RunbookInput['track']> & { info?: object; extra?: object },
	reason: RegExp | undefined,
][] = [
	['a host with room', {}, undefined],
	[
		'a host without',
		{ info: { systemMemoryBytes: 4.5 * gigabyte } },
		/there is no room for it: 0B free: host 4\.5G/,
	],
	['a host not told', { info: { systemMemoryBytes: undefined } }, /memory of the host is not told/],
	['a container without room', { extra: { memoryLimitBytes: 4.5 * gigabyte } }, /limit you gave 4\.5G/],
];
for (const [name, { info = {}, extra }, reason] of rooms) {
	test(`raising maxmemory on ${name}: ${reason ? 'not offered' : 'offered'}`, () => {
		const pressed = fullOfData();
		const input = inputOf({
			info: { ...pressed.track?.lastGood?.info, ...info },
			track: { rates: pressed.track!.rates!, config: defaultConfig },
			...(extra && { extra }),
		});
		const change = changeOf(input, 'raise-maxmemory');
		assert.equal(change?.isOffered, reason === undefined);
		if (reason) assert.match(change?.reason ?? '', reason);
	});
}

test('what neighbours on the host hold, and a fork, come off the headroom', () => {
	const input = fullOfData();
	const free = (more: RunbookInput) => changeOf(more, 'raise-maxmemory')?.risk ?? '';
	assert.match(
		free(input),
		/53\.4G free: host 64\.0G, less 4\.2G resident, 50\.0M for a fork \(the last one measured\)/,
	);
	const mate = { ...input.fleet!.nodes[0]!, address: '10.0.1.12:6380', rssBytes: 20 * gigabyte };
	const fleet = { ...input.fleet!, nodes: [...input.fleet!.nodes, mate] };
	assert.match(free({ ...input, fleet }), /33\.4G free: .*less 24\.2G resident with 1 neighbour on it/);
	const unmeasured = inputOf({
		info: { ...input.track?.lastGood?.info, lastSaveCowBytes: 0 },
		track: { rates: input.track!.rates!, config: defaultConfig },
	});
	assert.match(free(unmeasured), /^52\.4G free: .*1\.0G for a fork \(reckoned, none was measured\)/);
});

test('a volatile policy is not offered where hardly a key has a TTL', () => {
	const input = inputOf({
		info: { ...fullOfData().track?.lastGood?.info, databases: [{ db: 0, keys: 1000, expires: 3 }] },
		track: { rates: ratesOf({ oomErrors: 5 }), config: defaultConfig },
	});
	assert.match(changeOf(input, 'policy-volatile-ttl')?.reason ?? '', /only <1% of the keys have a TTL/);
	assert.equal(changeOf(input, 'policy-allkeys-lru')?.isOffered, true);
});

test('a policy the program does not know becomes no word of a command', () => {
	const input = inputOf({
		info: { ...fullOfData().track?.lastGood?.info, maxmemoryPolicy: 'noeviction\r\nFLUSHALL' },
	});
	const change = changeOf(input, 'policy-allkeys-lru');
	assert.equal(change?.isOffered, false);
	assert.equal(change?.undo, undefined);
});

test('replication links are named and never cut', () => {
	const input = {
		...eatenByClient(),
		clients: [{ ...monitorClient, kind: 'replica' as const, command: 'psync' }],
	};
	const change = changeOf(input, 'client-kill-1');
	assert.equal(change?.isOffered, false);
	assert.match(change?.reason ?? '', /replication link/);
});

const kills: readonly [of: Partial<Client>, address: string | undefined][] = [
	[{ id: 812 }, '10.0.2.1:40000'],
	[{ id: 812, host: '::1' }, '[::1]:40000'],
	[{ id: 812, host: 'fe80::1%eth0' }, '[fe80::1%eth0]:40000'],
	[{ id: 812, host: 'unix:/run/redis.sock', port: undefined }, '/run/redis.sock:0'],
	// As Valkey 9 writes both ends of a socket.
	[
		{
			...{ id: 812, host: 'unix:/run/valkey.sock', port: undefined },
			localAddress: '[/run/valkey.sock:0]:0',
		},
		'[/run/valkey.sock:0]:0',
	],
	[{ id: 812, host: 'a name' }, undefined],
	[{ id: 812, host: '' }, undefined],
	[{ id: 812, port: undefined }, undefined],
	[{ id: 812, host: 'unix:/run/a b.sock', port: undefined }, undefined],
	[{ id: 0 }, undefined],
	[{ id: -1 }, undefined],
	[{ id: 1.5 }, undefined],
	[{ id: Number.NaN }, undefined],
];
for (const [of, address] of kills)
	test(`CLIENT KILL of ${JSON.stringify(of)}`, () => {
		const command = killCommand(clientOf(of));
		assert.deepEqual(command, address && ['CLIENT', 'KILL', 'ID', '812', 'ADDR', address]);
		assert.equal(changeCall(command ?? [])?.words.at(-1), address);
	});

test('parts of memory are told with MEMORY STATS or without, and add up', () => {
	const info = {
		usedMemoryBytes: gigabyte,
		overheadBytes: 100 * megabyte,
		datasetBytes: gigabyte - 100 * megabyte,
	};
	const named = (input: RunbookInput) =>
		check('scope', input)
			.facts.filter(({ sources }) => sources.includes('MEMORY STATS'))
			.map(({ name, value }) => `${name.trim()} ${value}`);
	assert.deepEqual(named(inputOf({ info })), []);
	const memoryStats = {
		totalBytes: gigabyte,
		datasetBytes: 900 * megabyte,
		clientsBytes: 24 * megabyte,
		tables: [{ db: 0, keysBytes: 90 * megabyte, expiresBytes: 10 * megabyte }],
	};
	const parts = [
		'used memory by part 1.0G',
		'data 900M, 88%',
		'key tables 100M, 10%',
		'client buffers 24.0M, 2%',
	];
	assert.deepEqual(named(inputOf({ info, memoryStats })), parts);
	// The INFO of a second later is of other bytes.
	const newer = { ...info, usedMemoryBytes: gigabyte - 10 * megabyte };
	assert.deepEqual(named(inputOf({ info: newer, memoryStats })), parts);
});

test('a node that does not answer is not judged by its last word, and nothing is proposed', () => {
	const input = inputOf({
		node: { health: 'down', error: { reason: 'refused', text: 'connect ECONNREFUSED' } },
	});
	for (const id of ['scope', 'fragmentation', 'ttl', 'relief', 'durable']) {
		assert.equal(check(id, input).answer, 'unknown', id);
		assert.match(check(id, input).text, /does not answer now: connect ECONNREFUSED/);
		assert.deepEqual(changesOf(id, input), []);
	}
	// What it held it may hold still; a rate of it there is none.
	assert.notEqual(factNamed(check('scope', input), 'used of maxmemory'), undefined);
	assert.deepEqual(
		check('scope', input).facts.filter(({ value }) => value.endsWith('/s')),
		[],
	);
});

test('with a node and nothing else every step is unknown, with what is missing', () => {
	const { node } = inputOf();
	const bare = {
		node: { ...node, refused: [{ command: 'info', why: 'no-permission' as const, word: '+info' }] },
	};
	for (const step of highMemory.steps) {
		const verdict = step.check(bare);
		assert.equal(verdict.answer, 'unknown', step.id);
		assert.ok(verdict.text.length > 10);
	}
	assert.match(check('scope', bare).text, /the user needs \+info/);
});

// ---------------------------------------------------------------------------------------------------------
// Durable

test('a growth of minutes is no forecast for days, and says so', () => {
	const rough = inputOf({ usedHistory: lineOf(gigabyte, 1.1 * gigabyte, 60) });
	const verdict = check('durable', rough);
	assert.match(factNamed(verdict, 'growth of this node')?.value ?? '', /^\+2\d\.\dM a minute$/);
	assert.match(factNamed(verdict, 'growth of this node')?.note ?? '', /no forecast for days/);
	assert.doesNotMatch(verdict.text, /30 days/);
	assert.match(verdict.text, /Alert at 75% of maxmemory, that is 3\.0G/);
	assert.equal(factNamed(verdict, 'size for 30 days'), undefined);
});

test('CONFIG REWRITE only after a change that a restart would lose, and with a file to write', () => {
	const input = fullOfData();
	const change = changeOf(input, 'raise-maxmemory')!;
	const changesMade = [{ change, at: start, reply: 'OK' }];
	assert.equal(changeOf(input, 'config-rewrite')?.isOffered, false);
	assert.equal(changeOf({ ...input, changesMade }, 'config-rewrite')?.isOffered, true);
	const extras = new Map([[primary, { configFile: '' }]]);
	assert.match(
		changeOf({ ...input, changesMade, extras }, 'config-rewrite')?.reason ?? '',
		/without a configuration file/,
	);
});

test('findings of this node are told for the ticket', () => {
	const findings = [
		{
			id: 'memory-high',
			severity: 'crit' as const,
			node: primary,
			since: start - 60_000,
			text: 'memory 93% of maxmemory',
		},
		{ id: 'cpu-high', severity: 'warn' as const, node: replica, since: start, text: 'main thread 90% busy' },
	];
	const told = check('durable', inputOf({ findings })).facts.filter(({ name }) => name.startsWith('finding'));
	assert.deepEqual(
		told.map(({ value, note }) => [value, note]),
		[['critical: memory 93% of maxmemory', 'since 2027-01-15T07:59:00Z, 1m']],
	);
});

// ---------------------------------------------------------------------------------------------------------
// Trends

const noise = (index: number) => ((index * 7919) % 13) - 6;
const trends: readonly [name: string, values: readonly number[], perSecond: number | undefined][] = [
	['too short', [1, 2, 3], undefined],
	['flat', Array.from({ length: 60 }, () => 1000), 0],
	['jitter', Array.from({ length: 60 }, (_, index) => 1_000_000 + noise(index) * 1000), 0],
	// Half a percent of slope in noise of a few percent.
	[
		'lost in noise',
		Array.from({ length: 60 }, (_, index) => 1_000_000 + index * 100 + noise(index) * 10_000),
		0,
	],
	['a line', Array.from({ length: 61 }, (_, index) => 1000 + index * 50), 10],
	[
		'with gaps',
		Array.from({ length: 61 }, (_, index) => (index % 3 === 0 ? Number.NaN : 1000 + index * 50)),
		10,
	],
	['falling', Array.from({ length: 61 }, (_, index) => 10_000 - index * 50), -10],
];
for (const [name, values, perSecond] of trends) {
	test(`trend, ${name}`, () => {
		const trend = trendOf(historyOf(values), start, undefined);
		if (perSecond === undefined) assert.equal(trend, undefined);
		else assert.ok(Math.abs(trend!.perSecond - perSecond) < 1e-6, String(trend!.perSecond));
	});
}

test('since when the hit rate is lower', () => {
	const { track } = unboundedHash();
	const rates = hitRatesOf(track, start);
	assert.ok(Math.abs(rates.now! - 0.7) < 0.001);
	assert.ok(Math.abs(rates.before! - 0.97) < 0.001);
	// Twenty buckets of 5 s ago.
	assert.equal(rates.fellAt, start - 100_000);
});

const codes: readonly [answers: readonly Answer[], code: number][] = [
	[['fine', 'fine'], 0],
	[['fine', 'unknown'], 0],
	[['look', 'fine', 'unknown'], 1],
	[['look', 'act', 'unknown'], 2],
	[['unknown', 'unknown'], 3],
	[[], 3],
];
for (const [answers, code] of codes)
	test(`exit code of ${answers.join(', ') || 'nothing'}: ${code}`, () =>
		assert.equal(worstAnswer(answers.map(answer => ({ answer }))), code));

test('a scan that did not read all finds something or knows nothing; it never says that all is well', () => {
	const step = highMemory.steps.find(({ id }) => id === 'large-keys')!;
	const read = (scanned: number, bytes = 100) =>
		inputOf({
			scan: scanOf([keyOf('k:1', bytes)], [patternOf('k:*', scanned, 1000)], { complete: false, of: 1000 }),
		});
	const answers = [read(499), read(999), read(10, 3 * gigabyte)].map(input => step.check(input).answer);
	assert.deepEqual(answers, ['unknown', 'unknown', 'look']);
	const says = 'No large key in the 499 keys of 1.0k read so far: the largest, k:1, has 100B.';
	assert.ok(step.check(read(499)).text.startsWith(says), step.check(read(499)).text);
	const nothing = scanOf([], [patternOf('k:*', 499, 1000)], { complete: false });
	assert.match(
		step.check(inputOf({ scan: nothing })).text,
		/^No key was found in the 499 keys read so far\./,
	);
});
