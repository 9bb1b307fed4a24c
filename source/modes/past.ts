// --compare, --report, and --check of a recording: it is played as fast as it can be, and what it comes to is printed. Nothing is
// connected. The comparison is made as soon as its windows have passed, for what is kept to compare by is 40 minutes.

import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { followRaised, type Raised } from '../core/findings/raised.ts';
import type { Marker } from '../core/markers.ts';
import { clock } from '../core/text/local-time.ts';
import { printableText } from '../core/text/printable.ts';
import { counted } from '../core/text/quantity.ts';
import { createEngine } from '../engine.ts';
import { ownerOnly, reasonOf } from '../files/safe-file.ts';
import type { Flags, Past } from '../flags.ts';
import { compareJson, compareText } from '../output/compare.ts';
import { gather, newIncident } from '../output/incident.ts';
import { rehearsalJson, rehearsalText } from '../output/rehearsal.ts';
import { incidentReport } from '../output/report.ts';
import { codeOfOutput, written } from '../output/written.ts';
import type { Replayable } from '../recording/replayable.ts';
import { type Compared, compareFleet } from '../state/compared.ts';
import type { State } from '../state/state.ts';
import { update } from '../update/update.ts';

export type PastOptions = {
	readonly flags: Flags;
	/** Undefined: --check of a recording. */
	readonly past?: Past;
	readonly playable: Replayable;
	/** Of it only this: times of day. */
	readonly part?: { readonly from?: number; readonly to?: number };
	readonly state: State;
};

/** It ends the process itself. */
export async function runPast(options: PastOptions): Promise<void> {
	process.stdout.on('error', error => process.exit(codeOfOutput(error)));
	for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
		process.on(signal, () => process.exit(code));
	const { past } = options;
	const result = await resultOf(options, past);
	if ('problem' in result) process.stderr.write(`redis-top: ${result.problem}\n`);
	else process.stdout.write(`${result.text}\n`);
	await written();
	// Wrong usage of a check is 3: it must not look like a warning.
	process.exit('problem' in result ? (past === undefined ? 3 : 1) : result.code);
}

const resultOf = (options: PastOptions, past: Past | undefined): Promise<Result> =>
	past === undefined
		? rehearsed(options)
		: past.kind === 'report'
			? reported(options, past)
			: compared(options, past);

type Result = { readonly text: string; readonly code: number } | { readonly problem: string };

async function rehearsed(options: PastOptions): Promise<Result> {
	const raised = new Map<number, readonly Raised[]>();
	let [from, wasReached] = [options.state.at, false];
	let isBegun = false;
	const end = await playWhole(options, state => {
		if (!isBegun) from = state.at;
		isBegun = true;
		for (const { id, now, isDiscovered } of state.fleets) {
			wasReached ||= now.fleet.nodes.some(({ health }) => health === 'up');
			if (isDiscovered) raised.set(id, followRaised(raised.get(id) ?? [], now.findings, now.fleet.at));
		}
		return false;
	});
	if ('problem' in end) return end;
	if (end.cut !== undefined) process.stderr.write(`redis-top: ${end.cut}\n`);
	const make = options.flags.isJson ? rehearsalJson : rehearsalText;
	return make({ state: end.state, raised, from, wasReached });
}

async function reported({ flags, ...options }: PastOptions, past: Past): Promise<Result> {
	const incident = newIncident();
	const ended = await playWhole(options, (state, fleet) => {
		gather(incident, state, fleet, past);
		return false;
	});
	if ('problem' in ended) return ended;
	const { state, cut } = ended;
	for (const { id } of state.fleets) gather(incident, state, id, past, true);
	const recording = basename(flags.replayFile ?? 'recording');
	const base = `${recording.replace(/(\.jsonl)?(\.gz)?$/i, '')}-report`;
	const files = incidentReport(incident, state, { recording, base, version: state.version, cut });
	for (const { name, text } of files) {
		const problem = await writeNew(name, text);
		if (problem !== undefined) return { problem: `not written: ${problem}` };
	}
	return { text: files.map(({ name }) => name).join('\n'), code: 0 };
}

/** What is there is not written over. */
const writeNew = (name: string, text: string): Promise<string | undefined> =>
	writeFile(name, text, { flag: 'wx', mode: ownerOnly }).then(
		() => undefined,
		(error: NodeJS.ErrnoException) =>
			error.code === 'EEXIST' ? `${name} is there already: move it away` : `${name}: ${reasonOf(error)}`,
	);

