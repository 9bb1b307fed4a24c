// What fills a memory, on replies of real servers that were filled with it (test/fixtures/memory): the runbook names
// that and nothing else, in its first lines; it offers what touches it and nothing that does not; and no part that it
// tells is larger than its whole. The cases stand for public reports: texts of scripts that differ (redis#1688, #13102,
// #6305), requests half sent (redis#3423), client side caching that is not bounded (redis#9231, #13867), channels for
// each object (redis#1880, #332), a queue of MULTI that nobody ends, memory with no keys at all (redis#7787).

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { BigKey, BigKeysResult } from '../../source/core/keys/big-keys.ts';
import { memoryKinds } from '../../source/core/node/memory-kinds.ts';
import { memoryPartsOf } from '../../source/core/node/memory-parts.ts';
import { parseInfo, parseInfoDetails } from '../../source/core/parse/parse-info.ts';
import type { Info } from '../../source/core/types.ts';
import { type Cause, diagnose } from '../../source/runbooks/cause.ts';
import { highMemory } from '../../source/runbooks/high-memory.ts';
import { runReport, runSteps } from '../../source/runbooks/report.ts';
import type { Change, RunbookInput } from '../../source/runbooks/runbook.ts';
import { captures, captureText } from '../core/captures.ts';
import { inputOf, keyOf, scanOf, start } from './build.ts';
import { filled, folder, sections } from './filled.ts';
import { wholesIn } from './wholes.ts';

const changesOf = (input: RunbookInput): readonly Change[] =>
	highMemory.steps.flatMap(step => step.changes?.(input) ?? []);
const offeredIn = (input: RunbookInput) =>
	new Set(
		changesOf(input)
			.filter(({ isOffered }) => isOffered)
			.map(({ id }) => id),
	);

type Expected = {
	readonly cause: Cause;
	/** In its first lines. */
	readonly says: RegExp;
	readonly offers?: readonly string[];
};

const expected: Readonly<Record<string, Expected>> = {
	data: { cause: 'data', says: /It is data/, offers: ['raise-maxmemory'] },
	expired: {
		cause: 'data',
		says: /counts 48\.9M of 66\.0M used as data\. 200k of 200k keys have a TTL: how many/,
	},
	tiny: { cause: 'key-tables', says: /very many small keys.*1\.0M keys/, offers: ['raise-maxmemory'] },
	eval: {
		cause: 'scripts',
		says: /script cache.* in 60\.0k scripts.*SCRIPT FLUSH/s,
		offers: ['script-flush'],
	},
	scriptload: { cause: 'scripts', says: /script cache.*SCRIPT FLUSH/s, offers: ['script-flush'] },
	functions: { cause: 'functions', says: /function libraries.* in 3\.0k libraries.*FUNCTION DELETE/s },
	query: {
		cause: 'query-buffers',
		says: /query buffers.*maxmemory-clients/s,
		offers: ['maxmemory-clients'],
	},
	idle: { cause: 'connections', says: /connections themselves.*3\.0k clients/ },
	multi: { cause: 'transactions', says: /queued in MULTI/, offers: ['maxmemory-clients'] },
	subscribe: { cause: 'subscriptions', says: /subscriptions, about .*400k channels/ },
	psubscribe: { cause: 'subscriptions', says: /subscriptions, about .*100k patterns/ },
	ssubscribe: { cause: 'subscriptions', says: /subscriptions, about .*100k shard channels/ },
	tracking: {
		cause: 'tracking',
		says: /CLIENT TRACKING, about .*400k keys/,
		offers: ['tracking-table-max-keys'],
	},
	blocked: { cause: 'blocking', says: /blocked clients wait for, about .*200k keys/ },
};

/** 7.0 does not tell how many keys are waited for: what it counts as data, and what no key holds, is said to be that. */
const exceptions: Readonly<Record<string, Expected>> = {
	'redis-7.0.15/blocked': { cause: 'unexplained', says: /in no key: .* as data, and there are no keys/ },
};

const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' })
	.map(path => path.replaceAll('\\', '/'))
	.filter(path => path.endsWith('.txt'))
	.sort();

