// `--demo`: a real cluster on this machine, traffic on it, and a story that is played on it. The rest of the program
// watches it as it watches any other fleet, from the seeds given here. Whatever ends the demo, nothing of it stays.
// Where there is no server to start (find-server.ts), the recording is played instead; that is not done here.

import { setTimeout as pause } from 'node:timers/promises';
import { type DemoCluster, startDemoCluster } from './cluster.ts';
import type { FoundServer } from './find-server.ts';
import { calm, type Scenario, type ScenarioName, type Step, scenarios } from './scenario.ts';
import { dyingShard } from './shop.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export type DemoOptions = {
	readonly scenario: ScenarioName;
	readonly server: FoundServer;
	/** False: `onOver` is called at its end, and only the traffic goes on. */
	readonly repeats: boolean;
	readonly onOver?: () => void;
	/** Of calm before the scenario begins. */
	readonly calmSeconds?: number;
	/** The story sets a marker. */
	readonly onMarker?: (text: string) => void;
	/** Something of the story did not come about. One line. */
	readonly onProblem?: (text: string) => void;
};

export type Demo = {
	/** Addresses of the primaries at the start. */
	readonly seeds: readonly string[];
	readonly stop: () => Promise<void>;
	/** For a hook that cannot wait. */
	readonly stopNow: () => void;
};

/** Ready when it serves and has traffic; the scenario begins then. Rejects with one line, and nothing stays. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
	const cluster = await startDemoCluster(options.server);
	const ending = new AbortController();
	let traffic: Traffic | undefined;
	const halt = () => {
		process.off('exit', stopNow);
		ending.abort();
		traffic?.stop();
	};
	const stopNow = () => {
		halt();
		cluster.stopNow();
	};
	const stop = () => {
		halt();
		return cluster.stop();
	};
	process.on('exit', stopNow);
	try {
		traffic = await startTraffic(cluster, calm);
	} catch (thrown) {
		await stop();
		throw thrown;
	}
	void play(options, cluster, traffic, ending.signal);
	return { seeds: cluster.nodes.slice(0, 3).map(node => node.address), stop, stopNow };
}

async function play(
	{ scenario, repeats, onOver, calmSeconds = 0, onMarker, onProblem }: DemoOptions,
	cluster: DemoCluster,
	traffic: Traffic,
	signal: AbortSignal,
): Promise<void> {
	const { steps, seconds }: Scenario = scenarios[scenario];
	// From step to step and not from the start: after a ^Z the rest does not happen all at once.
	const wait = (from: number, to: number) => pause((to - from) * 1000, undefined, { signal });
	try {
		await wait(0, calmSeconds);
		do {
			let at = 0;
			for (const step of steps) {
				await wait(at, step.at);
				at = step.at;
				if (step.marker !== undefined) onMarker?.(step.marker);
				await act(step, cluster, traffic).catch(thrown => {
					if (!signal.aborted) onProblem?.(`demo: ${(thrown as Error).message}`);
				});
			}
			await wait(at, seconds);
		} while (repeats);
		onOver?.();
	} catch (thrown) {
		if (!signal.aborted) throw thrown;
	}
}

async function act({ mix, act }: Step, cluster: DemoCluster, traffic: Traffic): Promise<void> {
	if (mix) traffic.setMix(mix);
	if (act === 'tidy') traffic.tidy();
	if (act === 'revive') for (const node of cluster.nodes) node.start();
	if (act !== 'kill') return;
	const port = (await cluster.primaryPorts())[dyingShard];
	if (port === undefined) throw new Error('no primary to kill');
	await cluster.nodes.find(node => node.port === port)!.kill();
}
