// The configuration audit: every point of every topic over the whole fleet, the same fault of several nodes in one line.
// It treats the next incident as a question of settings, before it happens. A node that does not answer and settings
// that may not be read are lines too: `unknown` with what is missing.

import { proofName } from '../core/fleet/setting-names.ts';
import { printableText } from '../core/text/printable.ts';
import type { Address, Fleet, NodeTrack } from '../core/types.ts';
import type { Audit, AuditFleet, AuditFound, AuditLine, AuditNode, AuditTopic } from './audit.ts';
import { clientsAudit } from './audit-clients.ts';
import { differencePoints } from './audit-differences.ts';
import { latencyAudit } from './audit-latency.ts';
import { memoryAudit } from './audit-memory.ts';
import { persistenceAudit } from './audit-persistence.ts';
import { securityAudit } from './audit-security.ts';
import { topologyAudit } from './audit-topology.ts';
import { fact, noReading, numberSetting, settingOf, textOf } from './reading.ts';
import type { Answer, Fact, NodeExtra, Runbook, RunbookInput, Step, Verdict } from './runbook.ts';

const audits: readonly Audit[] = [
	{ ...topologyAudit, ofFleet: [...topologyAudit.ofFleet, ...differencePoints] },
	persistenceAudit,
	memoryAudit,
	clientsAudit,
	latencyAudit,
	securityAudit,
];

export type AuditInput = {
	readonly fleet: Fleet;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly extras?: ReadonlyMap<Address, NodeExtra>;
};

/** Every line of the audit, topic by topic, the worst of each first; `fine` ones among them. */
export function auditFleet(input: AuditInput): readonly AuditLine[] {
	return audits.flatMap(audit => auditTopic(audit, input));
}

function auditTopic({ topic, ofNode, ofFleet }: Audit, input: AuditInput): readonly AuditLine[] {
	const all = input.fleet.nodes.map(node => viewOf(node, input));
	// One that answers without INFO was not audited either.
	const silent = all.filter(
		({ node, track }) => !node.isGone && (isSilent(node.health, node.isGone) || !track?.lastGood?.info),
	);
	const answering = all.filter(
		({ node, track }) => !node.isGone && node.health !== 'down' && track?.lastGood?.info,
	);
	const lines: AuditLine[] = [];
	const add = (id: string, found: AuditFound, nodes: readonly Address[]) =>
		addLine(lines, topic, id, found, nodes);
	const blind = new Map<Address, Blind>();
	for (const point of ofNode)
		for (const view of answering) {
			const found = point.check(view);
			if (found) add(point.id, found, [view.node.address]);
			else if (!view.isReadable && point.names) note(blind, view, point.names);
		}
	const fleet: AuditFleet = { fleet: input.fleet, tracks: input.tracks, nodes: answering };
	for (const point of ofFleet)
		for (const { nodes, ...found } of point.check(fleet)) add(point.id, found, nodes);
	for (const view of answering) {
		const missed = blind.get(view.node.address);
		if (missed) add(`audit-${topic}-unknown`, unreadable(view, missed), [view.node.address]);
	}
	if (topic === 'topology')
		for (const view of silent) add('audit-unreachable', unreached(view), [view.node.address]);
	return lines.sort((a, b) => rank[a.severity] - rank[b.severity]);
}

const rank: { readonly [A in Answer]: number } = { act: 0, look: 1, unknown: 2, fine: 3 };

const isSilent = (health: string, isGone: boolean) => !isGone && health === 'down';

function viewOf(node: Fleet['nodes'][number], { fleet, tracks, extras }: AuditInput): AuditNode {
	const track = tracks.get(node.address);
	const replicas = fleet.nodes.filter(
		other => !other.isGone && other.role === 'replica' && other.primary === node.address,
	);
	return {
		node,
		track,
		info: track?.lastGood?.info ?? {},
		extra: extras?.get(node.address) ?? {},
		fleet,
		replicas,
		replicaCount: Math.max(replicas.length, track?.lastGood?.info?.replicas?.length ?? 0),
		trackOf: address => tracks.get(address),
		setting: name => settingOf(track, name),
		number: name => numberSetting(track, name),
		isReadable: settingOf(track, proofName) !== undefined,
	};
}

/** The same words of several nodes become one line. */
function addLine(
	lines: AuditLine[],
	topic: AuditTopic,
	id: string,
	found: AuditFound,
	nodes: readonly Address[],
): void {
	const same = lines.findIndex(
		line =>
			line.id === id &&
			line.severity === found.severity &&
			line.set === found.set &&
			line.means === found.means &&
			line.command === found.command,
	);
	if (same < 0) lines.push({ id, topic, ...found, nodes });
	else lines[same] = { ...lines[same]!, nodes: [...lines[same]!.nodes, ...nodes] };
}

/** What was not judged of one node in one topic, for its settings could not be read. */
type Blind = { readonly names: Set<string>; points: number };