/** What makes room for keys or takes keys away, and what bounds replies that nobody reads. */
const forKeys = ['raise-maxmemory', 'policy-volatile-ttl', 'policy-allkeys-lru'];

for (const path of cases) {
	const id = path.replace('.txt', '');
	const { cause, says, offers = [] } = exceptions[id] ?? expected[id.split('/')[1]!]!;

	test(`${id}: the cause is ${cause}, and it alone`, () => {
		const input = filled(path);
		const seen = diagnose(input)!;
		assert.equal(seen.cause, cause, JSON.stringify(seen.kinds.slice(0, 4)));
		const short = highMemory.inShort!(input)!;
		assert.match([short.what, short.why, short.now].join('\n'), says);
		const isData = cause === 'data' || cause === 'key-tables';
		if (!isData) assert.doesNotMatch([short.what, short.why].join(' '), /It is data/);
		const offered = offeredIn(input);
		for (const change of offers) assert.ok(offered.has(change), `${change} of ${[...offered]}`);
		if (!isData) for (const change of forKeys) assert.ok(!offered.has(change), change);
		assert.ok(!offered.has('output-buffer-limit'), 'no reply waits to be read');
	});

	test(`${id}: no part is larger than its whole`, () => {
		const input = filled(path);
		const info = input.track!.lastGood!.info!;
		const kinds = memoryKinds({ ...input, info, stats: input.memoryStats });
		const sum = kinds.reduce((all, { bytes }) => all + bytes, 0);
		assert.ok(sum <= info.usedMemoryBytes! * 1.001, `${sum} of ${info.usedMemoryBytes}`);
		const parts = memoryPartsOf(info, input.memoryStats)!;
		for (const part of parts.parts) assert.ok(part.bytes <= parts.usedBytes, part.id);
		assert.deepEqual(wholesIn(reportOf(input)), []);
	});
}

test('what takes a change back sets what is set now', () => {
	const taken = new Set<string>();
	for (const path of cases) {
		const input = filled(path);
		const { info } = input.track!.lastGood!;
		const now: Readonly<Record<string, string | undefined>> = {
			...input.track!.config,
			maxmemory: String(info!.maxmemoryBytes),
			'maxmemory-policy': info!.maxmemoryPolicy,
		};
		for (const { undo } of changesOf(input)) {
			const [, , name, value] = undo ?? [];
			if (name === undefined || name === 'client-output-buffer-limit') continue;
			assert.equal(value, now[name], `${path}: ${name}`);
			taken.add(name);
		}
	}
	const others = ['maxmemory', 'maxmemory-clients', 'maxmemory-policy', 'tracking-table-max-keys'];
	assert.deepEqual([...taken].sort(), ['client-query-buffer-limit', ...others]);
});

function reportOf(input: RunbookInput): string {
	return runReport({
		runbook: highMemory,
		fleetName: 'test',
		node: input.node.address,
		startedAt: start,
		endedAt: start,
		writtenBy: 'redis-top',
		inShort: highMemory.inShort!(input),
		steps: runSteps(highMemory, input, start),
		changesMade: [],
		findings: [],
	});
}

test('no part is larger than its whole in any INFO that was recorded', () => {
	const paths = captures(/\/info-(all|default|everything|section-memory|fresh-boot).*\.(txt|resp2)$/);
	assert.ok(paths.length > 10, String(paths.length));
	for (const path of paths) {
		const text = captureText(path);
		const info = parseInfo(text);
		if (info.usedMemoryBytes === undefined) continue;
		const input = { ...inputOf({ info }), details: parseInfoDetails(text), clients: undefined };
		assert.deepEqual(wholesIn(reportOf(input)), [], path);
		const parts = memoryPartsOf(info)!;
		for (const part of parts.parts) assert.ok(part.bytes <= parts.usedBytes, `${path} ${part.id}`);
	}
});

test('interpreters count where the server counts them, and nowhere else', () => {
	const scripts = (path: string) => parseInfo(sections(path).INFO!).scriptsBytes! / 1e6;
	assert.equal(Math.round(scripts('redis-7.0.15/eval.txt')), 37);
	assert.equal(Math.round(scripts('redis-8.0.2/scriptload.txt')), 71);
	assert.equal(Math.round(scripts('valkey-8.1.1/scriptload.txt')), 38);
});

