// Text that a server, its clients or its peers may choose, made to do harm, in every place from which it can reach a
// screen: the real program in a terminal, as batch text and as JSON. The terminal sees the sequences of a calm
// redis-top and no other, the screen keeps its shape, and what a pipe gets holds no control byte.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { runOnce } from '../live/redis-top.ts';
import { array, type Behaviour, bulk, error, type Scripted, startScripted } from '../scale/scripted.ts';
import { until } from '../servers/until.ts';
import { openRedisTop } from '../terminal/terminal.ts';
import { asWord, hostile, unexpectedIn } from './texts.ts';

/** One hostile text in every field of INFO that is a text, in names of errors and commands, the slow log, the settings. */
function hostileData(text: string): Behaviour {
	const line = text.replaceAll(/[\r\n]/g, '_');
	const replies = {
		'slowlog get': array(
			array(':1\r\n', ':1795455830\r\n', ':50000\r\n', array(bulk(text), bulk(text)), bulk(text), bulk(text)),
		),
		'config get': array(bulk('maxclients'), bulk(text), bulk(text), bulk(text), bulk('save'), bulk(text)),
		'info commandstats': bulk(`# Commandstats\r\ncmdstat_${line}:calls=1,usec=1,usec_per_call=1\r\n`),
		'client no-evict': error(`NOPERM this user has no permissions to run the '${line}' command`),
	};
	const fields = ['redis_version', 'server_name', 'valkey_version', 'maxmemory_policy', 'availability_zone'];
	fields.push('rdb_last_bgsave_status', 'aof_last_write_status', 'paused_reason', 'os', line);
	const info = fields.map(name => `${name}:${line}\r\n`).join('');
	const replicas = `role:master\r\nconnected_slaves:1\r\nslave0:ip=${asWord(line)},port=6379,state=${asWord(line)},offset=1,lag=1\r\n`;
	return {
		replies,
		info: `${info}${replicas}errorstat_${line}:count=1\r\ndb0:keys=${line},expires=${line}\r\n`,
	};
}

/** A replica whose primary has the name. */
const hostileReplica = (text: string): Behaviour => ({
	info: `role:slave\r\nmaster_host:${text.replaceAll(/[\r\n]/g, '_')}\r\nmaster_port:6379\r\nmaster_link_status:down\r\n`,
});

/** Errors: for all it is asked, for INFO alone, and said before it hangs up. */
const hostileErrors = (text: string): readonly Behaviour[] => {
	const line = text.replaceAll(/[\r\n]/g, '_').slice(0, 100_000);
	return [
		{ replies: { '': error(`ERR ${line}`) } },
		{ replies: { info: error(`NOPERM User ${line} has no permissions to run the '${line}' command`) } },
		{ replies: { info: error(line) } },
		{ mode: 'close', greeting: error(`ERR ${line}`) },
	];
};

/** A cluster whose nodes have such addresses, host names, flags and ids, and a Sentinel with such names. */
function hostileCluster(port: number): Behaviour {
	const words = hostile.map(text => asWord(text).slice(0, 50_000));
	const lines = words.flatMap((word, index) => {
		const id = index.toString(16).padStart(40, '0');
		return [
			`${id} 127.0.0.1:${port + 1 + index}@1,${word} master - 0 1 ${index} connected ${index * 10}-${index * 10 + 9}`,
			`${id.replace('0', 'a')} ${word}:6379@16379,${word} slave,${word} ${id} 0 1 1 connected`,
			`${id.replace('0', 'b')} ${word}:0@0 master,fail? ${word} 0 1 1 ${word} [${index}->-${word}]`,
		];
	});
	const myself = `${'f'.repeat(40)} 127.0.0.1:${port}@1,${words[0]} myself,master - 0 1 9 connected 16000-16383`;
	return {
		info: 'cluster_enabled:1\r\nredis_mode:cluster\r\n',
		replies: {
			'cluster nodes': bulk(`${myself}\n${lines.join('\n')}\n`),
			'cluster info': bulk(`cluster_state:${words[0]}\r\ncluster_current_epoch:${words[1]}\r\n`),
		},
	};
}

function hostileSentinel(port: number): Behaviour {
	const master = (name: string) =>
		array(
			...['name', name, 'ip', '127.0.0.1', 'port', String(port), 'flags', `master,${name}`].map(bulk),
			...['quorum', '2', 'num-slaves', name, 'runid', name].map(bulk),
		);
	const peer = (name: string) =>
		array(...['name', name, 'ip', name, 'port', '6379', 'flags', name].map(bulk));
	return {
		info: 'redis_mode:sentinel\r\n',
		replies: {
			'sentinel masters': array(...hostile.map(text => master(text.slice(0, 2000)))),
			'sentinel replicas': array(...hostile.map(text => peer(text.slice(0, 2000)))),
			'sentinel sentinels': array(...hostile.map(text => peer(text.slice(0, 2000)))),
			'sentinel ckquorum': error(`NOQUORUM ${hostile[0]}`),
		},
	};
}

