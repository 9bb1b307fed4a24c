// The reading that a question about a change waits for, made of what the state knows of its nodes: as they were shown,
// or with whatever a test lets happen meanwhile.

import type { Client } from '../../source/core/parse/parse-client-list.ts';
import type { Info, Sample, SentinelView } from '../../source/core/types.ts';
import { addressOf } from '../../source/runbooks/change-clients.ts';
import type { ChangePrompt, Effect, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';

export type Meanwhile = {
	readonly info?: Partial<Info>;
	readonly config?: Readonly<Record<string, string>>;
	readonly error?: Sample['error'];
	/** The line of the client in CLIENT LIST; empty where it is gone, false where it was not asked. */
	readonly clients?: string | false;
	readonly refusal?: string;
	/** The text of INFO, for what a runbook alone reads there. */
	readonly infoText?: string;
	/** Of the other nodes that the offer rests on. */
	readonly beside?: Partial<Info>;
	/** Why those could not be read. */
	readonly besideError?: Sample['error'];
	/** What a Sentinel tells of its primaries. */
	readonly sentinel?: SentinelView;
	/** Milliseconds since the state's last message. */
	readonly after?: number;
};

export function promptOf(state: State): ChangePrompt {
	const { prompt } = state;
	if (prompt?.kind !== 'change') throw new Error(`no question is open: ${state.toast?.text}`);
	return prompt;
}

export const clientLine = (client: Client, over: { id?: number; address?: string; age?: number } = {}) =>
	`id=${over.id ?? client.id} addr=${over.address ?? addressOf(client)} name= age=${over.age ?? client.ageSeconds ?? 0} idle=0 flags=N db=0 omem=${client.outputBytes ?? 0} tot-mem=${client.totalBytes ?? 0} cmd=get\n`;

/**
 * What is read of the nodes of the open question. `meanwhile` is of the one that would be changed, and stands over what
 * `from` knows of it: the state itself, or one in which nothing had happened yet.
 */
export function readNow(
	state: State,
	isFinal: boolean,
	meanwhile: Meanwhile = {},
	from: State = state,
): [State, Effect[]] {
	const { id, change, place } = promptOf(state);
	const at = state.at + (meanwhile.after ?? 0);
	const fleet = state.fleets.find(each => each.id === place.fleet)!;
	const known = fleet.close.get(change.node)?.clients?.list.find(each => each.id === change.client?.id);
	const samples = [change.node, ...(change.restsOn ?? [])].flatMap((node): Sample[] => {
		const track = from.fleets.find(each => each.id === place.fleet)?.tracks.get(node);
		const last = track?.lastGood;
		if (!last) return [];
		const moved = at - last.at;
		const read: Sample = { ...last, at, clock: last.clock + moved, config: track?.config, others: undefined };
		if (node !== change.node)
			return meanwhile.besideError
				? [{ ...read, info: undefined, error: meanwhile.besideError }]
				: [{ ...read, info: { ...read.info, ...meanwhile.beside } }];
		const { info, config, error, infoText = read.infoText, sentinel = read.sentinel } = meanwhile;
		if (error) return [{ ...read, info: undefined, config: undefined, error }];
		const clients =
			meanwhile.clients === false ? undefined : (meanwhile.clients ?? (known && clientLine(known)));
		return [
			{
				...read,
				info: { ...read.info, ...info },
				config: { ...read.config, ...config },
				...{ infoText, sentinel },
				...(clients !== undefined && { others: [[`client list id ${change.client?.id}`, clients]] }),
			},
		];
	});
	return update(state, { type: 'consent', at, id, samples, isFinal, refusal: meanwhile.refusal });
}