// ---------------------------------------------------------------------------------------------------------
// What the scan itself has done

/** All keys had expired, and nobody had noticed: as on a server of 7.0 whose active expiry is off. */
function scannedAway(isReplica = false): RunbookInput {
	const before = filled('redis-7.0.15/expired.txt');
	const was = before.track!.lastGood!.info!;
	const now: Info = isReplica
		? was
		: {
				...was,
				...{ usedMemoryBytes: 3e6, datasetBytes: 1e6, overheadBytes: 2e6, databases: [] },
				...{ expiredKeys: 200_000, allocatedBytes: 4e6, activeBytes: 69e6, residentBytes: 70e6 },
			};
	const track = { ...before.track!, lastGood: { ...before.track!.lastGood!, info: now } };
	return {
		...before,
		track,
		tracks: new Map([...before.tracks!, [track.address, track]]),
		scan: scanOf([], [], { scanned: 0, of: 200_000, complete: true }),
		beforeScan: { info: was, expiredPerSecond: 0 },
	};
}

test('keys that the scan has expired are the cause, and what it left behind is no fragmentation', () => {
	const input = scannedAway();
	const seen = diagnose(input)!;
	assert.equal(seen.cause, 'expired');
	assert.match(
		highMemory.inShort!(input)!.why,
		/expired and were not reclaimed, about 6\d\.\dM of 66\.\dM used: 200k of 200k keys\. The scan of this run has removed them/,
	);
	const [scope, fragmentation, keys, ttl, relief] = runSteps(highMemory, input, start).map(
		({ verdict }) => verdict,
	);
	assert.match(scope!.text, /97% of maxmemory/);
	assert.equal(fragmentation!.answer, 'fine', fragmentation!.text);
	assert.match(keys!.text, /The scan is over and has met no live key: all 200k had expired\./);
	assert.match(ttl!.text, /Expiry does not keep up: 200k of 200k keys had expired/);
	assert.match(relief!.text, /^They are gone now/);
	assert.doesNotMatch(reportOf(input), /No scan has been made|Expiry keeps up/);
	assert.ok(!offeredIn(input).has('raise-maxmemory'));
	assert.deepEqual(wholesIn(reportOf(input)), []);
});

test('a replica passes them by and removes nothing', () => {
	const seen = diagnose(scannedAway(true))!;
	assert.equal(seen.cause, 'expired');
	assert.equal(seen.expired?.isReclaimed, false);
	assert.match(highMemory.inShort!(scannedAway(true))!.now, /a whole scan there frees them/);
});

test('a scan that ended before all keys were read: what it took away counts, what it did not see does not', () => {
	const ended = (input: RunbookInput) => ({ ...input, scan: { ...input.scan!, complete: false } });
	const seen = diagnose(ended(scannedAway()))!;
	assert.deepEqual([seen.cause, seen.expired?.isReclaimed], ['expired', true]);
	assert.match(highMemory.inShort!(ended(scannedAway()))!.what, /97% of maxmemory/);
	assert.equal(diagnose(ended(scannedAway(true)))?.expired, undefined, 'a replica removes nothing');
});

