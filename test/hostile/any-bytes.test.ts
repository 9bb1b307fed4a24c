// Any bytes in any reply: parsing, the state, findings, events and every way of drawing take them without throwing, and
// what is drawn is printable and no wider than its screen. Half of what is tried is nearly right, so that it gets
// further than the first check of the first parser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { displayWidth } from '../../source/core/text/printable.ts';
import { defaultLimits } from '../../source/core/thresholds.ts';
import type { Reading, Reply } from '../../source/core/types.ts';
import { batchText } from '../../source/output/batch.ts';
import { farewell } from '../../source/output/farewell.ts';
import { jsonOf } from '../../source/output/json.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { columnSetNames } from '../../source/view/columns.ts';
import { frameOf } from '../../source/view/frame.ts';
import { often } from '../lane.ts';
import { now, stateOf } from '../view/build-state.ts';
import { hostile, unexpectedIn } from './texts.ts';

const bytes = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array).toString('latin1')),
	},
	{ weight: 2, arbitrary: fc.constantFrom(...hostile.slice(0, -1), 'x'.repeat(5000)) },
	{ weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const number = fc.oneof(
	fc.nat().map(String),
	fc.constantFrom('-1', '0', '18446744073709551615', '1e999', 'NaN', '', '0x10', '9007199254740993', '-0.5'),
);
const word = fc.oneof({ weight: 2, arbitrary: number }, { weight: 1, arbitrary: bytes });

const infoNames = [
	...['role', 'run_id', 'redis_mode', 'cluster_enabled', 'used_memory', 'used_memory_rss', 'maxmemory'],
	...['maxmemory_policy', 'connected_clients', 'maxclients', 'uptime_in_seconds', 'keyspace_hits', 'loading'],
	...[
		'keyspace_misses',
		'total_commands_processed',
		'evicted_keys',
		'master_host',
		'master_port',
		'db0',
		'slave0',
	],
	...['master_link_status', 'server_time_usec', 'mem_fragmentation_ratio', 'errorstat_OOM', 'redis_version'],
	...['loading_loaded_perc', 'loading_eta_seconds', 'rdb_last_bgsave_status', 'used_cpu_user_main_thread'],
	...[
		'allocator_active',
		'allocator_resident',
		'allocator_allocated',
		'master_repl_offset',
		'slave_repl_offset',
	],
	...['repl_backlog_size', 'latest_fork_usec', 'rejected_connections', 'blocked_clients', 'cmdstat_info'],
];
const infoValue = fc.oneof(
	word,
	fc.constantFrom('master', 'slave', 'cluster', 'sentinel', 'up', 'down', '1', 'err', 'volatile-lru'),
	fc
		.tuple(word, word)
		.map(([a, b]) => `keys=${a},expires=${b},ip=${a},port=6379,state=online,offset=${b},lag=${a}`),
);
const infoText = fc
	.array(fc.tuple(fc.oneof(fc.constantFrom(...infoNames), bytes), infoValue), { maxLength: 40 })
	.map(lines => lines.map(([name, value]) => `${name}:${value}\r\n`).join(''));

const id = fc.constantFrom('a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40), '-', 'zz');
const peerLine = fc
	.tuple(
		id,
		fc.oneof(fc.constantFrom('127.0.0.1:7000@17000', ':0@0', '[::1]:7@8,host'), bytes),
		fc.oneof(
			fc.constantFrom('myself,master', 'master', 'slave', 'master,fail?', 'slave,fail', 'handshake'),
			bytes,
		),
		id,
		word,
		word,
		number,
		fc.constantFrom('connected', 'disconnected', 'x'),
		fc.oneof(fc.constantFrom('0-16383', '5', '16383-0', '99999', '[7->-b]', '[7-<-a] 0-3'), bytes),
	)
	.map(fields => fields.join(' '));
const nodesText = fc
	.array(fc.oneof({ weight: 4, arbitrary: peerLine }, { weight: 1, arbitrary: bytes }), { maxLength: 6 })
	.map(lines => lines.join('\n'));

const anyReply: fc.Arbitrary<Reply> = fc.letrec<{ reply: Reply }>(tie => ({
	reply: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		bytes,
		fc.integer(),
		fc.constant(null),
		bytes.map(text => ({ error: text })),
		fc.array(tie('reply'), { maxLength: 8 }),
	),
})).reply;
const pairs = (names: readonly string[]) =>
	fc.array(fc.tuple(fc.constantFrom(...names), word), { maxLength: 8 }).map(list => list.flat());
const masters = fc.array(
	pairs(['name', 'ip', 'port', 'flags', 'quorum', 'config-epoch', 'runid', 'num-slaves']),
	{ maxLength: 3 },
);
const slowlog = fc.array(
	fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.array(bytes, { maxLength: 4 }), bytes, bytes),
	{ maxLength: 4 },
);
const errors = fc
	.tuple(fc.constantFrom('ERR', 'NOPERM', 'BUSY', 'LOADING', 'NOAUTH', 'MASTERDOWN', ''), bytes)
	.map(([code, text]) => ({ error: `${code} ${text}` }));

