// The scans beside the best that redis-cli can do, on its newest version: with `--count 1000`, where it asks for as many keys
// at a time as we do. Whole processes, in turn, the medians of three.

import { startDelay } from '../big-keys/delay.ts';
import { fillMixed } from '../big-keys/fill.ts';
import { getServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { program } from '../terminal/built.ts';
import { faster, median, type Part, type Row, times } from './table.ts';
import { type Taken, takenBy } from './whole-process.ts';

const million = 1_000_000;
const rounds = 3;

type Compared = { readonly ours: readonly Taken[]; readonly cli: readonly Taken[] };

const ours = (port: number, ...args: readonly string[]) =>
	takenBy([process.execPath, program, '--no-discover', '-p', String(port), '--rate', '0', '--json', ...args]);

const cli = (node: RunningServer, port: number, ...args: readonly string[]) =>
	takenBy([node.server.cli, '-p', String(port), ...args]);

async function compared(own: () => Promise<Taken>, other: () => Promise<Taken>): Promise<Compared> {
	const [mine, theirs]: [Taken[], Taken[]] = [[], []];
	for (let round = 0; round < rounds; round++) {
		mine.push(await own());
		theirs.push(await other());
	}
	return { ours: mine, cli: theirs };
}

const of = (all: readonly Taken[], figure: Exclude<keyof Taken, 'out'>) =>
	median(all.map(one => one[figure]));

function timeRow(what: string, { ours, cli }: Compared): Row {
	const [mine, theirs] = [of(ours, 'seconds'), of(cli, 'seconds')];
	return [what, `${mine.toFixed(2)} s`, `${theirs.toFixed(2)} s`, faster(mine, theirs)];
}

function cpuRow(what: string, { ours, cli }: Compared): Row {
	const [mine, theirs] = [of(ours, 'cpuSeconds'), of(cli, 'cpuSeconds')];
	return [what, `${mine.toFixed(2)} s`, `${theirs.toFixed(2)} s`, times(mine, theirs)];
}

function memoryRow(what: string, { ours, cli }: Compared): Row {
	const text = (all: readonly Taken[]) => `${(of(all, 'peakBytes') / 2 ** 20).toFixed(0)} MB`;
	return [what, text(ours), text(cli), ''];
}

async function withNewest(
	keys: number,
	act: (node: RunningServer) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
	const [server] = await getServers(['redis-experimental']);
	const node = await startServer(server!, { config: { 'maxmemory-policy': 'allkeys-lfu' } });
	try {
		await fillMixed(node, keys);
		return await act(node);
	} finally {
		await node.stop();
	}
}

const inMillion: Part = {
	name: 'scan-best',
	title: '1,000,000 keys on Redis 8.6, --rate 0, whole process, beside its own redis-cli with --count 1000',
	run: () =>
		withNewest(million, async node => {
			const best = ['--count', '1000'];
			const sizes = await compared(
				() => ours(node.port, '--bigkeys'),
				() => cli(node, node.port, '--memkeys', ...best),
			);
			const plain = await cli(node, node.port, '--memkeys');
			const hot = await compared(
				() => ours(node.port, '--hotkeys'),
				() => cli(node, node.port, '--hotkeys', ...best),
			);
			return [
				timeRow('--bigkeys, beside --memkeys --count 1000', sizes),
				timeRow('--bigkeys, beside plain --memkeys', { ours: sizes.ours, cli: [plain] }),
				cpuRow('own CPU of --bigkeys, beside --memkeys --count 1000', sizes),
				memoryRow('most memory of --bigkeys', sizes),
				timeRow('--hotkeys, beside --hotkeys --count 1000', hot),
				cpuRow('own CPU of --hotkeys, beside --hotkeys --count 1000', hot),
			];
		}),
};

const farAway: Part = {
	name: 'scan-best-far',
	title: '20,000 keys on Redis 8.6 behind 5 ms each way, beside its own redis-cli with --count 1000',
	run: () =>
		withNewest(20_000, async node => {
			const delay = await startDelay(node.port, 5);
			try {
				const sizes = await compared(
					() => ours(delay.port, '--bigkeys'),
					() => cli(node, delay.port, '--memkeys', '--count', '1000'),
				);
				return [timeRow('--bigkeys, beside --memkeys --count 1000', sizes)];
			} finally {
				delay.close();
			}
		}),
};

export const bestScanParts: readonly Part[] = [inMillion, farAway];
