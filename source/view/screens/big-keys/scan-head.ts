// Lines 2 and 3 of the screen of big keys: what is scanned and how far it is; how fast, how carefully, and why it is
// slower or held. When it is over: what was read, how complete, and what it cost the servers.

import {
	type BigKeysProgress,
	type NodeProgress,
	type ScanTarget,
	shareRead,
} from '../../../core/keys/big-keys.ts';
import { scanNoteWords } from '../../../core/keys/scan-note-words.ts';
import { printableText } from '../../../core/text/printable.ts';
import { briefCount, bytes, count, counted, duration, percent } from '../../../core/text/quantity.ts';
import type { Address } from '../../../core/types.ts';
import type { BigKeysTrack } from '../../../state/key-screens.ts';
import type { State } from '../../../state/state.ts';
import { progressBar } from '../../chart.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { clock, milliseconds, shortNames } from '../../format.ts';
import { fact, factsLine } from '../../parts/cells.ts';
import { bold, dim, type Line, lineWidth, plain, textWidth } from '../../theme.ts';
import { scannedShare } from './rows.ts';

const widestBar = 60;
const usualBar = 22;
const leastBar = 6;
/** `  36%  14.9M of 41.2M keys`, with room for any of them. */
const figuresWidth = 27;
const startedWidth = 19;

export function scanHead(state: State, scan: BigKeysTrack): readonly [Line, Line] {
	return scan.isOver ? overLines(state, scan) : [runningLine(state, scan), paceLine(state, scan.progress)];
}

/** `10.0.1.22:6379 (replica)`, without the port where that has no room; `3 shards by 3 replicas`, `3 primaries`. */
export function nodesWords(
	state: State,
	nodes: readonly Pick<ScanTarget, 'address' | 'isReplica'>[],
	room = state.size.columns,
): string {
	const [first] = nodes;
	if (first === undefined) return 'no node';
	if (nodes.length === 1) {
		const role = first.isReplica ? ' (replica)' : '';
		const whole = `${printableText(first.address)}${role}`;
		return textWidth(whole) <= room ? whole : `${nameOf(state, first.address)}${role}`;
	}
	const replicas = nodes.filter(({ isReplica }) => isReplica).length;
	if (replicas === 0) return `${nodes.length} primaries`;
	const primaries = nodes.length - replicas;
	const others = primaries === 0 ? '' : `, ${primaries} by ${primaries === 1 ? 'its primary' : 'primaries'}`;
	return `${nodes.length} shards by ${counted(replicas, 'replica')}${others}`;
}

function nameOf(state: State, address: Address): string {
	const nodes = state.fleets.flatMap(fleet => fleet.now.fleet.nodes.map(node => node.address));
	return printableText(shortNames(nodes)(address));
}

const asTargets = (nodes: readonly NodeProgress[]) =>
	nodes.map(({ node, isReplica }) => ({ address: node, isReplica }));

// ---------------------------------------------------------------------------------------------------------
// At work

function runningLine(state: State, scan: BigKeysTrack): Line {
	const { progress } = scan;
	const { columns } = state.size;
	const room = columns - textWidth(`${doingWords(progress)} `) - figuresWidth;
	const nodes = progress === undefined ? undefined : nodesWords(state, asTargets(progress.nodes), room);
	const doing: Line = [bold(doingWords(progress)), plain(nodes === undefined ? '' : ` ${nodes}`)];
	const figures = figuresWords(scan);
	if (isNarrow(columns)) return [bold(doingWords(progress)), plain(`  ${figures.trim()}`)];
	const started = isWide(columns) ? [dim(`   started ${clock(scan.startedAt, state.clockOffset)}`)] : [];
	const barRoom = columns - lineWidth(doing) - 2 - figuresWidth - (isWide(columns) ? startedWidth : 0);
	const width = Math.min(barRoom, isWide(columns) ? widestBar : usualBar);
	const bar = width < leastBar ? '' : `  ${progressBar(scannedShare(scan) ?? 0, width, state.isAscii)}`;
	return [...doing, plain(bar), plain(figures), ...started];
}

function doingWords(progress: BigKeysProgress | undefined): string {
	switch (progress?.state) {
		case undefined:
			return 'starting';
		case 'details':
			return 'asking the listed keys of';
		case 'paused':
			return 'paused';
		default:
			return progress!.nodes.every(node => node.state === 'held') ? 'held' : 'scanning';
	}
}

function figuresWords(scan: BigKeysTrack): string {
	const { progress } = scan;
	const share = scannedShare(scan);
	if (progress === undefined) return '';
	// Of keys that match nobody knows how many there are.
	const isAll = progress.of !== undefined && progress.walked === undefined;
	const of = isAll ? ` of ${count(progress.of!)}` : '';
	return `  ${(share === undefined ? '-' : percent(share)).padStart(4)}  ${count(progress.scanned)}${of} keys`;
}

function paceLine(state: State, progress: BigKeysProgress | undefined): Line {
	if (progress === undefined) return [];
	const { nodes } = progress;
	const speed: readonly Line[] = [
		fact('rate', progress.keysPerSecond === undefined ? '-' : `${briefCount(progress.keysPerSecond)} keys/s`),
		fact('left', progress.secondsLeft === undefined ? '-' : leftWord(progress.secondsLeft)),
	];
	const trouble = troubleWords(state, nodes);
	// Cut where it is too long, and never left out: it is why the numbers in front of it stand still.
	if (trouble !== undefined) return [...factsLine(speed, state.size.columns), plain(`  ${trouble}`)];
	return factsLine([...speed, ...careFacts(nodes)], state.size.columns);
}