function note(blind: Map<Address, Blind>, { node, info }: AuditNode, names: readonly string[]): void {
	const noted = blind.get(node.address) ?? { names: new Set(), points: 0 };
	for (const name of names)
		if (name !== 'appendonly' || info.isAofEnabled === undefined) noted.names.add(name);
	noted.points++;
	blind.set(node.address, noted);
}

function unreadable(view: AuditNode, { names, points }: Blind): AuditFound {
	const refusals = [...view.node.refused, ...(view.track?.refused ?? [])];
	const refused = refusals.find(({ command }) => command.toLowerCase().startsWith('config'));
	const how =
		refused?.why === 'unknown-command'
			? 'CONFIG is not known to this server: renamed, or a managed service'
			: refused
				? `CONFIG GET is not allowed: the user needs ${textOf(refused.word)}`
				: view.track?.config
					? 'CONFIG GET answers, and has none of these settings'
					: 'CONFIG GET has not been read';
	return {
		severity: 'unknown',
		set: how,
		means: `Not judged: ${[...names].sort().join(', ')}.`,
		points,
		...(refused?.why === 'no-permission' && {
			better: 'allow it to this user; it reads settings and changes none',
			command: 'ACL SETUSER <user> +config|get',
		}),
	};
}

const unreached = ({ node }: AuditNode): AuditFound => ({
	severity: 'unknown',
	set: noReading(node),
	means: 'This node was not audited.',
});

// ---------------------------------------------------------------------------------------------------------
// As a runbook

const topics: { readonly [T in AuditTopic]: { readonly question: string; readonly why: string } } = {
	topology: {
		question: 'What would one failure take away?',
		why: 'A node, a host or a Sentinel will fail: what then decides this.',
	},
	persistence: { question: 'What would a crash lose?', why: 'After the failure comes what is left on disk.' },
	memory: {
		question: 'What happens when memory runs out?',
		why: 'The most common incident is a limit that is missing or met.',
	},
	clients: {
		question: 'What can clients do to it?',
		why: 'One client that does not read has filled more servers than data has.',
	},
	latency: {
		question: 'Would it tell of a slow moment?',
		why: 'What is not kept at the time is not known afterwards.',
	},
	security: {
		question: 'Who gets in, and what may they do?',
		why: 'Last, for it is not an incident until it is the worst one.',
	},
};

/** The verdict of one topic: its worst line, a fact for each that is not fine, and how many are. */
function verdictOfTopic(lines: readonly AuditLine[], topic: AuditTopic): Verdict {
	const ours = lines.filter(line => line.topic === topic);
	const faults = ours.filter(({ severity }) => severity !== 'fine');
	const fineCount = ours.length - faults.length;
	return {
		answer: answerOf(ours),
		facts: ours.map(factOfLine),
		text:
			faults.length === 0
				? `${fineCount} points looked at, nothing to say.`
				: faults
						.slice(0, 3)
						.map(line => `${line.set}: ${line.means}`)
						.join(' '),
		why: topics[topic].why,
	};
}

function answerOf(lines: readonly AuditLine[]): Answer {
	const worst = (['act', 'look'] as const).find(answer => lines.some(({ severity }) => severity === answer));
	if (worst) return worst;
	// What little could be read is well: that says nothing of the rest.
	return pointsIn(lines, 'fine') > pointsIn(lines, 'unknown') ? 'fine' : 'unknown';
}

/** Points that came to this answer, on all nodes together. */
const pointsIn = (lines: readonly AuditLine[], answer: Answer) =>
	lines
		.filter(({ severity }) => severity === answer)
		.reduce((sum, { points, nodes }) => sum + (points ?? 1) * Math.max(1, nodes.length), 0);

function factOfLine(line: AuditLine): Fact {
	const where = line.nodes.length === 0 ? '' : ` on ${nodesText(line.nodes)}`;
	return fact(
		line.id.replace(/^audit-/, ''),
		`${line.severity}: ${line.set}${where}`,
		['CONFIG GET', 'INFO'],
		line.severity === 'fine' ? undefined : line.better,
	);
}

const mostNodes = 4;

/** `a, b and 3 more`. */
export function nodesText(nodes: readonly Address[]): string {
	const shown = nodes
		.slice(0, mostNodes)
		.map(address => printableText(address))
		.join(', ');
	return nodes.length > mostNodes ? `${shown} and ${nodes.length - mostNodes} more` : shown;
}

function stepOf(audit: Audit): Step {
	const { topic } = audit;
	return {
		id: topic,
		title: topic,
		question: topics[topic].question,
		check: (input: RunbookInput): Verdict => {
			const { fleet, tracks, extras } = input;
			if (!fleet || !tracks)
				return { answer: 'unknown', facts: [], text: 'The fleet is not known.', why: topics[topic].why };
			return verdictOfTopic(auditTopic(audit, { fleet, tracks, extras }), topic);
		},
	};
}

export const configAudit: Runbook = {
	id: 'config-audit',
	title: 'Configuration audit',
	answers: 'Which settings of this fleet will make the next incident, and what would be better?',
	steps: audits.map(stepOf),
};
