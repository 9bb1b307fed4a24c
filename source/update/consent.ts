// The question whether a change is to be sent, while it is open and when it was answered with yes. The nodes that the
// offer rests on are read on connections of their own, every second, and once more for the yes. What was read is held
// against what was shown (runbooks/grounds.ts), and the offer is made anew of it: where anything differs the question
// closes and says what, and only where nothing does the change leaves as an effect.
// Between the reply to that last reading and the change lies one turn of our loop and one way to the server: no server
// can set a setting on a condition, and a WATCH holds for keys alone. A client is an exception: its server checks both.

import { renewed } from '../core/findings/came-back.ts';
import { rowOf } from '../core/fleet/node-row.ts';
import { infoDetailsOf } from '../core/fleet/sample.ts';
import { absorb } from '../core/fleet/track.ts';
import { parseClientList } from '../core/parse/parse-client-list.ts';
import { printableText } from '../core/text/printable.ts';
import type {
	Address,
	Info,
	NodeTrack,
	RedisNode,
	Sample,
	SentinelFleet,
	SentinelMaster,
} from '../core/types.ts';
import { clientIn, noMoreOffered, sameOffer, whatDiffers, whatDiffersBeside } from '../runbooks/grounds.ts';
import type { Change, RunbookInput } from '../runbooks/runbook.ts';
import { undoOf } from '../runbooks/undo.ts';
import { runbookInput } from '../state/runbook-input.ts';
import { runbookOf } from '../state/runbook-runs.ts';
import type { ChangePrompt, Effect, FleetTrack, Message, State, Step, Target } from '../state/state.ts';
import { sendAgreed } from './change.ts';

type ConsentMessage = Extract<Message, { type: 'consent' }>;

/** The question that is open; undefined where it was closed. */
const openIn = ({ prompt }: State): ChangePrompt | undefined =>
	prompt?.kind === 'change' && prompt.closed === undefined ? prompt : undefined;

/** Reading begins and ends with the question, whatever opened and closed it. */
export function followConsent(before: State, [state, effects]: Step): Step {
	const [was, is] = [openIn(before), openIn(state)];
	if (was?.id === is?.id) return [state, effects];
	const isSent = effects.some(effect => effect.type === 'change' && effect.id === was?.id);
	const closing: Effect[] = was && !isSent ? [{ type: 'consent-close', id: was.id }] : [];
	return [state, [...effects, ...closing, ...(is ? [opening(state, is)] : [])]];
}

function opening(state: State, { id, place, change }: ChangePrompt): Effect {
	const tracks = state.fleets.find(fleet => fleet.id === place.fleet)?.tracks;
	const nodes = [...new Set([change.node, ...(change.restsOn ?? [])])].map(
		(address): Target => ({ address, kind: tracks?.get(address)?.kind ?? kindFor(change, address) }),
	);
	return { type: 'consent-open', id, fleet: place.fleet, nodes, command: change.command };
}

const kindFor = ({ command, node }: Change, address: Address) =>
	command[0] === 'SENTINEL' && address === node ? 'sentinel' : 'data';

/** What was read for the question: it stays, closes, or the change is sent. */
export function takeConsent(state: State, message: ConsentMessage): Step {
	const prompt = openIn(state);
	if (!prompt || prompt.id !== message.id) return [state, []];
	const seen = look(state, prompt, message);
	const isAnswered = message.isFinal && prompt.isChecking === true;
	if (seen.why === undefined && isAnswered) return sendAgreed(state, prompt);
	// One that does not answer may come back as it was: only the yes needs it now.
	if (seen.why !== undefined && (isAnswered || !seen.isUnread))
		return [
			closed(state, prompt, seen.why, message.at),
			[{ type: 'ask-now', fleet: prompt.place.fleet, nodes: [prompt.change.node] }],
		];
	return [{ ...state, prompt: { ...prompt, live: seen.live } }, []];
}