async function compared(options: PastOptions, past: Past): Promise<Result> {
	const { flags } = options;
	const found = new Map<number, Compared>();
	let at: number | undefined;
	const look = (state: State, isOver: boolean): boolean => {
		const marker = wantedMarker(state, past);
		if (!marker || (marker.at === at && !isOver)) return false;
		const until = marker.at + (past.settlingSeconds + past.windowSeconds) * 1000;
		if (state.at < until && !isOver) return false;
		if (marker.at !== at) {
			at = marker.at;
			found.clear();
			for (const fleet of state.fleets) {
				const one = comparedFleet(state, fleet.id, marker, past);
				if (one) found.set(fleet.id, one);
			}
		}
		return past.marker !== undefined;
	};
	const end = await playWhole(options, state => look(state, false));
	if ('problem' in end) return end;
	look(end.state, true);
	if (found.size === 0) return { problem: whyNone(end.state, past) };
	const offset = end.state.clockOffset;
	const width = Math.max(80, end.state.size.columns);
	const text = [...found.values()].map(one =>
		flags.isJson
			? JSON.stringify(compareJson(one, offset))
			: compareText(one, { isAscii: flags.isAscii, width, offset }),
	);
	if (end.cut !== undefined) process.stderr.write(`redis-top: ${end.cut}\n`);
	return { text: text.join(flags.isJson ? '\n' : '\n\n'), code: 0 };
}

function comparedFleet(state: State, id: number, marker: Marker, past: Past): Compared | undefined {
	const fleet = state.fleets.find(each => each.id === id)!;
	const known = [...(fleet.tapes ?? new Map()).keys()];
	const nodes = past.node === undefined ? known : known.filter(node => node === past.node);
	if (nodes.length === 0) return undefined;
	const { windowSeconds, settlingSeconds } = past;
	return compareFleet(state, { fleet, nodes, marker, windowSeconds, settlingSeconds });
}

/** Of several that match the newest; without a word that somebody set, before those of events. */
function wantedMarker({ markers = [], clockOffset }: State, { marker: word }: Past): Marker | undefined {
	if (word === undefined) return markers.findLast(({ kind }) => kind === 'set') ?? markers.at(-1);
	const wanted = word.toLowerCase();
	return markers.findLast(
		({ at, text }) =>
			text?.toLowerCase().includes(wanted) === true || clock(at, clockOffset).startsWith(wanted),
	);
}

const mostNamed = 8;

function whyNone({ markers = [], clockOffset, fleets }: State, past: Past): string {
	const nodes = fleets.flatMap(({ tapes }) => [...(tapes ?? new Map<string, unknown>()).keys()]);
	if (past.node !== undefined && !nodes.includes(past.node))
		return `--of ${past.node}: the recording has ${nodes.length > 0 ? nodes.slice(0, mostNamed).join(', ') : 'no node'}`;
	if (markers.length === 0)
		return 'the recording has no marker: set one with m or --mark while it is recorded';
	const names = markers
		.slice(-mostNamed)
		.map(({ at, text }) => `${clock(at, clockOffset)}${text === undefined ? '' : ` ${printableText(text)}`}`);
	if (past.marker === undefined) return 'the recording has no readings to compare';
	return `--marker ${past.marker}: the recording has ${counted(markers.length, 'marker')}: ${names.join('; ')}`;
}

type Played = { readonly state: State; readonly cut?: string } | { readonly problem: string };

/** Plays it to its end, or until `isEnough`. */
function playWhole(
	{ playable, part, state }: Pick<PastOptions, 'playable' | 'part' | 'state'>,
	isEnough: (state: State, fleet: number) => boolean,
): Promise<Played> {
	return new Promise(resolve => {
		let isDone = false;
		const engine = createEngine({
			...{ state, update },
			dials: new Map(),
			perform: () => {},
			playable,
			part,
			isPaced: false,
			onState(next, message) {
				if (isDone || message.type !== 'round' || !isEnough(next, message.fleet)) return;
				isDone = true;
				void engine.stop();
				resolve({ state: next });
			},
			onOver(cut) {
				if (isDone) return;
				const problem = playable.wrong();
				if (problem !== undefined) return resolve({ problem });
				resolve({ state: engine.state(), ...(playable.cut() !== undefined && { cut }) });
			},
		});
		engine.start();
	});
}