/** Every place, each on a node of its own. */
const places: readonly ((port: number) => Behaviour)[] = [
	...hostile.map(text => () => hostileData(text)),
	...hostile.slice(0, 4).map(text => () => hostileReplica(text)),
	...hostileErrors(hostile[0]!).map(behaviour => () => behaviour),
	...hostileErrors(hostile[4]!).map(behaviour => () => behaviour),
	...hostileErrors(hostile.at(-1)!).map(behaviour => () => behaviour),
	hostileCluster,
	hostileSentinel,
];

describe('hostile text', () => {
	let scripted: Scripted;
	before(async () => {
		scripted = await startScripted({ kind: 'standalone', nodes: places.length });
		await Promise.all(places.map((place, index) => scripted.tell([index], place(scripted.ports[index]!))));
	});
	after(() => scripted.stop());

	for (const size of [
		[140, 40],
		[60, 20],
	] as const)
		test(`on a terminal of ${size.join('x')}: no sequence of theirs, and the screen keeps its shape`, async () => {
			const terminal = openRedisTop(['-d', '0.25', ...scripted.addresses], { size });
			try {
				// Their texts are there, quoted; which of them are on a small screen is a matter of who answered first.
				await terminal.shows(/\\x1b\[2J|\\x1b\]0;|\\t\\b\\b/, { timeout: 20_000 });
				const holdsShape = () => {
					const lines = terminal.lines();
					// A line wider than the screen, or a line break in a name, would push the key bar off or down.
					return lines.length === size[1] && /^redis-top/.test(lines[0]!) && /\bquit\b/.test(lines.at(-1)!);
				};
				await terminal.shows(holdsShape);
				for (const keys of [
					'\t',
					'\t',
					'\t',
					'\t',
					'\t',
					'>',
					'R',
					'S',
					'n',
					'n',
					'G',
					'e',
					'e',
					'p',
					'[',
					'p',
					'z',
					'z',
				]) {
					terminal.type(keys);
					await terminal.shows(holdsShape);
				}
				for (let row = 0; row < places.length; row++) terminal.type('j');
				// Pasted by a user who was sent it.
				terminal.type('/\x1b[200~\x9b2J\u202e\x07\x1b[201~\r');
				await terminal.shows(holdsShape);
				terminal.type('\x1b?');
				await terminal.shows(/MOVE/);
				const before = terminal.copied.length;
				terminal.type('qq');
				await terminal.exit;
				assert.equal(before, 0, 'nothing is put into the clipboard unasked');
				const raw = Buffer.concat(terminal.received.map(({ bytes }) => bytes)).toString('utf8');
				assert.equal(unexpectedIn(raw), undefined);
			} finally {
				await terminal.stop();
			}
		});

	/** Two refreshes. On a busy machine it may be that nobody answers in time: then once more. */
	const printed = (form: string) =>
		until(
			async () => {
				const out = await runOnce([form, '-n', '2', '-d', '2', ...scripted.addresses]);
				if (out.code !== 0) throw new Error(`${out.code}: ${out.stderr}`);
				return out;
			},
			{ what: 'it prints' },
		);

	test('as batch text: no control byte, no line out of its place', async () => {
		const { stdout } = await printed('-b');
		assert.equal(unexpectedIn(stdout), undefined);
		assert.doesNotMatch(stdout, /\x1b/, 'no colour in a pipe either');
		assert.ok(Math.max(...stdout.split('\n').map(line => line.length)) < 5000, 'a name of 1 MB is cut');
	});

	test('as JSON: valid, a line each, no raw control byte', async () => {
		const { stdout } = await printed('--json');
		const lines = stdout.trimEnd().split('\n');
		assert.ok(lines.length >= places.length, `${lines.length} objects`);
		for (const line of lines) assert.equal(JSON.parse(line).version, 1);
		assert.equal(unexpectedIn(stdout), undefined);
	});

	test('what is looked for is found', () => {
		assert.equal(
			unexpectedIn('\x1b[31mred\x1b[0m\r\n\x1b[?25l\x1b[2;3H\x1b[2K'.replace('red', 'calm')),
			undefined,
		);
		// Wide letters and accents may be drawn; everything else of theirs may not.
		const never = hostile.filter(text => !/^(\xe6|e\xcc)/.test(text));
		assert.equal(never.length, hostile.length - 2);
		for (const text of never) {
			const decoded = Buffer.from(text, 'latin1').toString('utf8');
			assert.notEqual(unexpectedIn(decoded), undefined, JSON.stringify(text.slice(0, 40)));
		}
	});
});
