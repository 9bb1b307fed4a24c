// What is asked for: on every node at once the rung that wants asking, MONITOR or a HOTKEYS session of our own, and one
// result of them all when the last has ended. It ends early by a word; what was counted until then is the result.
// Whether it may begin, and what is shown meanwhile, is the caller's.

import { noUse } from '../../core/fleet/own-use.ts';
import type { EndWhy } from '../../core/keys/hot-facts.ts';
import { joinResults } from '../../core/keys/hot-join.ts';
import type { HotKeysResult } from '../../core/keys/hot-keys.ts';
import { type FleetFacts, mergeTallies } from '../../core/keys/hot-keys-merge.ts';
import { askedRung, type HotKeysMethod } from '../../core/keys/hot-ladder.ts';
import { resultOfSessions, type SessionSeen } from '../../core/keys/hot-sessions.ts';
import type { MonitorTally } from '../../core/keys/monitor-tally.ts';
import { sessionSeconds } from '../../core/keys/rungs/hotkeys.ts';
import { monitorLimits } from '../../core/thresholds.ts';
import type { Address, OwnUse } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import type { Call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { type MonitorLimits, type MonitorWindow, openMonitorWindow } from './monitor-window.ts';
import type { NodeWatch } from './node-watch.ts';

export type SamplingOptions = {
	readonly dial: DialSettings;
	readonly top: number;
	/** Smaller than the full ones. */
	readonly limits?: Partial<MonitorLimits>;
	/** For what to do about a key. */
	readonly fleet: FleetFacts;
	readonly ownClients?: (node: Address) => Iterable<string>;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

export type Sampling = {
	readonly since: number;
	/** What it looks by, of each node. */
	readonly methods: readonly HotKeysMethod[];
	readonly mostSeconds: number;
	readonly mostCommands: number;
	progress(): { readonly commands: number; readonly bytes: number };
	/** What it did on the nodes so far. */
	own(): ReadonlyMap<Address, OwnUse>;
	stop(): void;
	/** Undefined where no node could be asked. Never rejects. */
	readonly result: Promise<HotKeysResult | undefined>;
};

/** Starts at once, on all nodes that have something to ask for. */
export function openSampling(nodes: readonly NodeWatch[], options: SamplingOptions): Sampling {
	const rungOf = (node: NodeWatch) => {
		const ladder = node.ladder();
		return ladder && askedRung(ladder);
	};
	const monitored = nodes.filter(node => rungOf(node) === 'monitor');
	const tracked = nodes.filter(node => rungOf(node) === 'hotkeys');
	const own = new Map<Address, OwnUse>();
	const open = new Map<NodeWatch, MonitorWindow>();
	for (const node of monitored) {
		const { target, link } = node;
		open.set(
			node,
			openMonitorWindow(target, {
				...{ dial: options.dial, limits: options.limits, onSent: options.onSent },
				ownClients: () => [...link.names(), ...(options.ownClients?.(target.address) ?? [])],
			}),
		);
	}
	const windows = [...open.values()];
	const sessions = tracked.map(node => ({ node, session: node.startSession(), at: timeNow() }));

	async function monitor(): Promise<HotKeysResult | undefined> {
		const parts = await Promise.all(
			[...open].map(async ([node, window]) => {
				const tally = await window.result;
				open.delete(node);
				own.set(node.target.address, tally.own);
				if (tally.node.endedBy === 'refused') node.refuseMonitor(refusalLine(tally));
				return { target: node.target, tally };
			}),
		);
		if (parts.length === 0) return undefined;
		return mergeTallies(parts, options.top, options.fleet);
	}

	async function track(): Promise<HotKeysResult | undefined> {
		const ends = await Promise.all(
			sessions.map(async ({ node, session, at }) => ({ node, at, end: await session.result })),
		);
		const seen = ends.flatMap(({ node, at, end }): SessionSeen[] =>
			end.session
				? [
						{
							...{ target: node.target, at, seconds: end.session.seconds },
							...{ endedBy: end.endedBy, session: end.session, earlier: end.earlier },
						},
					]
				: [],
		);
		const failed = ends.filter(({ end }) => !end.session);
		if (ends.length === 0) return undefined;
		const result = resultOfSessions(seen, options.top);
		const lost = failed.map(({ node, end }) => ({
			...{ node: node.target.address, method: 'hotkeys' as const, seconds: 0, commands: 0, bytes: 0 },
			...{ endedBy: end.endedBy, why: end.why ?? errorWhy(end.error) },
		}));
		return { ...result, at: ends[0]!.at, nodes: [...result.nodes, ...lost] };
	}

	const methods = [...monitored.map(() => 'monitor' as const), ...tracked.map(() => 'hotkeys' as const)];
	const seconds = (options.limits?.milliseconds ?? monitorLimits.milliseconds) / 1000;
	return {
		since: timeNow(),
		methods,
		mostSeconds: Math.max(monitored.length > 0 ? seconds : 0, tracked.length > 0 ? sessionSeconds : 0),
		mostCommands: (options.limits?.commands ?? monitorLimits.commands) * monitored.length,
		progress() {
			const all = windows.map(window => window.progress());
			return {
				commands: all.reduce((sum, { commands }) => sum + commands, 0),
				bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
			};
		},
		own() {
			const now = new Map(own);
			for (const [node, window] of open)
				now.set(node.target.address, { ...noUse, outputBytes: window.progress().bytes });
			return now;
		},
		stop() {
			for (const window of windows) window.stop();
			for (const { session } of sessions) session.stop();
		},
		result: Promise.all([monitor(), track()]).then(results =>
			joinResults(
				results.filter(result => result !== undefined),
				options.top,
			),
		),
	};
}

/** The server's own, else what its connection said. */
function refusalLine({ refusal, node: { why } }: MonitorTally): string {
	const text = why && 'text' in why ? why.text : undefined;
	return refusal ?? text ?? 'MONITOR was refused';
}

const errorWhy = (error: string | undefined): EndWhy | undefined =>
	error === undefined ? undefined : { kind: 'error', text: error };
