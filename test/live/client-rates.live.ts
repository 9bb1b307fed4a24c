// What each client did, of the second list over the first, held against loads that are known to the byte: 10, 1,000 and
// 5,000 clients, each of which sends as many commands as it was told and waits for all answers. However the lists fall,
// what they tell together is what was sent; and the time between two of them is bounded by when they were asked for and
// came, on any machine. Where a server counts nothing for its clients (before Valkey 8, Redis 8.6) nothing is claimed.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { manyClients } from '../../source/core/node/client-groups.ts';
import type { ClientLoads } from '../../source/core/node/client-load.ts';
import type { Client } from '../../source/core/parse/parse-client-list.ts';
import { bytes } from '../../source/core/text/quantity.ts';
import type { State } from '../../source/state/state.ts';
import { nodeFacts } from '../../source/view/screens/node/facts.ts';
import { perSecond } from '../../source/view/screens/node/words.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const encoded = (...words: readonly string[]) =>
	`*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`;

const large = 'x'.repeat(20_000);
const largeReply = `$${large.length}\r\n${large}\r\n`;
/** Three kinds of work: few large replies, some large requests, many short commands. */
const works = [
	{ name: 'reports', request: encoded('GET', 'large'), reply: largeReply, times: 40 },
	{ name: 'writer', request: encoded('SET', 'other', 'y'.repeat(3000)), reply: '+OK\r\n', times: 150 },
	{ name: 'app', request: encoded('GET', 'none'), reply: '$-1\r\n', times: 400 },
] as const;
/** Of all the others: a few commands each. */
const calm = { name: 'calm', request: encoded('GET', 'none'), reply: '$-1\r\n', times: 3 } as const;

type Worker = {
	readonly work: (typeof works)[number] | typeof calm;
	readonly socket: Socket;
	/** Sends all and waits for the last byte of the answers. */
	readonly run: () => Promise<void>;
};

async function startWorker({ port }: RunningServer, index: number): Promise<Worker> {
	const work = works[index] ?? calm;
	const socket = connect({ port, host: '127.0.0.1', noDelay: true });
	await once(socket, 'connect');
	let [wanted, onAll] = [0, () => {}];
	socket.on('data', (chunk: Buffer) => {
		wanted -= chunk.length;
		if (wanted <= 0) onAll();
	});
	const ask = (text: string, length: number) =>
		new Promise<void>((resolve, reject) => {
			[wanted, onAll] = [length, resolve];
			socket.once('close', () => reject(new Error(`${work.name} was closed`)));
			socket.write(text);
		});
	await ask(encoded('CLIENT', 'SETNAME', `${work.name}`), '+OK\r\n'.length);
	return {
		...{ work, socket },
		run: () => ask(work.request.repeat(work.times), work.reply.length * work.times),
	};
}

/** A list, what was told of it, and when (ms) it came. */
type Seen = {
	readonly list: readonly Client[];
	readonly loads: ClientLoads | undefined;
	readonly at: number;
};

/** All lists that come, in their order. */
function seenLists() {
	const seen: Seen[] = [];
	const onState = (state: State) => {
		const close = state.screen === 'node' ? nodeFacts(state)?.close : undefined;
		const list = close?.clients?.list;
		if (!list || seen.at(-1)?.list === list) return;
		seen.push({ list, loads: close.clientLoads, at: performance.now() });
	};
	return { seen, onState };
}

/** The next list that was asked for after now: over a thousand clients by hand. When it was, ms. */
async function nextList(watched: WatchedFleet, seen: readonly Seen[], clients: number): Promise<number> {
	const asked = performance.now();
	if (clients < manyClients) {
		// The one that comes next may have been under way.
		const enough = seen.length + 2;
		await until(() => seen.length >= enough, { what: 'two more lists came', timeout: 30_000 });
		return asked;
	}
	const count = seen.length;
	await until(
		() => {
			if (seen.length === count) watched.press('s');
			return seen.length > count;
		},
		{ what: 'the list that was asked for came', timeout: 30_000, every: 300 },
	);
	return asked;
}