/** The Enter of who was just about to say yes must not take away why it is closed. */
const readMilliseconds = 1000;

const closed = (state: State, prompt: ChangePrompt, why: string, at: number): State => ({
	...state,
	prompt: { ...prompt, isChecking: undefined, closed: why, from: at + readMilliseconds },
});

type Seen = {
	/** Why it cannot be sent. */
	readonly why?: string;
	/** Nothing could be read, so nothing is known to differ. */
	readonly isUnread: boolean;
	readonly live: NonNullable<ChangePrompt['live']>;
};

function look(state: State, prompt: ChangePrompt, { at, samples, refusal }: ConsentMessage): Seen {
	const sample = samples.find(({ node }) => node === prompt.change.node);
	const isUnread = sample?.info === undefined;
	const anew = isUnread ? undefined : offerAnew(state, prompt, samples, at);
	const differs = sample
		? (whatDiffers(prompt.change, prompt.grounds, sample) ?? whatDiffersBeside(prompt.grounds, samples))
		: 'it was not read';
	const missing = notReadOf(prompt.change, samples);
	const why = refusal ?? differs ?? missing ?? noMoreOffered(prompt.change, anew);
	const text = [liveText(sample), missing].filter(each => each !== undefined).join('; ');
	const live = { at, text, ...(anew && { now: anew.now }) };
	const isMissing = differs === undefined && missing !== undefined;
	return { why, isUnread: (isUnread || isMissing) && refusal === undefined, live };
}

/** A node without which the change does harm does not answer. */
function notReadOf({ needs = [] }: Change, samples: readonly Sample[]): string | undefined {
	for (const address of needs) {
		const sample = samples.find(({ node }) => node === address);
		if (!sample?.info) return `${printableText(address)}: ${sample?.error?.text ?? 'no answer'}`;
	}
	return undefined;
}

/** `primary, up`, `replica, loading its data set`, or why it could not be read. */
function liveText(sample: Sample | undefined): string {
	if (!sample?.info) return sample?.error?.text ?? 'no answer';
	return `${roleWord(sample.info)}, ${sample.info.isLoading ? 'loading its data set' : 'up'}`;
}

const roleWord = ({ role, mode }: Info) => (mode === 'sentinel' ? 'Sentinel' : (role ?? 'role not known'));

// ---------------------------------------------------------------------------------------------------------
// The offer made anew

function offerAnew(
	state: State,
	{ change, place }: ChangePrompt,
	samples: readonly Sample[],
	at: number,
): Change | undefined {
	const read = asRead(state, place.fleet, change, samples, at);
	const input = read && runbookInput(read, place);
	if (!input) return undefined;
	if (change.undoes) return undoAnew(state, change, input);
	return sameOffer(
		change,
		runbookOf(place.runbook).steps[place.step]?.changes?.(withComeback(input, at)) ?? [],
	);
}

/** Keys that came back meanwhile, or that the replica has lost, are the reason of a rescue and its end. */
function withComeback(input: RunbookInput, at: number): RunbookInput {
	const { comeback, node, track, fleet, tracks, limits } = input;
	if (!comeback || !track || !fleet || !tracks || !limits) return input;
	return { ...input, comeback: renewed(comeback, { node, track, fleet, tracks, limits, at }) };
}

function undoAnew(
	{ changes = [] }: State,
	{ undoes, node }: Change,
	input: RunbookInput,
): Change | undefined {
	const made = changes.findLast(
		({ change, isDone }) => isDone === true && change.id === undoes!.id && change.node === node,
	);
	return made && undoOf(made.change, input);
}

