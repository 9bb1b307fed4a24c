// Who has left, and who is merely not named because those who could are silent.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, clusterAnswer, infoText, playFleet, sentinelEntry } from './play-fleet.ts';

const letters = ['a', 'b', 'c', 'd'] as const;
type Letter = (typeof letters)[number];
const id = (letter: Letter) => letter.repeat(40);
const place = (letter: Letter) => `10.0.0.${letters.indexOf(letter) + 1}:7000`;
const letterAt = (address: string) => letters.find(letter => place(letter) === address)!;
const slots = { a: '0-5460', b: '5461-10922', c: '10923-16383', d: '' };

/** The view of one of them that has these in it. */
function viewOf(me: Letter, members: readonly Letter[] = letters, owned = slots): Answer {
	const lines = members.map(letter => {
		const flags = letter === me ? 'myself,master' : 'master';
		return `${id(letter)} ${place(letter)}@17000 ${flags} - 0 0 1 connected ${owned[letter]}`.trimEnd();
	});
	return clusterAnswer(`r${me}`, lines);
}

const whole = (address: string) => viewOf(letterAt(address));
const unreachable = (found: readonly string[]) =>
	found.filter(each => each.startsWith('crit unreachable')).length;
const gone = (rows: readonly string[]) => rows.filter(row => row.endsWith(' gone'));

describe('a cluster', () => {
	const started = () => {
		const played = playFleet([place('a')], whole);
		played.play(4);
		assert.equal(played.rows().length, 4);
		return played;
	};

	for (const last of ['a', 'b'] as const)
		test(`${last} has not answered yet when the others are closed: nobody has left`, () => {
			const played = started();
			played.play(6, address => (letterAt(address) === last ? 'late' : undefined));
			assert.deepEqual(gone(played.rows()), []);
			played.play(6, () => undefined);
			assert.deepEqual(gone(played.rows()), []);
			assert.equal(unreachable(played.findings()), 4, played.findings().join('\n'));
			played.play(3, whole);
			assert.equal(unreachable(played.findings()), 0);
		});

	test('one that was reset says nothing of the others, which are silent', () => {
		const played = started();
		played.play(6, address =>
			letterAt(address) === 'b' ? viewOf('b', ['b'], { ...slots, b: '' }) : undefined,
		);
		assert.deepEqual(gone(played.rows()), []);
		assert.equal(unreachable(played.findings()), 3, played.findings().join('\n'));
	});

	test('one that is forgotten by all has left, dead or alive, and is unwatched', () => {
		for (const isAlive of [true, false]) {
			const played = started();
			played.play(6, address => {
				const me = letterAt(address);
				if (me === 'd') return isAlive ? viewOf('d', ['d']) : undefined;
				return viewOf(me, ['a', 'b', 'c']);
			});
			assert.deepEqual(gone(played.rows()), [`${place('d')} primary gone`]);
			assert.ok(!played.dialled.has(place('d')));
			assert.ok(played.events().includes(`node-gone ${place('d')}: left the cluster`));
		}
	});

	test('two that are forgotten and ended at the same time have left', () => {
		const played = started();
		played.play(1, address => {
			const me = letterAt(address);
			return me === 'a' || me === 'b' ? viewOf(me, ['a', 'b']) : whole(address);
		});
		assert.deepEqual(gone(played.rows()), []);
		played.play(4, address => {
			const me = letterAt(address);
			return me === 'a' || me === 'b' ? viewOf(me, ['a', 'b']) : undefined;
		});
		assert.equal(gone(played.rows()).length, 2, played.rows().join('\n'));
	});

	test('what was taken out while nobody answered has left when the others are back without it', () => {
		const played = started();
		played.play(4, () => undefined);
		assert.equal(unreachable(played.findings()), 4);
		played.play(4, address => {
			const me = letterAt(address);
			return me === 'd' ? undefined : viewOf(me, ['a', 'b', 'c']);
		});
		assert.deepEqual(gone(played.rows()), [`${place('d')} primary gone`]);
	});

	test('a cluster that was made anew at other addresses: the nodes of the old one have left', () => {
		const played = started();
		const [e, f] = ['e'.repeat(40), 'f'.repeat(40)];
		const lineOf = (node: string, at: string, flags: string, owned: string) =>
			`${node} ${at}@17000 ${flags} - 0 0 1 connected ${owned}`;
		const other = '10.0.0.9:7000';
		played.play(2, address =>
			address === place('a') ? clusterAnswer('re', [lineOf(e, address, 'myself,master', '')]) : undefined,
		);
		assert.deepEqual(gone(played.rows()), []);
		const anew = (ofA: string, ofOther: string) => (address: string) => {
			if (address !== place('a') && address !== other) return undefined;
			const [atA, atOther] = address === other ? ['master', 'myself,master'] : ['myself,master', 'master'];
			const lines = [lineOf(e, place('a'), atA, ofA), lineOf(f, other, atOther, ofOther)];
			return clusterAnswer(address === other ? 'rf' : 're', lines);
		};
		played.play(6, anew('', ''));
		assert.deepEqual(
			gone(played.rows()),
			[],
			'two that have met and serve nothing are no cluster in its place',
		);
		assert.equal(unreachable(played.findings()), 3, played.findings().join('\n'));
		played.play(6, anew('0-8000', '8001-16383'));
		assert.equal(gone(played.rows()).length, 3, played.rows().join('\n'));
		assert.equal(unreachable(played.findings()), 0);
	});

	test('the last one with slots that forgot the others says so', () => {
		const played = started();
		played.play(6, address => (letterAt(address) === 'a' ? viewOf('a', ['a']) : undefined));
		assert.equal(gone(played.rows()).length, 3, played.rows().join('\n'));
	});

	test('most of them died and are forgotten by those that are left: the dead do not vouch for each other', () => {
		const played = playFleet([place('a')], whole);
		played.play(4);
		const dead = ['b', 'c', 'd'];
		played.play(6, address => (dead.includes(letterAt(address)) ? undefined : viewOf('a')));
		assert.deepEqual(gone(played.rows()), []);
		played.play(6, address => (dead.includes(letterAt(address)) ? undefined : viewOf('a', ['a'])));
		assert.equal(gone(played.rows()).length, 3, played.rows().join('\n'));
	});

	test('one that a single node forgot has not left when those who know it fall silent', () => {
		const played = started();
		const forgotten = (address: string) =>
			letterAt(address) === 'a' ? viewOf('a', ['a', 'b', 'c']) : whole(address);
		played.play(3, forgotten);
		played.play(6, address => (['b', 'c'].includes(letterAt(address)) ? undefined : forgotten(address)));
		assert.deepEqual(gone(played.rows()), []);
	});

	test('one that was dropped and met again has not left when the rest falls silent', () => {
		const played = started();
		played.play(1, address => (letterAt(address) === 'a' ? viewOf('a', ['a', 'b', 'c']) : whole(address)));
		played.play(2, whole);
		played.play(6, address => (letterAt(address) === 'd' ? 'late' : undefined));
		assert.deepEqual(gone(played.rows()), []);
	});
});

