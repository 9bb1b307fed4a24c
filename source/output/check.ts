// --check: one line per finding, performance data behind a bar, then the exit code, as monitoring plugins do: 0 fine,
// 1 warning, 2 critical, 3 unknown. It judges by the same table as the screen, and ends when that has decided: at once
// when nothing is near a limit, else when what is past one has had its readings. What was not measured is never fine.

import { isHalfDone } from '../core/cluster/open-slots.ts';
import { untoldWords } from '../core/fleet/untold.ts';
import { isLeftOut } from '../core/text/node-trouble.ts';
import { printableText } from '../core/text/printable.ts';
import { count } from '../core/text/quantity.ts';
import { type Limits, limitOf, thresholds } from '../core/thresholds.ts';
import type { Finding, RedisNode } from '../core/types.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { eventsSince, jsonOf } from './json.ts';
import { performanceData } from './performance-data.ts';

/** A node that was just found needs two readings for its rates, and one may be late. */
const refreshesForRates = 3;

/** Refreshes after which a check ends whatever is pending: the longest hold, and the readings a median is made of. */
export const longestCheck = (limits: Limits) =>
	Math.max(...thresholds.map(({ id }) => limitOf(limits, id as never).hold)) +
	limits['ping-high'].extra.readings +
	refreshesForRates;

/** Everything that may be found now has been. */
export function isDecided(state: State): boolean {
	const most = longestCheck(state.limits);
	return state.fleets.every(({ rounds, pending, now, tracks, migrations }) => {
		if (rounds < 1) return false;
		// One that stands still is waited for until it answers or is said not to: what it told so far is one reading.
		const readings = ({ address }: RedisNode) => tracks.get(address)?.pings.length ?? refreshesForRates;
		const isWaiting = now.fleet.nodes.some(
			node => !isMeasured(node) && !node.error && Math.min(rounds, readings(node)) < refreshesForRates,
		);
		// Whether a slot was left open is known when the other end has had its time.
		const isOpening = isHalfDone(migrations.halves, now.fleet.at);
		return rounds >= most || (pending.length === 0 && !isWaiting && !isOpening);
	});
}

const statuses = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
export type CheckResult = { readonly text: string; readonly code: 0 | 1 | 2 | 3 };

/** The verdict over everything that was watched. `wasReached` is whether any node ever answered. */
export function checkResult(state: State, wasReached: boolean): CheckResult {
	const { lines, code } = verdictOf(state, wasReached);
	const [first, ...rest] = lines.map(line => printableText(line).replaceAll('|', '/'));
	return { text: [`${first} | ${performanceData(state)}`, ...rest].join('\n'), code };
}

/** The same as JSON: of each fleet the object that --json prints, with the verdict over all of them. */
export function checkJson(state: State, wasReached: boolean): CheckResult {
	const { lines, code } = verdictOf(state, wasReached);
	const verdict = { status: statuses[code], code, text: lines.map(line => printableText(line)).join('\n') };
	const objects = state.fleets.map(({ now }) => ({
		...jsonOf(now, state.delaySeconds, eventsSince()(now.events), undefined, state.clockOffset),
		check: verdict,
	}));
	return { text: objects.map(object => JSON.stringify(object)).join('\n'), code };
}

type Verdict = { readonly lines: readonly string[]; readonly code: CheckResult['code'] };

function verdictOf(state: State, wasReached: boolean): Verdict {
	const findings = state.fleets.flatMap(fleet => fleet.now.findings);
	const unmeasured = state.fleets.flatMap(({ now }) =>
		nodesOf(now.fleet.nodes).filter(node => !isMeasured(node) && isAwaited(node)),
	);
	const isBlind = state.fleets.some(({ now }) => !now.fleet.nodes.some(isMeasured));
	if (!wasReached) return { lines: [unreachedText(unmeasured)], code: 3 };
	if (findings.length > 0) {
		const silent = unmeasured.filter(node => !findings.some(finding => finding.node === node.address));
		const lines = [...findings.map(lineOf), ...silent.map(unmeasuredLine)];
		return { lines, code: isAnyCritical(findings) ? 2 : 1 };
	}
	if (isBlind || unmeasured.length > 0) return { lines: [unknownText(state.fleets, unmeasured)], code: 3 };
	return { lines: [`OK ${nodesText(state.fleets)}, no findings${untoldText(state.fleets)}`], code: 0 };
}

