// --check: one line per finding, performance data behind a bar, then the exit code, as monitoring plugins do: 0 fine,
// 1 warning, 2 critical, 3 unknown. It judges by the same table as the screen, and ends when that has decided: at once
// when nothing is near a limit, else when what is past one has had its readings. What was not measured is never fine: a
// node whose answer is late is asked again until it has answered or the answer is given up (5 s), and then it is an error.

import { isHalfDone } from '../core/cluster/open-slots.ts';
import { isAwaited } from '../core/findings/unmeasured.ts';
import { untoldWords } from '../core/fleet/untold.ts';
import { unjudgedWords } from '../core/prometheus/judged.ts';
import { isLeftOut } from '../core/text/node-trouble.ts';
import { printableText } from '../core/text/printable.ts';
import { count, counted } from '../core/text/quantity.ts';
import { type Limits, limitOf, thresholds } from '../core/thresholds.ts';
import type { Finding, NodeTrack, RedisNode } from '../core/types.ts';
import type { FleetTrack, Message, State } from '../state/state.ts';
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
	if (state.prometheus && state.fleets.length === 0) return false;
	const most = longestCheck(state.limits);
	return state.fleets.every(fleet => {
		const { rounds, pending, now, tracks, migrations } = fleet;
		if (rounds < 1) return false;
		// One that stands still is waited for until it answers or is said not to: what it told so far is one reading.
		const readings = ({ address }: RedisNode) => tracks.get(address)?.pings.length ?? refreshesForRates;
		const isWaiting = now.fleet.nodes.some(
			node =>
				!isMeasured(node, fleet) &&
				(!node.error || isFirstAwaited(node, fleet)) &&
				(isLate(node) || Math.min(rounds, readings(node)) < refreshesForRates),
		);
		// Whether a slot was left open is known when the other end has had its time.
		const isOpening = isHalfDone(migrations.halves, now.fleet.at);
		return rounds >= most || (pending.length === 0 && !isWaiting && !isOpening);
	});
}

/**
 * Does this message end a check? Between two refreshes time goes on, and nothing is judged: what has had its time by then
 * has not had its readings.
 */
export const endsCheck = (state: State, message: Message): boolean =>
	message.type === 'round' && !message.isExtra && isDecided(state);

/** A first answer that takes long is said to be missing before it is given up. */
function isFirstAwaited({ address, error }: RedisNode, { tracks, now }: FleetTrack): boolean {
	const { lastGood, failingSince = now.fleet.at } = tracks.get(address) ?? {};
	return error?.reason === 'timeout' && !lastGood && now.fleet.at - failingSince < answerMilliseconds;
}

const answerMilliseconds = 5000;

/** It was there, and is not read any more; an error says so where it is given up. */
const isLate = ({ health, isUnread, isGone }: RedisNode) =>
	!isGone && (health === 'stale' || isUnread === true);

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

/** Critical beats all; what was not measured may be anything, so it beats a warning. */
function verdictOf(state: State, wasReached: boolean): Verdict {
	const findings = state.fleets.flatMap(judgedFindings);
	if (!wasReached) return { lines: unreachedLines(state.fleets), code: 3 };
	const critical = findings.filter(isCritical).map(lineOf);
	const warnings = findings.filter(finding => !isCritical(finding)).map(lineOf);
	const unknown = [...unknownLines(state.fleets, findings), ...sourceLines(state)];
	const lines = [...critical, ...unknown, ...warnings];
	if (lines.length > 0) return { lines, code: critical.length > 0 ? 2 : unknown.length > 0 ? 3 : 1 };
	return { lines: [`OK ${nodesText(state.fleets)}, no findings${untoldText(state.fleets)}`], code: 0 };
}

