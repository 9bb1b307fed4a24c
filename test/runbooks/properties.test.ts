// Whatever an input holds, no check throws, no text moves a terminal, and no command has a word that a server chose. The
// inputs are drawn field by field: absurd numbers, missing figures, names made to do harm.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseKeysizes } from '../../source/core/parse/keysizes.ts';
import { parseInfo } from '../../source/core/parse/parse-info.ts';
import { pairsOf } from '../../source/core/reply.ts';
import type { Info, NodeTrack, RedisNode } from '../../source/core/types.ts';
import { auditFleet, configAudit } from '../../source/runbooks/config-audit.ts';
import { highMemory } from '../../source/runbooks/high-memory.ts';
import { auditReport, runReport, runSteps } from '../../source/runbooks/report.ts';
import type { Change, RunbookInput } from '../../source/runbooks/runbook.ts';
import { fleetOf, ratesOf, trackOf, tracksOf } from '../core/build.ts';
import { captureReply, captureText, versions } from '../core/captures.ts';
import { hostile, unexpectedIn } from '../hostile/texts.ts';
import { often } from '../lane.ts';
import {
	defaultConfig,
	eatenByClient,
	fragmentedNode,
	fullOfData,
	historyOf,
	inputOf,
	patternOf,
	scanOf,
	start,
	unboundedHash,
} from './build.ts';

const name = fc.oneof(
	fc.constantFrom(...hostile.slice(0, -1), '`', '', '__proto__', 'constructor', 'x'.repeat(5000)),
	fc.uint8Array({ maxLength: 30 }).map(bytes => Buffer.from(bytes).toString('latin1')),
	fc.string({ maxLength: 10, unit: 'binary' }),
);
/** What parsing lets through: whole, and safe to count with. */
const figure = fc.oneof(
	{ weight: 3, arbitrary: fc.nat() },
	{ weight: 3, arbitrary: fc.maxSafeNat() },
	{ weight: 1, arbitrary: fc.constantFrom(0, 1, 1024, Number.MAX_SAFE_INTEGER) },
);
const absurd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0.1, 1e308];
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const figureNames = [
	...[
		'usedMemoryBytes',
		'rssBytes',
		'peakBytes',
		'datasetBytes',
		'maxmemoryBytes',
		'systemMemoryBytes',
		'startupBytes',
	],
	...[
		'notCountedForEvictBytes',
		'allocatedBytes',
		'activeBytes',
		'residentBytes',
		'clientsNormalBytes',
		'fragmentationRatio',
	],
	...[
		'backlogMemoryBytes',
		'clientsReplicasBytes',
		'lastSaveCowBytes',
		'aofSizeBytes',
		'lazyfreePendingObjects',
		'backlogBytes',
	],
	...[
		'maxClients',
		'connectedClients',
		'connectedReplicas',
		'lastSaveAt',
		'changesSinceSave',
		'replicaPriority',
		'uptimeSeconds',
	],
] as const;
const policy = fc.oneof(fc.constantFrom('noeviction', 'allkeys-lru', 'volatile-lru', 'volatile-ttl'), name);
const info: fc.Arbitrary<Info> = fc
	.tuple(
		fc.dictionary(fc.constantFrom(...figureNames), figure),
		fc.record({
			maxmemoryPolicy: maybe(policy),
			version: maybe(fc.oneof(fc.constantFrom('7.0.15', '5.0.1', '99.1.1'), name)),
			server: maybe(fc.constantFrom('redis' as const, 'valkey' as const)),
			lastSaveStatus: maybe(fc.constantFrom('ok', 'err')),
			isAofEnabled: maybe(fc.boolean()),
			errors: maybe(fc.record({ OOM: figure })),
			databases: maybe(
				fc.array(fc.record({ db: fc.nat(20), keys: figure, expires: figure, avgTtlMilliseconds: figure }), {
					maxLength: 3,
				}),
			),
		}),
	)
	.map(([figures, texts]) => ({ ...figures, ...texts }));