const isAnyCritical = (findings: readonly Finding[]) => findings.some(({ severity }) => severity === 'crit');

/** Its counters were read twice. */
const hasRates = (node: RedisNode) => node.health === 'up' && node.opsPerSecond !== undefined;

/** Of a server that counts no commands there are no rates to wait for: it is judged by what it tells. */
const isMeasured = (node: RedisNode) =>
	hasRates(node) ||
	(node.health === 'up' &&
		node.untold?.includes('commands') === true &&
		[node.usedMemoryBytes, node.rssBytes, node.connectedClients, node.keys].some(told => told !== undefined));

/** One that loads has its finding; of one without an address its finding says whether it is missed. */
const isAwaited = ({ health, error }: RedisNode) =>
	health !== 'loading' && error?.reason !== 'no-address' && !isLeftOut(error);

const unmeasuredLine = (node: RedisNode) => `UNKNOWN ${node.address}: - ${node.error?.text ?? silence(node)}`;

/** What the servers cannot tell, so that nobody takes it for judged. */
function untoldText(fleets: readonly FleetTrack[]): string {
	const untold = fleets.flatMap(({ now }) =>
		nodesOf(now.fleet.nodes).flatMap(node => untoldWords(node) ?? []),
	);
	return [...new Set(untold)].map(words => `; ${words}`).join('');
}

const nodesOf = (nodes: readonly RedisNode[]) => nodes.filter(node => !node.isGone);

function lineOf(finding: Finding): string {
	const word = finding.severity === 'crit' ? 'CRITICAL' : 'WARNING';
	const where = finding.node === undefined ? '' : ` ${finding.node}`;
	return `${word} ${finding.id}${where}: ${finding.text}`;
}

/** `6 nodes, 42.1k ops/s`, `1 of 2 nodes, - ops/s`. */
function nodesText(fleets: readonly FleetTrack[]): string {
	const nodes = fleets.flatMap(({ now }) => nodesOf(now.fleet.nodes));
	const measured = nodes.filter(isMeasured);
	const rates = fleets.flatMap(({ now }) => now.fleet.totals.opsPerSecond ?? []);
	// Replicas alone have no total: theirs are the figures that were measured.
	const ops = rates.length > 0 ? rates : measured.flatMap(node => node.opsPerSecond ?? []);
	const sum = ops.length === 0 ? '-' : count(ops.reduce((total, each) => total + each, 0));
	const of = measured.length === nodes.length ? '' : `${measured.length} of `;
	return `${of}${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, ${sum} ops/s`;
}

function unknownText(fleets: readonly FleetTrack[], unmeasured: readonly RedisNode[]): string {
	const isSentinel = fleets.every(({ now }) => now.fleet.mode === 'sentinel');
	const none = isSentinel ? 'the Sentinels watch no primary' : 'no data node is known';
	const reasons = unmeasured.length > 0 ? reasonsOf(unmeasured) : none;
	return `UNKNOWN ${nodesText(fleets)}, not measured: ${reasons}`;
}

const unreachedText = (nodes: readonly RedisNode[]) =>
	`UNKNOWN no node could be reached: ${reasonsOf(nodes)}`;

const reasonsOf = (nodes: readonly RedisNode[]) =>
	nodes.map(node => `${node.address}: ${node.error?.text ?? silence(node)}`).join('; ');

const silence = ({ health }: RedisNode) =>
	health === 'up' ? 'its answer to INFO has no figure that is known' : 'no answer';