/** What the figures of a Prometheus do not tell may be anything. */
function sourceLines({ prometheus, fleets }: State): string[] {
	if (!prometheus) return [];
	const lost = fleets.flatMap(lostLines);
	if (prometheus.trouble === undefined && isJudgedByServices(fleets)) return lost;
	const lack = prometheus.trouble === undefined ? '' : `; ${prometheus.trouble}`;
	return [...lost, `UNKNOWN ${nodesText(fleets)} by Prometheus: ${unjudgedWords}${lack}`];
}

/** Of which whoever watched it tells no more. */
function lostLines({ source, now }: FleetTrack): string[] {
	const lost = source?.told?.lost;
	return lost === undefined ? [] : [`UNKNOWN ${now.fleet.name}: ${lost}`];
}

/** Redis-tops that poll have judged all of it, but for what is said to be lost. */
const isJudgedByServices = (fleets: readonly FleetTrack[]) =>
	fleets.length > 0 &&
	fleets.every(({ source }) => source?.told?.isWhole === true || source?.told?.lost !== undefined);

const isCritical = ({ severity }: Finding) => severity === 'crit';

/** That nobody asks a node is no warning here: what is not known is UNKNOWN. That its peers miss it is known. */
function judgedFindings({ now }: FleetTrack): readonly Finding[] {
	const isUnasked = ({ error, isSeenIll }: RedisNode) => isLeftOut(error) && !isSeenIll;
	const unasked = new Set(now.fleet.nodes.filter(isUnasked).map(node => node.address));
	return now.findings.filter(
		({ id, node }) => id !== 'not-reached' || node === undefined || !unasked.has(node),
	);
}

const unmeasuredOf = (fleet: FleetTrack): readonly RedisNode[] =>
	fleet.now.fleet.nodes.filter(node => isAwaited(node, fleet.now.fleet) && !isMeasured(node, fleet));

/** What no finding speaks of: nodes, and fleets of which nothing is known. */
function unknownLines(fleets: readonly FleetTrack[], findings: readonly Finding[]): string[] {
	const isTold = (node: RedisNode) => findings.some(finding => finding.node === node.address);
	const silent = fleets.flatMap(fleet => unmeasuredOf(fleet).filter(node => !isTold(node)));
	const blind = fleets.filter(
		fleet => lostLines(fleet).length === 0 && fleet.now.fleet.nodes.length === unmeasuredOf(fleet).length,
	);
	const isSaid = ({ now }: FleetTrack) =>
		now.findings.some(isCritical) || now.fleet.nodes.some(node => silent.includes(node));
	if (findings.length === 0 && (silent.length > 0 || blind.length > 0)) return [unknownText(fleets, silent)];
	return [...silent.map(unmeasuredLine), ...blind.filter(fleet => !isSaid(fleet)).map(blindLine)];
}

/** Its counters were read twice. */
const hasRates = (node: RedisNode) => node.health === 'up' && node.opsPerSecond !== undefined;

/**
 * Of a server that counts no commands there are no rates to wait for: it is judged by what it tells. Of a far node no
 * answer is due at each refresh: what it told last is of now.
 */
export const isMeasured = (node: RedisNode, { tracks }: Pick<FleetTrack, 'tracks'>) =>
	hasRates(node) ||
	isOnItsWay(node, tracks.get(node.address)) ||
	(node.health === 'up' &&
		node.untold?.includes('commands') === true &&
		[node.usedMemoryBytes, node.rssBytes, node.connectedClients, node.keys].some(told => told !== undefined));

function isOnItsWay(node: RedisNode, track: NodeTrack | undefined): boolean {
	const trip = (track?.lastGood?.tripMilliseconds ?? 0) / 1000;
	const hasRead = node.isUnread === true && track?.rates?.ops !== undefined;
	return hasRead && trip >= farSeconds && (node.ageSeconds ?? 0) <= 2 * trip;
}

/** Nearer nodes answer within the refresh. */
const farSeconds = 0.2;

const unmeasuredLine = (node: RedisNode) => `UNKNOWN ${node.address}: - ${node.error?.text ?? silence(node)}`;

