// The fields of INFO that only the node screen needs, on every captured version, and any text at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInfo, parseInfoDetails } from '../../../source/core/parse/parse-info.ts';
import { often } from '../../lane.ts';
import { captures, captureText } from '../captures.ts';
import { nodeText, nodeVersions } from '../node-captures.ts';

/** The number that stands behind a name in INFO, the long way. */
const numberIn = (text: string, name: string): number | undefined => {
	const found = new RegExp(`^${name}:(\\d+)\\r?$`, 'm').exec(text)?.[1];
	return found === undefined ? undefined : Number(found);
};

const names = {
	backlogHeldBytes: 'repl_backlog_histlen',
	backlogFirstOffset: 'repl_backlog_first_byte_offset',
	replicaReadOffset: 'slave_read_repl_offset',
	syncTotalBytes: 'master_sync_total_bytes',
	syncReadBytes: 'master_sync_read_bytes',
	syncLeftBytes: 'master_sync_left_bytes',
	syncLastIoSeconds: 'master_sync_last_io_seconds_ago',
	replicasWaiting: 'replicas_waiting_psync',
	savingSeconds: 'rdb_current_bgsave_time_sec',
	savedKeys: 'current_save_keys_processed',
	keysToSave: 'current_save_keys_total',
	cowPeakBytes: 'current_cow_peak',
	cowAgeSeconds: 'current_cow_size_age',
	aofRewriteSeconds: 'aof_current_rewrite_time_sec',
	lastAofRewriteSeconds: 'aof_last_rewrite_time_sec',
	lastAofCowBytes: 'aof_last_cow_size',
	aofPendingFsyncs: 'aof_pending_bio_fsync',
	scriptTextsBytes: 'used_memory_scripts',
	interpretersBytes: 'used_memory_vm_total',
	forks: 'total_forks',
	evictionExceededNowMilliseconds: 'current_eviction_exceeded_time',
	commandLoopMicroseconds: 'eventloop_duration_cmd_sum',
} as const;

test('every number of every captured INFO is the number that stands there', () => {
	const paths = captures(/node\/(replica-)?info-.*\.resp2$|standalone\/(replica-)?info-everything\.txt$/);
	assert.ok(paths.length > 30);
	const seen = new Set<string>();
	for (const path of paths) {
		const text = captureText(path);
		const told = { ...parseInfo(text), ...parseInfoDetails(text) };
		for (const [field, name] of Object.entries(names)) {
			const value = told[field as keyof typeof names];
			assert.equal(value, numberIn(text, name), `${path} ${name}`);
			if (value !== undefined) seen.add(field);
		}
	}
	assert.deepEqual(
		Object.keys(names).filter(field => !seen.has(field)),
		['aofRewriteSeconds', 'lastAofRewriteSeconds'],
		'no AOF rewrite is among them',
	);
});

test('flags and the id of an earlier history', () => {
	for (const version of nodeVersions) {
		const details = parseInfoDetails(nodeText(version, 'info', 1));
		assert.equal(details.isBacklogActive, true);
		assert.equal(parseInfo(nodeText(version, 'info', 1)).isAofRewriteScheduled, false);
		const { previousReplicationId } = parseInfo(nodeText(version, 'info', 1));
		assert.equal(previousReplicationId, undefined, 'forty zeros are none');
	}
	const id = 'ab12'.repeat(10);
	const read = (line: string) => parseInfo(`x:1\r\n${line}\r\ny:2`).previousReplicationId;
	assert.equal(read(`master_replid2:${id}`), id);
	for (const bad of [id.slice(1), `${id}0`, id.toUpperCase(), `\x1b[2J${id.slice(4)}`])
		assert.equal(read(`master_replid2:${bad}`), undefined);
});

test('never throws, whatever the text', () => {
	const name = fc.constantFrom(...Object.values(names), 'repl_backlog_active', 'master_replid2', '__proto__');
	const line = fc.tuple(name, fc.oneof(fc.nat().map(String), fc.string({ unit: 'binary' })));
	const nearly = fc.array(line).map(lines => lines.map(pair => pair.join(':')).join('\n'));
	fc.assert(
		fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), text => {
			for (const value of Object.values(parseInfoDetails(text)))
				assert.ok(value === undefined || typeof value !== 'number' || value >= 0, 'nothing negative');
		}),
		{ numRuns: often(100, 500) },
	);
});
