// A second pair of eyes on a real cluster: every node asked for its CLUSTER NODES and CLUSTER INFO about every 30 ms, on
// connections of the test's own, and read with nothing of the program's. What it saw first, and when, is what the
// program's story is held against.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunningServer } from '../servers/start.ts';

const everyMilliseconds = 30;

type Look = {
	readonly at: number;
	readonly node: RunningServer;
	/** The words of each line of CLUSTER NODES. */
	readonly peers: readonly (readonly string[])[];
	readonly isFail: boolean;
};

export type ClusterEye = {
	/** The first look from `since` on for which this holds. */
	readonly first: (since: number, holds: (look: Look) => unknown) => number | undefined;
	readonly stop: () => Promise<void>;
};

export function startEye(nodes: readonly RunningServer[]): ClusterEye {
	const looks: Look[] = [];
	let isStopped = false;
	const loops = nodes.map(async node => {
		while (!isStopped) {
			const look = await lookAt(node);
			if (look) looks.push(look);
			await pause(everyMilliseconds);
		}
	});
	return {
		first: (since, holds) =>
			looks
				.filter(look => look.at >= since && holds(look))
				.reduce<number | undefined>((best, { at }) => Math.min(best ?? at, at), undefined),
		async stop() {
			isStopped = true;
			await Promise.all(loops);
		},
	};
}

/** Undefined of a node that does not answer. */
async function lookAt(node: RunningServer): Promise<Look | undefined> {
	try {
		const [text, info] = await Promise.all([node.call('CLUSTER', 'NODES'), node.call('CLUSTER', 'INFO')]);
		const peers = String(text)
			.trimEnd()
			.split('\n')
			.map(line => line.split(' '));
		return { at: Date.now(), node, peers, isFail: /cluster_state:fail/.test(String(info)) };
	} catch {
		return undefined;
	}
}

const lineOf = ({ peers }: Look, id: string) => peers.find(words => words[0] === id);
const myself = ({ peers }: Look) => peers.find(words => /(^|,)myself(,|$)/.test(words[2]!));

/** What a look says of the node with this id. */
export const hasLostLink = (id: string) => (look: Look) => lineOf(look, id)?.[7] === 'disconnected';
export const suspects = (id: string) => (look: Look) => lineOf(look, id)?.[2]?.includes('fail?');
export const callsFailed = (id: string) => (look: Look) => /(^|,)fail(,|$)/.test(lineOf(look, id)?.[2] ?? '');
export const isPrimary = (node: RunningServer) => (look: Look) =>
	look.node === node && /master/.test(myself(look)?.[2] ?? '') && (myself(look)?.length ?? 0) > 8;
export const serves = (node: RunningServer) => (look: Look) => isPrimary(node)(look) && !look.isFail;
export const isReplica = (node: RunningServer) => (look: Look) =>
	look.node === node && /slave/.test(myself(look)?.[2] ?? '');