/** What the servers cannot tell, so that nobody takes it for judged. */
function untoldText(fleets: readonly FleetTrack[]): string {
	const untold = fleets.flatMap(({ now, tracks }) =>
		nodesOf(now.fleet.nodes).flatMap(node => [
			untoldWords(node),
			countsNoErrors(tracks.get(node.address)) ? uncountedWords : undefined,
		]),
	);
	return [...new Set(untold)]
		.filter(words => words !== undefined)
		.map(words => `; ${words}`)
		.join('');
}

/** Before 6.2 nothing tells that commands are refused; a server of a later version tells it as soon as one is. */
function countsNoErrors(track: NodeTrack | undefined): boolean {
	const info = track?.lastGood?.info;
	if (info?.server !== 'redis' || info.mode === 'sentinel') return false;
	return /^([0-5]|6\.[01])\./.test(info.version ?? '') && info.errorReplies === undefined;
}

const uncountedWords = 'refused commands are not counted before 6.2';

const nodesOf = (nodes: readonly RedisNode[]) => nodes.filter(node => !node.isGone);

function lineOf(finding: Finding): string {
	const word = finding.severity === 'crit' ? 'CRITICAL' : 'WARNING';
	const where = finding.node === undefined ? '' : ` ${finding.node}`;
	return `${word} ${finding.id}${where}: ${finding.text}`;
}

/** `6 nodes, 42.1k ops/s`, `1 of 2 nodes, - ops/s`. */
function nodesText(fleets: readonly FleetTrack[]): string {
	const nodes = fleets.flatMap(({ now }) => nodesOf(now.fleet.nodes));
	const measured = fleets.flatMap(fleet =>
		nodesOf(fleet.now.fleet.nodes).filter(node => isMeasured(node, fleet)),
	);
	const rates = fleets.flatMap(({ now }) => now.fleet.totals.opsPerSecond ?? []);
	// Replicas alone have no total: theirs are the figures that were measured.
	const ops = rates.length > 0 ? rates : measured.flatMap(node => node.opsPerSecond ?? []);
	const sum = ops.length === 0 ? '-' : count(ops.reduce((total, each) => total + each, 0));
	const of = measured.length === nodes.length ? '' : `${measured.length} of `;
	return `${of}${counted(nodes.length, 'node')}, ${sum} ops/s`;
}

function unknownText(fleets: readonly FleetTrack[], unmeasured: readonly RedisNode[]): string {
	const isSentinel = fleets.every(({ now }) => now.fleet.mode === 'sentinel');
	const none = isSentinel ? noPrimary : noNode;
	const reasons = unmeasured.length > 0 ? reasonsOf(unmeasured) : none;
	return `UNKNOWN ${nodesText(fleets)}, not measured: ${reasons}`;
}

const blindLine = (fleet: FleetTrack) => {
	const { name, mode, nodes } = fleet.now.fleet;
	const why = nodes.length > 0 ? 'no node was measured' : mode === 'sentinel' ? noPrimary : noNode;
	return `UNKNOWN ${name}: ${why}`;
};
const noPrimary = 'the Sentinels watch no primary';
const noNode = 'no data node is known';

function unreachedLines(fleets: readonly FleetTrack[]): string[] {
	const lost = fleets.flatMap(lostLines);
	const nodes = fleets.flatMap(unmeasuredOf);
	return nodes.length === 0 && lost.length > 0 ? lost : [unreachedText(nodes), ...lost];
}

const unreachedText = (nodes: readonly RedisNode[]) =>
	`UNKNOWN no node could be reached: ${reasonsOf(nodes)}`;

const reasonsOf = (nodes: readonly RedisNode[]) =>
	nodes.map(node => `${node.address}: ${node.error?.text ?? silence(node)}`).join('; ');

const silence = ({ health }: RedisNode) =>
	health === 'up' ? 'its answer to INFO has no figure that is known' : 'no answer';