const config = fc.dictionary(
	fc.oneof(fc.constantFrom(...Object.keys(defaultConfig)), name),
	fc.oneof(
		fc.constantFrom(...Object.values(defaultConfig), '0', '-1', 'no', 'yes', '999999999999999999'),
		name,
	),
);
const rates = fc.record({
	seconds: fc.constant(1),
	oomErrors: maybe(figure),
	expired: maybe(figure),
	replicationBytes: maybe(figure),
	delayedFsyncs: maybe(figure),
});
const interval = fc.record({
	at: fc.constantFrom(start, start - 5000),
	seconds: fc.constantFrom(0, 1, 2),
	hits: figure,
	misses: figure,
	evicted: figure,
	expired: figure,
});
const client = fc.record({
	id: fc.oneof(fc.nat(), fc.constantFrom(0, -1, Number.NaN)),
	host: fc.oneof(fc.constantFrom('10.0.0.1', '::1'), name),
	port: maybe(fc.nat(65_535)),
	name: maybe(name),
	kind: fc.constantFrom('normal', 'pubsub', 'monitor', 'replica', 'primary'),
	flags: fc.constant('N'),
	isBlocked: fc.boolean(),
	outputBytes: figure,
	totalBytes: maybe(figure),
	command: maybe(name),
	ageSeconds: maybe(figure),
});
const key = fc.record({
	key: name,
	node: name,
	db: fc.nat(3),
	bytes: figure,
	type: maybe(name),
	items: maybe(figure),
	ttlSeconds: maybe(fc.option(figure)),
});
const pattern = fc.record({
	pattern: name,
	keys: figure,
	bytes: figure,
	keysWithoutTtl: maybe(figure),
	bytesWithoutTtl: maybe(figure),
	estimated: fc.boolean(),
	margin: maybe(figure),
});
const scan = fc
	.tuple(
		fc.array(key, { maxLength: 3 }),
		fc.array(pattern, { maxLength: 3 }),
		figure,
		fc.boolean(),
		name,
		figure,
	)
	.map(([keys, patterns, at, complete, text, scanned]) =>
		scanOf(
			keys.map(({ ttlSeconds, ...rest }) => ({ ...rest, ...(ttlSeconds !== undefined && { ttlSeconds }) })),
			patterns.length > 0 ? patterns : [patternOf(text, 1, 1)],
			{
				at,
				complete,
				scanned,
				notes: [
					{ kind: 'told', text },
					{ kind: 'went-on', node: text, keys: scanned, why: text, at: text },
					{ kind: 'overcounted', key: text, bytes: scanned },
				],
				partial: complete ? [] : [{ node: text, reason: text, scanned }],
			},
		),
	);
const history = fc.array(fc.oneof(figure, fc.constant(Number.NaN)), { maxLength: 40 }).map(historyOf);
const refusal = fc.record({
	command: fc.constantFrom('info', 'config get', 'client list', 'scan', 'memory usage'),
	why: fc.constantFrom('no-permission' as const, 'unknown-command' as const),
	word: name,
});
const extra = fc.record({
	allocator: maybe(fc.oneof(fc.constant('jemalloc-5.3.0'), name)),
	configFile: maybe(name),
	expiredStaleShare: maybe(figure),
	expiryCapsPerSecond: maybe(figure),
	memoryLimitBytes: maybe(figure),
	retainedSince: maybe(figure),
	isPasswordless: maybe(fc.boolean()),
});

