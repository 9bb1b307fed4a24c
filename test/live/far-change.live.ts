// A change over a far line, whose every answer takes 1.3 s: the question is read again and again and stays open, the
// node that the offer rests on is read as well, and what was agreed to is sent.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { changeNow } from '../../source/state/runbook-runs.ts';
import type { ChangePrompt, State } from '../../source/state/state.ts';
import { startDelay } from '../big-keys/delay.ts';
import { plainDial } from '../big-keys/scan.ts';
import { startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { watchFleet } from './watch-fleet.ts';

const tripMilliseconds = 1300;
const megabyte = 1024 * 1024;
const begun: (() => unknown)[] = [];
after(async () => {
	for (const end of begun.reverse()) await end();
});

const promptIn = (state: State): ChangePrompt | undefined =>
	state.prompt?.kind === 'change' ? state.prompt : undefined;

/** Each of them far, under its own address. */
async function farDial(nodes: readonly RunningServer[]) {
	const nat = new Map<string, string>();
	for (const { address, port } of nodes) {
		const line = await startDelay(port, tripMilliseconds / 2);
		begun.push(() => line.close());
		nat.set(address, `127.0.0.1:${line.port}`);
	}
	return { ...plainDial, connectTimeoutMilliseconds: 5000, nat };
}

for (const server of await testServers('redis'))
	test(`${server.name} ${server.version}: the replica first, then its primary`, async () => {
		// With a backlog of 10 MB, as Valkey 8.1 has it, that would be the cause.
		const config = {
			...{ save: '', maxmemory: '20mb', 'maxmemory-policy': 'noeviction' },
			'repl-backlog-size': '1mb',
		};
		const pair = await startPair(server, { config });
		begun.push(() => pair.stop());
		const { primary, replica, nodes } = pair;
		const set = () =>
			primary.call('SET', `k:${Math.random()}`, 'x'.repeat(50_000), 'EX', '5000').then(
				() => false,
				() => true,
			);
		await until(set, { what: 'it is full', every: 0 });
		const watched = watchFleet(primary, {
			state: { isChangesAllowed: true },
			engine: { dials: new Map([[0, await farDial(nodes)]]) },
		});
		begun.push(() => watched.stop());
		const { state, press } = watched;
		const areUp = () => watched.fleet().now.fleet.nodes.filter(({ health }) => health === 'up').length === 2;
		await until(areUp, { what: 'both are watched', timeout: 30_000 });
		press('6', 'right', 'right', 'right', 'right');

		for (const [entry, node] of [
			[`raise-maxmemory-replica ${replica.address}`, replica],
			['raise-maxmemory', primary],
		] as const) {
			const isSelected = () => {
				for (let step = 0; step < 9; step++) press('up');
				for (let step = 0; step < 9 && changeNow(state())?.id !== entry; step++) press('down');
				return changeNow(state())?.id === entry && changeNow(state())?.isOffered === true;
			};
			await until(isSelected, { what: () => `${entry} is offered\n${watched.screen()}`, timeout: 30_000 });
			press('x');
			const open = promptIn(state());
			assert.ok(open, state().toast?.text);
			const seen = new Set<number>();
			const isReadOften = () => {
				const now = promptIn(state());
				assert.equal(now?.closed, undefined);
				if (now?.live?.text.match(/^(primary|replica), up$/)) seen.add(now.live.at);
				return seen.size >= 3;
			};
			await until(isReadOften, { what: () => `read three times: ${watched.screen()}`, timeout: 30_000 });
			press(...open.change.node, 'enter');
			const made = () => state().changes?.find(({ change }) => change.id === open.change.id);
			await until(() => promptIn(state())?.closed ?? made()?.reply, {
				what: () => `it is answered: ${watched.screen()}`,
				timeout: 30_000,
			});
			assert.equal(promptIn(state())?.closed, undefined);
			const [, , , value] = open.change.command;
			const [, now] = (await node.call('CONFIG', 'GET', 'maxmemory')) as string[];
			assert.equal(now, value);
			assert.ok(Number(now) > 20 * megabyte);
		}
	});
