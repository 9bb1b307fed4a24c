// The three lines at the head of the node screen: what the node is, how it keeps and copies its data, and what is wrong
// with it. Of a node that does not answer they say since when, and that everything below is of then.

import { untoldWords } from '../../../core/fleet/untold.ts';
import { calmSource } from '../../../core/prometheus/judged.ts';
import { isLeftOut } from '../../../core/text/node-trouble.ts';
import { printableText } from '../../../core/text/printable.ts';
import { bytes, duration } from '../../../core/text/quantity.ts';
import { rangesText } from '../../../core/text/slot-words.ts';
import type { Finding } from '../../../core/types.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { none } from '../../format.ts';
import { fact, factsLine } from '../../parts/cells.ts';
import { markerOf, severityStyle } from '../../severity.ts';
import { bold, dim, type Line, lineWidth, plain } from '../../theme.ts';
import type { NodeFacts } from './facts.ts';
import { persistenceInBrief } from './persistence.ts';
import { replicationInBrief } from './replication.ts';

export function nodeHead(state: State, facts: NodeFacts): readonly Line[] {
	const { columns } = state.size;
	const gap = isNarrow(columns) ? 2 : 3;
	const all = identity(facts);
	const limits = limitFacts(facts);
	const keeps = keepFacts(facts);
	const lines = isWide(columns) ? [[...all, ...limits], keeps] : [all, [...limits.slice(0, 1), ...keeps]];
	return [...lines.map(line => factsLine(line, columns, gap)), statusLine(state, facts)];
}

function identity({ row, info, track, node }: NodeFacts): readonly Line[] {
	if (!row || !info) return [[plain(printableText(node.address))], [dim('nothing read yet')]];
	const slots = row.slots.length > 0 ? row.slots : (row.shardSlots ?? []);
	const other = row.ip === undefined ? [] : [fact('ip', printableText(row.ip))];
	const threads = track?.config?.['io-threads'];
	return [
		[row.role === 'replica' ? dim('replica') : bold(row.role ?? none)],
		...(row.shard === undefined ? [] : [fact('shard', String(row.shard))]),
		...(slots.length === 0 ? [] : [fact('slots', rangesText(slots, 2))]),
		fact(info.server ?? info.unknownServer ?? 'server', printableText(info.version ?? none)),
		fact('up', upWords(info.uptimeSeconds)),
		...other,
		...(row.epoch === undefined ? [] : [fact('epoch', String(row.epoch))]),
		...(threads === undefined ? [] : [fact('io-threads', printableText(threads))]),
	];
}

/** `41d 3h`, `3h 12m`. */
function upWords(seconds: number | undefined): string {
	if (seconds === undefined) return none;
	const [large, small] = seconds >= 86_400 ? [86_400, 3600] : [3600, 60];
	const rest = seconds % large;
	if (seconds < 3600) return duration(seconds);
	return rest < small ? duration(seconds) : `${duration(seconds)} ${duration(rest)}`;
}

function limitFacts({ info }: NodeFacts): readonly Line[] {
	if (!info) return [];
	const { maxmemoryBytes: limit, systemMemoryBytes: host } = info;
	return [
		fact('policy', printableText(info.maxmemoryPolicy ?? none)),
		fact('maxmemory', limit === undefined ? none : limit === 0 ? 'none' : bytes(limit)),
		...(host === undefined ? [] : [fact('host', bytes(host))]),
	];
}

function keepFacts({ persistence, replication, info }: NodeFacts): readonly Line[] {
	if (!info) return [];
	const brief = replicationInBrief(replication);
	const size = replication?.backlog?.sizeBytes;
	const loading = info.isLoading ? [[plain(`loading ${info.loadingPercent ?? none}%`)]] : [];
	return [
		...loading,
		...persistenceInBrief(persistence).map((text): Line => [plain(printableText(text))]),
		...(brief === undefined ? [] : [[plain(printableText(brief))]]),
		...(size === undefined ? [] : [fact('backlog', bytes(size))]),
	];
}

/** What is wrong, the worst first, as many findings as fit; before that, that it does not answer. */
function statusLine(state: State, facts: NodeFacts): Line {
	const { row, oldSeconds } = facts;
	if (row?.health === 'down' || oldSeconds !== undefined) return oldLine(facts);
	if (row?.error?.reason === 'unknown-info') return [plain(printableText(row.error.text))];
	if (!facts.info) return [dim('no reading yet')];
	const findings = [...facts.findings].sort((a, b) => weight(b) - weight(a));
	if (findings.length === 0 && facts.isScraped) return [plain(calmSource), dim('   not polled from here')];
	const untold = row && untoldWords(row);
	if (findings.length === 0)
		return [plain('no findings'), ...(untold === undefined ? [] : [dim(`   ${printableText(untold)}`)])];
	return findingsLine(findings, state.size.columns);
}

function oldLine({ row, oldSeconds }: NodeFacts): Line {
	const isOurs = row?.isSeenWell || isLeftOut(row?.error);
	const severity = row?.health === 'down' && !isOurs ? ('crit' as const) : ('warn' as const);
	const why = row?.error ? `: ${printableText(row.error.text)}` : '';
	const age =
		oldSeconds === undefined ? '; nothing was ever read' : `; data below is ${duration(oldSeconds)} old`;
	return [
		{ text: markerOf(severity), style: severityStyle(severity) },
		plain(` ${row?.health ?? 'down'}${why}${age}`),
	];
}

const weight = ({ severity }: Finding) => (severity === 'crit' ? 1 : 0);

function findingsLine(findings: readonly Finding[], columns: number): Line {
	let line: Line = [];
	let left = findings.length;
	for (const { severity, text } of findings) {
		const next: Line = [
			...line,
			...(line.length === 0 ? [] : [plain('   ')]),
			{ text: markerOf(severity), style: severityStyle(severity) },
			plain(` ${printableText(text)}`),
		];
		const room = left > 1 ? columns - `  ${left - 1} more`.length : columns;
		if (line.length > 0 && lineWidth(next) > room) break;
		line = next;
		left--;
	}
	return left > 0 ? [...line, plain(`  ${left} more`)] : line;
}