test('what a scan did not see is not called data: cut off, held, denied, of a replica, lost', () => {
	const whole = scannedAway(true);
	const unread = (scan: Partial<BigKeysResult>, more: Partial<RunbookInput> = {}): RunbookInput => ({
		...whole,
		...more,
		scan: { ...whole.scan!, scanned: 40_000, totalBytes: 9e6, complete: false, ...scan },
	});
	const denied = [{ node: '10.0.1.22:6379', reason: '160k keys may not be sized', scanned: 40_000 }];
	const replica = { ...whole.node, role: 'replica' as const };
	const cases: readonly [name: string, input: RunbookInput, says: RegExp][] = [
		['cut off', unread({}), /^The server counts .* The scan has read 40\.0k of 200k keys: what the others/],
		['held before the first', unread({ scanned: 0, totalBytes: 0 }), /has read 0 of 200k keys/],
		['partly denied', unread({ partial: denied }), /has read 40\.0k of 200k keys/],
		['of a replica', unread({}, { node: replica }), /has read 40\.0k of 200k keys.* a whole scan\.(?! by)/],
		[
			'lost before it counted',
			unread({ of: undefined }),
			/has read 40\.0k of 200k keys|has read 40\.0k keys/,
		],
		['of long ago', { ...whole, at: start + 3_600_000 }, /200k of 200k keys have a TTL: how many/],
	];
	for (const [name, input, says] of cases) {
		const { why } = highMemory.inShort!(input)!;
		assert.match(why, says, name);
		assert.match(why, /have expired and were not reclaimed cannot be told without a whole scan/, name);
		const report = reportOf(input);
		assert.doesNotMatch(report, /It is data|Expiry keeps up\./, name);
		assert.deepEqual(wholesIn(report), [], name);
	}
	const [, , , ttl] = runSteps(highMemory, unread({}), start);
	assert.equal(ttl!.verdict.answer, 'unknown', ttl!.verdict.text);
	// Without a TTL none has expired, and what was not read may still be no data.
	const data = filled('redis-7.0.15/data.txt');
	const some = { ...data, scan: scanOf([], [], { scanned: 300, of: 30_000, complete: false }) };
	assert.match(highMemory.inShort!(some)!.why, /300 of 30\.0k keys: what the others hold is not known\./);
});

test('keys that went at their own pace are not the scan’s work', () => {
	const input = scannedAway();
	const paced = { ...input, beforeScan: { ...input.beforeScan!, expiredPerSecond: 40_000 } };
	assert.equal(diagnose(paced)?.expired, undefined);
	// Nor are those of a scan that was long ago.
	assert.equal(diagnose({ ...input, at: start + 3_600_000 })?.expired, undefined);
});

test('memory that a whole scan does not find in keys is not called data', () => {
	const input = filled('redis-7.0.15/data.txt');
	const keys = { ...input, scan: scanOf([], [], { scanned: 30_000, of: 30_000, totalBytes: 90e6 }) };
	assert.equal(diagnose(keys)?.cause, 'data');
	const astray = {
		...filled('redis-7.0.15/data.txt', { modules: ['search'] }),
		scan: scanOf([], [], { scanned: 30_000, of: 30_000, totalBytes: 9e6 }),
	};
	assert.equal(diagnose(astray)?.cause, 'unexplained');
	assert.match(highMemory.inShort!(astray)!.why, /keys hold 8\.6M by a whole scan\. Modules .*: search\./);
});

test('entries that nobody acknowledges are the cause, and what only makes room for data is not offered', () => {
	const input = filled('redis-7.0.15/data.txt');
	const stream = (more: Partial<BigKey>) => ({
		...input,
		scan: scanOf([keyOf('events:orders', 60e6, { type: 'stream', ...more })], [], {
			...{ scanned: 1, of: 1, totalBytes: 60e6, complete: true },
		}),
	});
	const told = stream({ items: 1000, groups: 1, pendingEntries: 270_000 });
	assert.equal(diagnose(told)?.cause, 'pending-entries');
	assert.match(
		highMemory.inShort!(told)!.why,
		/never acknowledged, about 57\.2M of \S+ used: events:orders has 270k pending in 1 group and 1\.0k entries\./,
	);
	assert.match(highMemory.inShort!(told)!.now, /^XPENDING events:orders .* XGROUP DELCONSUMER/);
	assert.ok(!offeredIn(told).has('raise-maxmemory'));
	assert.deepEqual(wholesIn(reportOf(told)), []);
	// Where the groups could not be read, nothing else is taken for more than the server uses.
	const unread = stream({ serverBytes: 900e6, sizeEstimated: true });
	assert.match(
		highMemory.inShort!(unread)!.why,
		/events:orders, whose groups were not read here .* MEMORY USAGE says 858M, more than the server uses/,
	);
	assert.equal(diagnose(stream({ items: 500_000, groups: 1, pendingEntries: 10 }))?.cause, 'data');
	assert.equal(diagnose(stream({ items: 500_000 }))?.cause, 'data');
});