const or = <T extends Reply>(likely: fc.Arbitrary<T>): fc.Arbitrary<Reply> =>
	fc.oneof(
		{ weight: 5, arbitrary: likely },
		{ weight: 1, arbitrary: errors },
		{ weight: 1, arbitrary: anyReply },
	);

const reading = (at: number): fc.Arbitrary<Reading> =>
	fc
		.record({
			info: or(infoText),
			nodes: or(nodesText),
			cluster: or(infoText),
			commands: or(infoText),
			masters: or(masters),
			slowlog: or(slowlog),
			config: or(pairs(['maxclients', 'cluster-node-timeout', 'repl-backlog-size', 'save'])),
			name: bytes,
			peers: or(masters),
		})
		.map(each => ({
			node: '127.0.0.1:7000',
			at,
			clock: at,
			pingMilliseconds: 1,
			replies: [
				['info', each.info],
				['info commandstats', each.commands],
				['cluster info', each.cluster],
				['cluster nodes', each.nodes],
				['sentinel masters', each.masters],
				[`sentinel replicas ${each.name}`, each.peers],
				[`sentinel ckquorum ${each.name}`, each.peers],
				['slowlog get 16', each.slowlog],
				['config get maxclients', each.config],
			],
			refused: [],
			own: { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} },
		}));

const moments = [now, now + 1000, now + 2000];

test('any bytes in any reply: nothing throws, and what is drawn is printable and fits', () => {
	fc.assert(
		fc.property(
			fc.tuple(...moments.map(reading)) as fc.Arbitrary<readonly Reading[]>,
			fc.constantFrom([140, 40], [80, 24], [40, 10]),
			fc.constantFrom(...columnSetNames),
			(readings, [columns, rows], columnSet) => {
				let state: State = {
					...stateOf([]),
					fleets: [newFleetTrack(0, '127.0.0.1:7000', ['127.0.0.1:7000'], now)],
					limits: defaultLimits,
					size: { columns: columns!, rows: rows! },
					columnSet,
				};
				for (const each of readings) {
					const samples = [sampleOf(each)];
					const message = {
						type: 'round',
						at: each.at,
						fleet: 0,
						samples,
						isExtra: false,
						isSettled: true,
					} as const;
					[state] = update(state, message);
					const frame = frameOf(state);
					for (const line of frame) {
						assert.equal(unexpectedIn(line), undefined);
						const width = displayWidth(line.replaceAll(/\x1b\[[\d;]*m/g, ''));
						assert.ok(width <= columns!, `${width} cells in ${columns}`);
					}
					assert.equal(frame.length, rows);
					assert.equal(unexpectedIn(batchText(state, { refresh: 1 })), undefined);
					for (const { now: fleet } of state.fleets)
						assert.equal(unexpectedIn(JSON.stringify(jsonOf(fleet, 1, fleet.events))), undefined);
					assert.equal(unexpectedIn(farewell(state, now, each.at)), undefined);
				}
			},
		),
		{ numRuns: Number(process.env.HOSTILE_RUNS ?? often(60, 200)), includeErrorInReport: true },
	);
});