describe('Sentinels', () => {
	const [s1, s2, primary, replica] = ['10.1.0.1:26379', '10.1.0.2:26379', '10.1.0.3:6379', '10.1.0.4:6379'];
	const sentinel = (me: string, isWatching = true): Answer => ({
		replies: {
			info: infoText({ run_id: me, redis_mode: 'sentinel' }),
			'sentinel masters': isWatching ? [sentinelEntry({ name: 'm', ip: '10.1.0.3', port: '6379' })] : [],
			'sentinel replicas m': [sentinelEntry({ name: replica, ip: '10.1.0.4', port: '6379' })],
			'sentinel sentinels m': [
				sentinelEntry({ name: 'x', ip: me === s1 ? '10.1.0.2' : '10.1.0.1', port: '26379' }),
			],
		},
	});
	const whole = (address: string): Answer => {
		if (address === s1 || address === s2) return sentinel(address);
		const replication: Record<string, string | number> =
			address === primary
				? { role: 'master', connected_slaves: 1, slave0: 'ip=10.1.0.4,port=6379,state=online,offset=1,lag=0' }
				: { role: 'slave', master_host: '10.1.0.3', master_port: 6379, master_link_status: 'up' };
		return { replies: { info: infoText({ run_id: address, ...replication }) } };
	};

	for (const [name, seen] of [
		['has not answered yet', () => 'late' as const],
		['has lost its file', (address: string) => sentinel(address, false)],
	] as const)
		test(`a Sentinel ${name} when all others are closed: nobody has left`, () => {
			const played = playFleet([s1], whole);
			played.play(4);
			assert.equal(played.dialled.size, 4, [...played.dialled.keys()].join());
			played.play(12, address => (address === s2 ? seen(address) : undefined));
			assert.deepEqual(gone(played.rows()), []);
			assert.ok(![...played.fleet().tracks.values()].some(track => track.gone));
			assert.equal(unreachable(played.findings()), 3, played.findings().join('\n'));
		});

	test('a replica that is dead and that they were told to forget has left', () => {
		const played = playFleet([s1], whole);
		played.play(4);
		played.play(10, address => {
			const answer = whole(address);
			if (address === replica || !answer || 'error' in answer) return undefined;
			const { info } = answer.replies;
			const withoutReplica = { ...answer.replies, 'sentinel replicas m': [] };
			return address === primary
				? { replies: { info: String(info).replace(/connected_slaves[\s\S]*/, 'connected_slaves:0') } }
				: { replies: withoutReplica };
		});
		assert.deepEqual(gone(played.rows()), [`${replica} replica gone`]);
	});
});