const text = (watched: WatchedFleet) => watched.screen().replace(/\x1b\[[0-9;]*m/g, '');

/** What the clients of a name did over all lists but the first. */
function doneBy(seen: readonly Seen[], name: string) {
	const done = { commands: 0, input: 0, output: 0 };
	for (const { list, loads } of seen.slice(1))
		for (const { id } of list.filter(client => client.name === name)) {
			const load = loads!.byId.get(id!)!;
			done.commands += load.commandsPerSecond * loads!.seconds;
			done.input += load.inputPerSecond * loads!.seconds;
			done.output += load.outputPerSecond * loads!.seconds;
		}
	return {
		commands: Math.round(done.commands),
		input: Math.round(done.input),
		output: Math.round(done.output),
	};
}

const sentBy = (workers: readonly Worker[], name: string) => {
	const all = workers.filter(({ work }) => work.name === name);
	const { request, reply, times } = all[0]!.work;
	const commands = all.length * times;
	return { commands, input: commands * request.length, output: commands * reply.length };
};

for (const server of await testServers('both'))
	for (const clients of [10, 1000, 5000])
		test(`${server.name} ${server.version}: ${clients} clients did what they were told`, async context => {
			const node = await startServer(server);
			await node.call('SET', 'large', large);
			const workers: Worker[] = [];
			const { seen, onState } = seenLists();
			const watched = watchFleet(node, { engine: { onState } });
			try {
				for (let from = 0; from < clients; from += 100)
					workers.push(
						...(await Promise.all(
							Array.from({ length: Math.min(100, clients - from) }, (_, index) =>
								startWorker(node, from + index),
							),
						)),
					);
				await until(() => (watched.fleet().now.fleet.nodes[0]?.connectedClients ?? 0) > clients, {
					what: 'all are counted',
				});
				watched.press('2');
				await until(() => nodeFacts(watched.state())?.info !== undefined, { what: 'the node is looked at' });
				while (!/^CLIENTS$/m.test(text(watched))) watched.press('tab');
				const askedFirst = await nextList(watched, seen, clients);
				const first = seen.at(-1)!;
				seen.splice(0, seen.length - 1);
				await Promise.all(workers.map(({ run }) => run()));
				const askedLast = await nextList(watched, seen, clients);
				const last = seen.at(-1)!;
				await tellsCost(node, clients, message => context.diagnostic(message));
				if (first.list.every(({ commandsRun }) => commandsRun === undefined)) {
					assert.equal(last.loads, undefined);
					assert.doesNotMatch(text(watched), /BUSIEST/);
					return;
				}
				for (const { name } of [...works, calm])
					assert.deepEqual(doneBy(seen, name), sentBy(workers, name), name);
				if (clients < manyClients) return;
				const { seconds, byId } = last.loads!;
				const [least, most] = [(askedLast - first.at) / 1000, (last.at - askedFirst) / 1000];
				assert.ok(least <= seconds && seconds <= most, `${least} <= ${seconds} <= ${most}`);
				for (const work of works) {
					const { id } = last.list.find(({ name }) => name === work.name)!;
					const load = byId.get(id!)!;
					const cells = [
						perSecond(load.commandsPerSecond),
						bytes(load.inputPerSecond),
						bytes(load.outputPerSecond),
					];
					assert.match(text(watched), new RegExp(`^ *127.* ${cells.join(' +')} .* ${work.name} *$`, 'm'));
				}
			} finally {
				for (const { socket } of workers) socket.destroy();
				await watched.stop();
				await node.stop();
			}
		});

/** What the lists cost the server, as it says. */
async function tellsCost(node: RunningServer, clients: number, tell: (text: string) => void): Promise<void> {
	const stats = await node.info('commandstats');
	const [, each] = /usec_per_call=([\d.]+)/.exec(stats['cmdstat_client|list'] ?? '') ?? [];
	if (each) tell(`a list of ${clients} clients took the server ${each} us`);
}