const input: fc.Arbitrary<RunbookInput> = fc
	.record({
		addresses: fc.array(
			fc.oneof(fc.constantFrom('10.0.0.1:6379', '[::1]:7', 'unix:/x', '127.0.0.1:1'), name),
			{ minLength: 1, maxLength: 3 },
		),
		infos: fc.array(info, { minLength: 3, maxLength: 3 }),
		config,
		rates: maybe(rates),
		intervals: fc.array(interval, { maxLength: 5 }),
		hits: history,
		lookups: history,
		used: maybe(history),
		clients: maybe(fc.array(client, { maxLength: 4 })),
		keysizes: maybe(fc.oneof(name, fc.constant('db0_distrib_hashes_items:1=1,999G=3')).map(parseKeysizes)),
		details: maybe(
			fc.record({
				...{ lastAofCowBytes: maybe(figure), functionsBytes: maybe(figure) },
				...{ channels: maybe(figure), trackedKeys: maybe(figure), awaitedKeys: maybe(figure) },
				...{ evalScriptsBytes: maybe(figure) },
			}),
		),
		scan: maybe(scan),
		earlierScan: maybe(scan),
		refused: fc.array(refusal, { maxLength: 2 }),
		extra: maybe(extra),
		role: maybe(fc.constantFrom('primary' as const, 'replica' as const)),
		health: fc.constantFrom('up' as const, 'stale' as const, 'down' as const),
		mode: fc.constantFrom('standalone' as const, 'cluster' as const, 'sentinel' as const),
		finding: name,
		at: maybe(fc.oneof(fc.constant(start), figure)),
		hasTrack: fc.boolean(),
	})
	.map(drawn => {
		const addresses = [...new Set(drawn.addresses)];
		const tracks = new Map(
			addresses.map((address, index): [string, NodeTrack] => {
				const track = trackOf(
					address,
					{},
					{
						config: drawn.config,
						intervals: drawn.intervals,
						hits: drawn.hits,
						lookups: drawn.lookups,
						refused: drawn.refused,
						...(drawn.rates && { rates: drawn.rates }),
					},
				);
				const named = { ...drawn.infos[index], role: drawn.role };
				return [address, { ...track, lastGood: { ...track.lastGood!, info: named as Info } }];
			}),
		);
		const rows = Object.fromEntries(
			addresses.map((address, index): [string, Partial<RedisNode>] => [
				address,
				{
					role: index === 0 ? drawn.role : 'replica',
					health: drawn.health,
					primary: index === 0 ? undefined : addresses[0],
					shard: 1,
					slots: index === 0 ? [[0, 1]] : [],
					...(drawn.health === 'down' && { error: { reason: 'other', text: drawn.finding } }),
				} as Partial<RedisNode>,
			]),
		);
		const fleet = fleetOf(tracks, { mode: drawn.mode, name: drawn.finding }, rows);
		return {
			node: fleet.nodes[0]!,
			...(drawn.hasTrack && { track: tracks.get(addresses[0]!)!, tracks, fleet }),
			extras: new Map(addresses.map(address => [address, drawn.extra ?? {}])),
			findings: [
				{ id: drawn.finding, severity: 'warn', node: addresses[0]!, since: start, text: drawn.finding },
			],
			usedHistory: drawn.used,
			clients: drawn.clients,
			keysizes: drawn.keysizes,
			details: drawn.details,
			scan: drawn.scan,
			earlierScan: drawn.earlierScan,
			at: drawn.at,
		} as RunbookInput;
	});

const constantWords = new Set([
	...['CONFIG', 'SET', 'REWRITE', 'MEMORY', 'PURGE', 'CLIENT', 'KILL', 'ID', 'ADDR', 'BGREWRITEAOF'],
	...['maxmemory', 'maxmemory-policy', 'activedefrag', 'yes', 'no', 'client-output-buffer-limit'],
	...[
		'SCRIPT',
		'FLUSH',
		'ASYNC',
		'maxmemory-clients',
		'client-query-buffer-limit',
		'tracking-table-max-keys',
	],
	...['noeviction', 'volatile-ttl', 'volatile-lru', 'allkeys-lru'],
]);
const shaped =
	/^\d{1,19}$|^normal \d+ \d+ \d+$|^(?:\d{1,3}\.){3}\d{1,3}:\d{1,5}$|^\[[0-9a-fA-F:.]+(?:%[0-9A-Za-z]+)?\]:\d{1,5}$|^\[?\/[0-9A-Za-z_./-]+:0(?:\]:0)?$/;

function assertWords(change: Change): void {
	for (const word of [...change.command, ...(change.undo ?? [])])
		assert.ok(constantWords.has(word) || shaped.test(word), `${change.id}: ${JSON.stringify(word)}`);
}

function assertSafe(text: string): void {
	assert.equal(unexpectedIn(text), undefined);
}

/** All texts of a value, keys left out. The node of a change and those it needs are addresses to compare, not to show. */
function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	if (Array.isArray(value)) return value.flatMap(textsIn);
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([field, inner]) =>
		/^(node|needs|restsOn)$/.test(field) ? [] : textsIn(inner),
	);
}

const runbooks = [highMemory, configAudit];
const stepIds = new Set(runbooks.flatMap(({ steps }) => steps.map(({ id }) => id)));