/** The stream, and how far each replica has acknowledged it. */
const replicasAt = (replicationOffset: number, ...offsets: readonly number[]): Partial<Info> => ({
	replicationOffset,
	replicas: offsets.map((offset, index) => ({
		address: `127.0.0.1:${7001 + index}`,
		state: 'online',
		offset,
		lagSeconds: 0,
	})),
});

const handMade: readonly [name: string, cause: Cause, info: Partial<Info>, says: RegExp][] = [
	[
		'a deletion under way',
		'lazyfree',
		{ databases: [], lazyfreePendingObjects: 2_000_000 },
		/2\.0M objects wait to be freed/,
	],
	// UNLINK of most keys beside some that stay, without a scan: 30,000 are left.
	[
		'a deletion of most keys under way',
		'lazyfree',
		{ lazyfreePendingObjects: 300_000 },
		/^The cause is a deletion under way, about \S+ of \S+ used: 300k objects wait to be freed/,
	],
	['an AOF buffer', 'aof-buffer', { aofBufferBytes: 60e6 }, /the disk does not take the writes/],
	['cluster links', 'cluster-links', { clusterLinksBytes: 60e6 }, /cluster bus/],
	[
		'writes that wait for a slot migration, at its source',
		'slot-migration',
		{ migrationOutputBytes: 60e6 },
		/wait to be sent to the target\. It is not counted against maxmemory/,
	],
	['at its target', 'slot-migration', { migrationInputBytes: 60e6 }, /wait until their keys have come\.$/],
	[
		'a backlog, though the replica has read all',
		'backlog',
		{
			backlogMemoryBytes: 60e6,
			backlogBytes: 60e6,
			clientsReplicasBytes: 20_000,
			replicationBuffersBytes: 60.1e6,
			connectedReplicas: 1,
			...replicasAt(1000, 1000),
		},
		/^The cause is the replication backlog, 57\.2M of .*No replica has to be behind for it\.$/,
	],
	[
		'a backlog that the last replica has left',
		'backlog',
		{ backlogMemoryBytes: 60e6, backlogBytes: 60e6, connectedReplicas: 0, replicas: [] },
		/backlog.* None is connected now\.$/,
	],
	[
		'two replicas, of which one does not read',
		'replication',
		{
			backlogMemoryBytes: 1e6,
			clientsReplicasBytes: 60e6,
			replicationBuffersBytes: 61e6,
			...replicasAt(70e6, 5e6, 70e6),
		},
		/replicas' buffers, 57\.2M beyond the backlog: 1 replica has not read what was written/,
	],
	[
		'6.0, which tells no total, and two replicas of which none reads',
		'replication',
		{ backlogMemoryBytes: 1e6, clientsReplicasBytes: 60e6, ...replicasAt(40e6, 5e6, 5e6) },
		/2 replicas have not read/,
	],
	[
		'buffers of replicas that are not behind',
		'replication',
		{ backlogMemoryBytes: 1e6, clientsReplicasBytes: 60e6, ...replicasAt(70e6, 70e6, 70e6) },
		/no replica is behind now, and each that is connected takes some/,
	],
];
for (const [name, cause, more, says] of handMade) {
	test(`${name}: ${cause}`, () => {
		const input = filled('redis-7.0.15/data.txt', more);
		assert.equal(diagnose(input)?.cause, cause);
		assert.match(highMemory.inShort!(input)!.why, says);
		for (const change of forKeys) assert.ok(!offeredIn(input).has(change), change);
	});
}