/** How it spares the servers: what it asks at once, how fast it may, the ping it watches. */
function careFacts(nodes: readonly NodeProgress[]): readonly Line[] {
	const working = nodes.filter(({ state }) => state !== 'done' && state !== 'partial');
	const [first] = working;
	if (first === undefined) return [];
	const least = (values: readonly number[]) => Math.min(...values);
	const most = (values: readonly number[]) => Math.max(...values);
	const batches = working.map(({ batch }) => batch);
	const paces = working.map(({ pace }) => pace);
	const pings = working.flatMap(({ pingMilliseconds }) => pingMilliseconds ?? []);
	const limits = working.flatMap(({ slowsAboveMilliseconds }) => slowsAboveMilliseconds ?? []);
	const each = working.length > 1 ? ' a node' : '';
	return [
		fact('batch', spanOf(least(batches), most(batches), String)),
		fact('pace', paces.includes(0) ? 'no ceiling' : `${briefCount(least(paces))}/s${each}`),
		...(pings.length === 0
			? []
			: [
					fact(
						'ping',
						`${milliseconds(most(pings))}ms${limits.length === 0 ? '' : `, slows above ${limitWords(least(limits))}`}`,
					),
				]),
	];
}

/** Under a second it is as good as over. */
const leftWord = (seconds: number) => duration(Math.max(1, Math.ceil(seconds)));

const limitWords = (limit: number) => `${Number(limit.toFixed(1))}ms`;
const spanOf = (low: number, high: number, words: (value: number) => string) =>
	low === high ? words(low) : `${words(low)}-${words(high)}`;

/** Why a node waits or goes slower; with several nodes which, and how many more. */
function troubleWords(state: State, nodes: readonly NodeProgress[]): string | undefined {
	const troubled = nodes.filter(node => node.reason !== undefined && node.state !== 'done');
	const [first, ...others] = troubled;
	if (first === undefined) return undefined;
	const where = nodes.length > 1 ? `${nameOf(state, first.node)} ` : '';
	const more = others.length > 0 ? `, ${others.length} more` : '';
	const held = first.state === 'held' ? 'held: ' : first.state === 'partial' ? 'ended: ' : '';
	return `${where}${held}${printableText(first.reason!)}${more}`;
}

// ---------------------------------------------------------------------------------------------------------
// Over

function overLines(state: State, scan: BigKeysTrack): readonly [Line, Line] {
	const { found, progress } = scan;
	const { columns } = state.size;
	if (found === undefined) return [[bold('the scan found nothing')], []];
	const nodes = progress === undefined ? '' : ` ${nodesWords(state, asTargets(progress.nodes))}`;
	const read = shareRead(found);
	const share = read === undefined ? '' : `${percent(read)}, `;
	const doing = found.complete ? 'scanned' : 'partial scan of';
	const facts: Line[] = [
		isNarrow(columns) ? [bold(found.complete ? 'scanned' : 'partial')] : [bold(doing), plain(nodes)],
		[plain(`${found.complete ? '' : share}${count(found.scanned)} keys, ${bytes(found.totalBytes)}`)],
		[plain(`in ${duration(found.seconds)}`)],
		[dim(`started ${clock(scan.startedAt, state.clockOffset)}`)],
	];
	return [factsLine(facts, columns, 3), found.complete ? costLine(state, scan) : partialLine(state, scan)];
}

/** The first node that is not complete, and why; the others stand in the notes and in the file. */
function partialLine(state: State, { found }: BigKeysTrack): Line {
	const [first, ...others] = found!.partial;
	if (first === undefined) return [];
	const resume = found!.rest && state.replay === undefined ? '; p goes on from there' : '';
	const more = others.length > 0 ? `, ${others.length} more` : '';
	return [
		plain(
			`${nameOf(state, first.node)} after ${count(first.scanned)} keys: ${printableText(first.reason)}${more}${resume}`,
		),
	];
}

function costLine(state: State, { found, isExact }: BigKeysTrack): Line {
	const { cost, hitsAdded, sampled, scanned, complete } = found!;
	const isOfAll = complete && sampled >= scanned;
	const some = isOfAll ? 'all' : `${count(sampled)} keys (~)`;
	const how = isExact ? 'type, ttl, length of all' : `type and ttl of ${some}`;
	const facts: Line[] = [
		[plain(how)],
		fact('hits added', count(hitsAdded)),
		fact('commands', count(cost.commands)),
		...(cost.serverMicroseconds === undefined
			? []
			: [fact("servers' time", duration(cost.serverMicroseconds / 1e6))]),
	];
	return factsLine(facts, state.size.columns);
}

/** The message line while nothing else is said: the hits while it is at work, then a note that has no line of its own. */
export function quietLine(state: State, scan: BigKeysTrack, hasNotes: boolean): Line {
	const { columns } = state.size;
	if (!scan.isOver) {
		const hits = `hits added ${count(scan.progress?.hitsAdded ?? 0)}`;
		if (isNarrow(columns)) return [dim(hits)];
		const leaving = isWide(columns) ? ' It goes on when this screen is left; s stops it, p holds it.' : '';
		return [dim(`${hits}, taken out of the hit rate.${leaving}`)];
	}
	const [note, ...others] = hasNotes ? [] : (scan.found?.notes ?? []);
	if (note === undefined) return [];
	return [dim(`${printableText(scanNoteWords(note))}${others.length > 0 ? '; w writes all notes' : ''}`)];
}