/** The state as it would be with these readings as the next ones. It is looked at, and not kept: they are not of the polling. */
function asRead(
	state: State,
	fleet: number,
	change: Change,
	samples: readonly Sample[],
	at: number,
): State | undefined {
	const before = state.fleets.find(({ id }) => id === fleet);
	if (!before) return undefined;
	const tracks = new Map(before.tracks);
	for (const sample of samples) {
		const track = tracks.get(sample.node);
		if (track && sample.info) tracks.set(sample.node, absorb(track, ofTrack(track, sample), before.rounds));
	}
	const isRead = new Set(samples.filter(({ info }) => info !== undefined).map(({ node }) => node));
	const nodes = before.now.fleet.nodes.map(row => {
		const track = isRead.has(row.address) ? tracks.get(row.address) : undefined;
		return track ? { ...rowOf(track, row, at, state.delaySeconds), ...placeOf(row) } : row;
	});
	const sentinel = sentinelAsRead(before, samples);
	const now = { ...before.now, fleet: { ...before.now.fleet, nodes, ...(sentinel && { sentinel }) } };
	const after = withClient(withDetails({ ...before, tracks, now }, samples), change, samples);
	return { ...state, at, fleets: state.fleets.map(each => (each === before ? after : each)) };
}

/** What a row has from the fleet and not from its node. */
const placeOf = (row: RedisNode) => ({
	...{ shard: row.shard, slots: row.slots, shardSlots: row.shardSlots },
	...{ primary: row.primary, replicates: row.replicates },
	replicationLagBytes: row.replicationLagBytes,
	replicationLagMostBytes: row.replicationLagMostBytes,
	replicationLagSeconds: row.replicationLagSeconds,
});

/** A Sentinel that fails over by now, or follows another primary, is no way to keep a copy. */
function sentinelAsRead({ now, tracks }: FleetTrack, samples: readonly Sample[]): SentinelFleet | undefined {
	const { sentinel } = now.fleet;
	const told = samples.find(sample => sample.sentinel !== undefined);
	if (!sentinel || !told) return sentinel;
	const known = tracks.get(told.node)?.sentinel?.masters ?? [];
	const addressIn = (masters: readonly SentinelMaster[], name: string) =>
		masters.find(master => master.name === name)?.address;
	const masters = sentinel.masters.map(master => {
		const is = told.sentinel!.masters.find(({ name }) => name === master.name);
		const isMoved = is?.address !== addressIn(known, master.name);
		return { ...master, flags: is?.flags ?? [], ...(isMoved && { primary: is?.address ?? '' }) };
	});
	return { ...sentinel, masters };
}

/** What redis-top did itself is counted on another connection: nothing new of it, and no refusal either. */
function ofTrack({ latest, refused }: NodeTrack, sample: Sample): Sample {
	const { others: _, ...rest } = sample;
	return { ...rest, own: latest?.own ?? sample.own, refused };
}

/** What only a runbook reads of INFO (tracked keys, interpreters) is of this reading too, not of the close look before. */
function withDetails(fleet: FleetTrack, samples: readonly Sample[]): FleetTrack {
	const close = new Map(fleet.close);
	for (const sample of samples) {
		const look = close.get(sample.node);
		if (look?.details && sample.infoText !== undefined)
			close.set(sample.node, { ...look, details: infoDetailsOf(sample) });
	}
	return { ...fleet, close };
}

/** The list of clients with what was just told of the one; without it where it is gone. */
function withClient(fleet: FleetTrack, change: Change, samples: readonly Sample[]): FleetTrack {
	const sample = samples.find(({ node }) => node === change.node);
	const close = fleet.close.get(change.node);
	const told = sample?.others?.find(([command]) => command.startsWith('client list'));
	// Of a server that lists all or none nothing is asked but for the yes.
	if (!change.client || !sample || !told || !close?.clients) return fleet;
	const whole = told[0] === 'client list' ? told[1] : undefined;
	const is = clientIn(change, sample);
	const others = close.clients.list.filter(({ id }) => id !== change.client!.id);
	const list = typeof whole === 'string' ? parseClientList(whole) : is ? [...others, is] : others;
	const clients = { at: sample.at, list };
	return { ...fleet, close: new Map(fleet.close).set(change.node, { ...close, clients }) };
}