test('what is to be done about replication touches its cause: a replica is looked at only where one is behind', () => {
	const advice = (more: Partial<Info>) => {
		const input = filled('redis-7.0.15/data.txt', more);
		return highMemory.steps.find(({ id }) => id === 'relief')!.check(input).text;
	};
	const backlog = { backlogMemoryBytes: 60e6, connectedReplicas: 1, ...replicasAt(70e6, 70e6) };
	assert.match(advice(backlog), /^Make repl-backlog-size smaller/);
	assert.doesNotMatch(advice(backlog), /keep up|repl-backlog-ttl/);
	assert.match(advice({ ...backlog, connectedReplicas: 0, replicas: [] }), /repl-backlog-ttl/);
	const buffers = { backlogMemoryBytes: 1e6, clientsReplicasBytes: 60e6 };
	assert.match(advice({ ...buffers, ...replicasAt(70e6, 70e6) }), /^No replica is known to be behind/);
	assert.match(
		advice({ ...buffers, ...replicasAt(70e6, 5e6, 70e6) }),
		/^Look at the replica that does not keep up/,
	);
});

test('what was written since the last acknowledgement is no lag, and without two readings nobody is said to be behind', () => {
	const held = { backlogMemoryBytes: 1e6, clientsReplicasBytes: 60e6 };
	const says = (replicas: Partial<Info>, writes: number, isFirst = false) => {
		const input = filled('redis-7.0.15/data.txt', { ...held, ...replicas }, { writes });
		const track = isFirst ? { ...input.track!, offsets: input.track!.offsets.slice(-1) } : input.track!;
		const now = { ...input, track };
		const advice = highMemory.steps.find(({ id }) => id === 'relief')!.check(now).text;
		return [
			/beyond the backlog: (.+?)(?:, and|\.)/.exec(highMemory.inShort!(now)!.why)?.[1],
			/^\w+/.exec(advice)?.[0],
		];
	};
	const known = ['no replica is known to be behind', 'No'];
	// 40 MB/s, acknowledged a second ago: 40 MB that it does not lack.
	assert.deepEqual(says(replicasAt(900e6, 860e6), 40e6), known);
	assert.deepEqual(says(replicasAt(900e6, 860e6), 0), ['1 replica has not read what was written', 'Look']);
	assert.deepEqual(says(replicasAt(900e6, 700e6), 40e6), ['1 replica has not read what was written', 'Look']);
	assert.deepEqual(says(replicasAt(900e6, 700e6), 40e6, true), known);
	assert.deepEqual(says(replicasAt(900e6, 899e6), 40e6), ['no replica is behind now', 'No']);
	assert.deepEqual(says(replicasAt(900e6, 899e6), 40e6, true), ['no replica is behind now', 'No']);
});

test('a few deleted objects may be large: what is data is told with them, and a scan that finds all in keys is believed', () => {
	const few = filled('redis-7.0.15/data.txt', { lazyfreePendingObjects: 4 });
	assert.equal(diagnose(few)?.cause, 'data');
	assert.match(
		highMemory.inShort!(few)!.why,
		/It is data: .* 4 deleted objects in it are not freed yet, and how large is not told: judge again/,
	);
	const many = filled('redis-7.0.15/data.txt', { lazyfreePendingObjects: 300_000 });
	const scan = (totalBytes: number) => scanOf([], [], { scanned: 30_000, of: 30_000, totalBytes });
	assert.equal(diagnose({ ...many, scan: scan(90e6) })?.cause, 'data');
	assert.equal(diagnose({ ...many, scan: scan(9e6) })?.cause, 'lazyfree');
});

test('copy-on-write of a save that runs is a matter for the host, and only while it runs', () => {
	const more = { maxmemoryBytes: 4e9, currentCowBytes: 90e6, isSaving: true };
	const saving = filled('redis-7.0.15/data.txt', more);
	assert.equal(diagnose(saving)?.cause, 'copy-on-write');
	assert.match(highMemory.inShort!(saving)!.why, /copy-on-write.*evicts nothing/);
	assert.equal(diagnose(filled('redis-7.0.15/data.txt', { ...more, isSaving: false }))?.cause, 'none');
});

test('redis-top’s own connections are nobody’s cause and are not offered to be cut', () => {
	const input = filled('redis-7.0.15/query.txt');
	const own = (input.clients ?? []).map(client => ({ ...client, name: 'redis-top' }));
	const offered = offeredIn({ ...input, clients: own });
	assert.ok(![...offered].some(id => id.startsWith('client-kill')), [...offered].join(' '));
});
