// Whoever serves clients and is not measured is never passed over with "no findings": it may be frozen, full or gone.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { batchText } from '../../source/output/batch.ts';
import { jsonOf } from '../../source/output/json.ts';
import type { Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { withoutCodes } from '../view/frame-files.ts';
import { type Answer, clusterAnswer, infoText, type Played, playFleet, sentinelEntry } from './play-fleet.ts';

const [here, there] = ['10.0.0.1:6379', '10.9.0.1:6379'];
const allow = ['10.0.0.1'];
const id = (letter: string) => letter.repeat(40);
const peer = (letter: string, place: string, flags: string, slots: string, primary = '-') =>
	`${id(letter)} ${place}@1 ${flags} ${primary} 0 0 1 connected ${slots}`.trimEnd();

const told = (fields: Parameters<typeof infoText>[0], more: Record<string, string> = {}): Answer => ({
	replies: { info: infoText({ run_id: 'here', ...fields }), ...more },
});
const linked = { role: 'slave', master_link_status: 'up', master_last_io_seconds_ago: 1 };
const replica = told({ ...linked, master_host: '10.9.0.1', master_port: 6379 });
const master = sentinelEntry({
	...{ name: 'm', ip: '10.9.0.1', port: 6379, flags: 'master', quorum: 1, 'config-epoch': 0 },
	'last-ok-ping-reply': 100,
});
const sentinel: Answer = {
	replies: {
		info: infoText({ redis_mode: 'sentinel', run_id: 's' }),
		'sentinel masters': [master],
		'sentinel replicas m': [
			sentinelEntry({ name: here, ip: '10.0.0.1', port: 6379, flags: 'slave', 'last-ok-ping-reply': 100 }),
		],
		'sentinel ckquorum m': 'OK 1 usable Sentinels',
	},
};
const ownerOf = (mine: string, theirs: string): Answer =>
	clusterAnswer('here', [
		peer('a', here, 'myself,master', mine),
		peer('b', there, 'master', theirs),
		peer('c', '10.9.0.2:6379', 'slave', '', id('a')),
		peer('d', '10.9.0.3:6379', 'slave', '', id('b')),
	]);

function screen(state: State, ...keys: readonly Key[]): string {
	const next = update(state, { type: 'keys', at: state.at, keys })[0];
	return frameOf(next).map(withoutCodes).join('\n');
}

const leftOut: Readonly<Record<string, () => Played>> = {
	'the primary of a replica': () =>
		playFleet([here], node => (node === here ? replica : undefined), { allow }),
	'the primary that the Sentinels watch': () =>
		playFleet(
			['10.0.0.1:26379'],
			node => (node === here ? replica : node === '10.0.0.1:26379' ? sentinel : undefined),
			{ allow },
		),
	'an owner of slots': () =>
		playFleet([here], node => (node === here ? ownerOf('0-8191', '8192-16383') : undefined), { allow }),
};

describe('left out of allow', () => {
	for (const [name, begin] of Object.entries(leftOut))
		test(`${name}: every screen and output says that it is not measured`, () => {
			const played = begin();
			played.play(1);
			assert.doesNotMatch(screen(played.state()), /no findings/, 'from the first reading on');
			played.play(3);
			const text = 'not measured (not dialled: not in allow)';
			const found = played.findings().filter(each => / (not-reached|unreachable) /.test(each));
			assert.deepEqual(found, [`warn not-reached ${there}: ${text}`]);
			const state = { ...played.state(), cursor: there };
			for (const size of [
				{ columns: 80, rows: 24 },
				{ columns: 140, rows: 40 },
			]) {
				assert.ok(screen({ ...state, size }).includes(`! ${text}`));
				assert.ok(screen({ ...state, size }, '3').includes(`${text}`), screen({ ...state, size }, '3'));
				const node = screen({ ...state, size }, '2');
				assert.ok(node.includes('not dialled: not in allow'), node);
				assert.doesNotMatch(node, /no findings/);
			}
			assert.match(batchText(state, { refresh: 1 }), /^! {2}not-reached 10\.9\.0\.1:6379 not measured/m);
			const json = JSON.stringify(jsonOf(played.fleet().now, 1, []));
			assert.ok(json.includes(`"id":"not-reached","severity":"warn","node":"${there}"`));
			const { code, text: checked } = played.check();
			assert.equal(code, 3);
			assert.match(checked, /^UNKNOWN .*10\.9\.0\.1:6379: (- )?not dialled: not in allow/);
			assert.doesNotMatch(checked, /WARNING not-reached/, 'said once');
		});

	test('a replica is left out as the operator wants: no finding, also in a cluster', () => {
		const owner = playFleet([here], node => (node === here ? ownerOf('0-16383', '') : undefined), { allow });
		owner.play(4);
		assert.deepEqual(
			owner.findings().filter(each => !each.includes('no-replica')),
			[],
		);
		const slave0 = 'ip=10.9.0.1,port=6379,state=online,offset=5,lag=0';
		const primary = told({ connected_slaves: 1, slave0, master_repl_offset: 5 });
		const pair = playFleet([here], node => (node === here ? primary : undefined), { allow });
		pair.play(4);
		assert.deepEqual(pair.findings(), []);
		assert.match(screen(pair.state()), /^no findings/m);
	});
});

describe('left out of allow, and lost for those who are asked', () => {
	const lost = 'its peers do not hear from it (not dialled: not in allow)';
	const slave = (flags: string) => sentinelEntry({ name: there, ip: '10.9.0.1', port: 6379, flags });
	const watching: (flags: string) => Answer = flags => ({
		replies: {
			info: infoText({ redis_mode: 'sentinel', run_id: 's' }),
			'sentinel masters': [
				sentinelEntry({ name: 'm', ip: '10.0.0.1', port: 6379, flags: 'master', quorum: 1 }),
			],
			'sentinel replicas m': [slave(flags)],
			'sentinel sentinels m': [
				sentinelEntry({ name: 'z', ip: '10.9.0.9', port: 26379, flags: flags.replace('slave', 'sentinel') }),
			],
			'sentinel ckquorum m': 'OK 1 usable Sentinels',
		},
	});
	const listing = (state: string, lag: number): Answer =>
		told({ connected_slaves: 1, slave0: `ip=10.9.0.1,port=6379,state=${state},offset=5,lag=${lag}` });
	const owner = (flags: string): Answer =>
		clusterAnswer('here', [
			peer('a', here, 'myself,master', '0-16383'),
			peer('b', there, flags, '', id('a')),
		]);
	const cases: readonly (readonly [string, Answer, readonly string[]])[] = [
		['a replica of a cluster', owner('slave,fail'), [there]],
		['a replica of a cluster that is well', owner('slave'), []],
		['a replica that its primary lists and does not hear from', listing('online', 12), [there]],
		['a replica in step', listing('online', 0), []],
		['a replica that syncs', listing('wait_bgsave', 0), []],
		['a replica and a Sentinel of Sentinels', watching('slave,s_down'), [there, '10.9.0.9:26379']],
		['a replica and a Sentinel of Sentinels that are well', watching('slave'), []],
	];
	for (const [name, answer, expected] of cases)
		test(name, () => {
			const seed = name.includes('of Sentinels') ? '10.0.0.1:26379' : here;
			const played = playFleet([seed], node => (node === seed ? answer : told({})), { allow });
			played.play(4);
			const found = played.findings().filter(each => / (not-reached|unreachable) /.test(each));
			assert.deepEqual(
				found,
				expected.map(node => `warn not-reached ${node}: ${lost}`),
			);
			assert.ok(
				expected.length === 0 || played.check().text.includes(`WARNING not-reached ${there}: ${lost}`),
			);
		});
});

test('a node that has not been read yet, and one that knows no INFO, is named where nothing else is found', () => {
	const late = playFleet([here, there], node => (node === here ? told({}) : { replies: {} }));
	late.play(1);
	assert.match(screen(late.state()), /^not measured: 10\.9\.0\.1 {3}no reading yet/m);
	assert.match(
		batchText(late.state(), { refresh: 1 }),
		/^ {3}not measured 10\.9\.0\.1:6379 no reading yet$/m,
	);
	const error = { reason: 'unknown-info', text: 'does not know INFO' } as const;
	const proxied = playFleet([[here], [there]], node => (node === here ? told({}) : { error }));
	proxied.play(3);
	assert.match(screen(proxied.state()), /^not measured: 10\.9\.0\.1 {3}does not know INFO/m);
});

test('Sentinels that watch no primary are not "no reading yet": there is nothing to read', () => {
	const replies = { info: infoText({ redis_mode: 'sentinel', run_id: 's' }), 'sentinel masters': [] };
	const played = playFleet(['10.0.0.1:26379'], () => ({ replies }));
	played.play(3);
	assert.match(screen(played.state()), /^not measured: the Sentinels watch no primary/m);
});