test('no step throws, no text holds a control byte, no command a word of the server', () => {
	fc.assert(
		fc.property(input, drawn => {
			for (const { verdict, changes } of runbooks.flatMap(runbook => runSteps(runbook, drawn, start))) {
				for (const text of textsIn([verdict, changes])) {
					assertSafe(text);
					assert.doesNotMatch(text, /\bNaN\b|\bundefined\b|Infinity|\[object/);
				}
				for (const change of changes) assertWords(change);
				assert.ok(verdict.goTo === undefined || stepIds.has(verdict.goTo), verdict.goTo);
			}
		}),
		{ numRuns: often(100, 400) },
	);
});

test('a report of anything is lines that are safe', () => {
	fc.assert(
		fc.property(input, drawn => {
			for (const runbook of runbooks) {
				const steps = runSteps(runbook, drawn, start);
				const run = {
					runbook,
					fleetName: drawn.fleet?.name ?? '',
					node: drawn.node.address,
					startedAt: start,
					endedAt: drawn.at ?? 0,
					writtenBy: 'redis-top',
					steps,
					changesMade: steps.flatMap(({ changes }) =>
						changes.map(change => ({ change, at: start, reply: drawn.node.address })),
					),
					findings: drawn.findings ?? [],
				};
				for (const line of runReport(run).split('\n')) assertSafe(line);
			}
			if (!drawn.fleet || !drawn.tracks) return;
			const lines = auditFleet({
				fleet: drawn.fleet,
				tracks: drawn.tracks,
				...(drawn.extras && { extras: drawn.extras }),
			});
			const report = auditReport({ fleetName: 'x', at: start, writtenBy: 'redis-top', nodeCount: 1, lines });
			for (const line of report.split('\n')) assertSafe(line);
		}),
		{ numRuns: often(80, 200) },
	);
});

test('figures that no server sends do not make it throw either', () => {
	fc.assert(
		fc.property(input, fc.constantFrom(...absurd), fc.constantFrom(...figureNames), (drawn, value, field) => {
			const track = drawn.track;
			if (!track) return;
			const info = { ...track.lastGood?.info, [field]: value };
			const bent = { ...drawn, at: value, track: { ...track, lastGood: { ...track.lastGood!, info } } };
			for (const runbook of runbooks)
				for (const text of textsIn(runSteps(runbook, bent, value))) assertSafe(text);
		}),
		{ numRuns: often(80, 200) },
	);
});

test('a kind that holds nothing is no cause, whatever the limit is', () => {
	for (const maxmemoryBytes of [Number.NEGATIVE_INFINITY, -1, 0, Number.NaN]) {
		const { track, ...whole } = inputOf();
		const lastGood = { ...track!.lastGood!, info: { usedMemoryBytes: 0, maxmemoryBytes } };
		const bent = { ...whole, track: { ...track!, lastGood }, clients: undefined };
		for (const text of textsIn(runSteps(highMemory, bent, start))) assertSafe(text);
	}
});

test('whatever figure of an incident is missing, the steps go on', () => {
	for (const whole of [unboundedHash(), eatenByClient(), fragmentedNode(), fullOfData(), inputOf()]) {
		const known = whole.track!.lastGood!.info!;
		for (const field of Object.keys(known)) {
			const track = {
				...whole.track!,
				lastGood: { ...whole.track!.lastGood!, info: { ...known, [field]: undefined } },
			};
			for (const step of highMemory.steps) {
				const texts = textsIn([step.check({ ...whole, track }), step.changes?.({ ...whole, track }) ?? []]);
				for (const text of texts)
					assert.doesNotMatch(text, /NaN|undefined|Infinity/, `${step.id} without ${field}`);
			}
		}
	}
});

test('what INFO of any server tells is taken as it comes', () => {
	const track = inputOf().track!;
	const empty = { ...track, lastGood: { ...track.lastGood!, info: parseInfo('') } };
	for (const step of highMemory.steps)
		assert.equal(step.check({ ...inputOf(), track: empty }).answer, 'unknown', step.id);
});

for (const version of versions) {
	test(`${version}: real replies leave no step without an answer but the one that needs a scan, and no topic`, () => {
		const info = parseInfo(captureText(`${version}/standalone/info-all.txt`));
		const config = Object.fromEntries(pairsOf(captureReply(`${version}/standalone/config-get.resp2`)));
		const track = { ...trackOf('10.0.0.1:7100', {}, { config, rates: ratesOf({}) }) };
		const real = { ...track, lastGood: { ...track.lastGood!, info } };
		const tracks = tracksOf(real);
		const fleet = fleetOf(tracks);
		const drawn = { node: fleet.nodes[0]!, tracks, fleet, at: start };
		const answers = runSteps(highMemory, drawn, start).map(({ step, verdict }) => [step.id, verdict.answer]);
		assert.deepEqual(
			answers.filter(([, answer]) => answer === 'unknown'),
			[['large-keys', 'unknown']],
		);
		const lines = auditFleet({ fleet, tracks });
		assert.deepEqual(
			lines.filter(({ severity }) => severity === 'unknown'),
			[],
		);
		assert.ok(lines.length >= 20, String(lines.length));
	});
}
