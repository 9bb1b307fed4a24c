// Asks one node which ways to its hot keys it has: its INFO, and one harmless call for each that could be there. The
// answers decide, never the version: a service may deny, lack or rename anything. A refusal is asked for once in a
// watch, since the owner sees it in ACL LOG; what only a setting stands against is asked again, for the operator may
// have just changed it.

import type { HotTarget } from '../../core/keys/hot-keys.ts';
import type { LadderFacts } from '../../core/keys/hot-ladder.ts';
import type { LfuSettings } from '../../core/keys/lfu.ts';
import type { HotkeysFact } from '../../core/keys/rungs/hotkeys.ts';
import type { Answer, SessionOwner } from '../../core/keys/rungs/rung.ts';
import { keysIn } from '../../core/node/keyspace.ts';
import { refusalOf } from '../../core/parse/parse-error.ts';
import { parseHotkeys } from '../../core/parse/parse-hotkeys.ts';
import { parseInfo } from '../../core/parse/parse-info.ts';
import { asText, isArray, isError, pairsOf } from '../../core/reply.ts';
import type { Info, NodeError, Reply } from '../../core/types.ts';
import { type Call, call } from '../commands.ts';
import { isLost, type Lost } from '../lean-connection.ts';
import type { NodeLink } from './node-link.ts';
import { readers } from './readers.ts';
import { hotkeysGet } from './server-hotkeys.ts';

/** What the ladder is made of, and what the rungs need to run. */
export type Asked = {
	readonly facts: LadderFacts;
	readonly info: Info;
	readonly lfu: LfuSettings;
	/** Valkey's HOTKEYS: share of the accesses that are looked at, and how long a window is. */
	readonly sampling: { readonly share?: number; readonly seconds?: number };
};

export type LadderQuestions = {
	readonly target: HotTarget;
	/** As whom we are here, for ACL DRYRUN. */
	readonly user: string;
	/** Keys a second of the walk over LFU counters. */
	readonly lfuPace: number;
	/** What was learnt before on this watch: refusals in it are not asked for again. */
	readonly before?: LadderFacts;
	/** Whose a HOTKEYS session is that began at this time, in the process with this run id. */
	readonly whose: (runId: string | undefined, startedAt: number | undefined) => Promise<SessionOwner>;
};

/** Two visits. Never rejects. */
export async function askLadder(
	link: NodeLink,
	questions: LadderQuestions,
): Promise<Asked | { readonly failed: NodeError }> {
	const answer = await link.send([call('info')]);
	if (isLost(answer)) return { failed: answer.lost };
	const text = answer[0]!;
	if (typeof text !== 'string') {
		const why = isError(text) ? text.error : 'no answer to INFO';
		return { failed: { reason: 'other', text: `INFO: ${why}` } };
	}
	const info = parseInfo(text);
	const { before, target } = questions;
	const isCluster = info.isClusterEnabled ?? target.isCluster;
	const policy = info.maxmemoryPolicy ?? target.maxmemoryPolicy;
	const isLfu = policy?.endsWith('-lfu') ?? false;
	const wants = (known: Answer<unknown>, command: string) => !isRefused(known, command);

	const calls = new Map<string, Call>();
	if (wants(before?.hotkeys, 'hotkeys get')) calls.set('hotkeys', hotkeysGet());
	for (const { fact, command, question } of readers) {
		const asking = wants(before?.[fact], command) ? question({ isCluster, info }) : undefined;
		if (asking) calls.set(fact, asking);
	}
	// Where it could not be asked it cannot be now.
	if (!before || before.monitor) calls.set('monitor', call('aclDryrun', questions.user, 'MONITOR'));
	const isLfuKnown = before?.lfu !== undefined && 'got' in before.lfu;
	if (isLfu && !isLfuKnown && wants(before?.lfu, 'object freq'))
		calls.set('scan', call('scan', '0', 'COUNT', '10'));
	for (const name of settingsOf(info, isLfu)) calls.set(name, call('configGet', name));
	const found = await ask(link, calls);
	if ('lost' in found) return { failed: found.lost };

	const lfu = isLfu ? await lfuAnswer(link, found.get('scan'), before?.lfu) : undefined;
	const setting = (name: string) => settingOf(found.get(name), name);
	const topK = setting('hotkey-top-k');
	const sampled = setting('hotkey-sampling-percentage');
	return {
		facts: {
			node: target.address,
			server: info.server ?? target.server,
			version: info.version ?? target.version,
			isCluster,
			isReplica: info.role === 'replica',
			maxmemoryPolicy: policy,
			keys: keysIn(info.databases, 'keys') ?? target.keys,
			opsPerSecond: info.instantaneousOps,
			isTracked: info.isHotkeysTracking,
			hotkeys: (await hotkeysAnswer(found.get('hotkeys'), info, topK, questions)) ?? before?.hotkeys,
			...answersOf(found, before),
			lfu,
			monitor: dryrunAnswer(found.get('monitor')) ?? before?.monitor,
			lfuPace: questions.lfuPace,
		},
		info,
		lfu: { logFactor: setting('lfu-log-factor'), decayMinutes: setting('lfu-decay-time') },
		sampling: {
			share: sampled === undefined ? undefined : sampled / 100,
			seconds: setting('hotkey-window-seconds'),
		},
	};
}

const answersOf = (
	found: ReadonlyMap<string, Reply>,
	before: LadderFacts | undefined,
): Partial<LadderFacts> =>
	Object.assign(
		{},
		...readers.map(({ fact, answer }) => {
			const reply = found.get(fact);
			return reply === undefined ? { [fact]: before?.[fact] } : answer(reply);
		}),
	);

const isRefused = (known: Answer<unknown>, command: string) =>
	known !== undefined && 'error' in known && refusalOf(command, known.error) !== undefined;

/** One name a call: before 7.0 CONFIG GET takes no more. */
const settingsOf = (info: Info, isLfu: boolean): readonly string[] => [
	...(isLfu ? ['lfu-log-factor', 'lfu-decay-time'] : []),
	...(info.server === 'valkey'
		? ['hotkey-top-k', 'hotkey-sampling-percentage', 'hotkey-window-seconds']
		: []),
];

async function ask(
	link: NodeLink,
	calls: ReadonlyMap<string, Call>,
): Promise<ReadonlyMap<string, Reply> | Lost> {
	const answer = await link.send([...calls.values()]);
	if (isLost(answer)) return answer;
	return new Map([...calls.keys()].map((name, index) => [name, answer[index]!]));
}

async function hotkeysAnswer(
	reply: Reply | undefined,
	info: Info,
	topK: number | undefined,
	{ whose }: LadderQuestions,
): Promise<Answer<HotkeysFact>> {
	if (reply === undefined) return undefined;
	if (isError(reply)) return reply;
	const parsed = parseHotkeys(reply);
	if (!parsed) return { error: 'the answer to HOTKEYS GET is not one' };
	if (parsed.kind === 'session') {
		const state = parsed.isActive ? 'active' : 'over';
		return { got: { kind: 'session', state, whose: await whose(info.runId, parsed.startedAt) } };
	}
	if (parsed.kind === 'window') return { got: { kind: 'window', isOn: true } };
	// Nothing: nil is Redis without a session, an empty list is Valkey switched off or with nothing to tell.
	const isWindow = info.server === 'valkey' || (info.server === undefined && isArray(reply));
	return isWindow
		? { got: { kind: 'window', isOn: topK === undefined ? undefined : topK > 0 } }
		: { got: { kind: 'session', state: 'none', whose: 'somebody' } };
}

/** With the first key there is: an OBJECT FREQ of none would be a miss that applications are told of. */
async function lfuAnswer(
	link: NodeLink,
	reply: Reply | undefined,
	before: Answer<true>,
): Promise<Answer<true>> {
	if (reply === undefined) return before;
	if (isError(reply)) return { error: reply.error, command: 'scan' };
	const names = isArray(reply) && isArray(reply[1]) ? reply[1] : [];
	const first = names.flatMap(name => asText(name) ?? [])[0];
	if (first === undefined) return { got: true };
	const answer = await link.askEach(call('objectFreq'), 0, [first]);
	if (isLost(answer)) return { error: answer.lost.text };
	return isError(answer[0]) ? { error: answer[0].error } : { got: true };
}

/** OK, or the refusal as a text of its own; an error only says that it cannot be asked. */
function dryrunAnswer(reply: Reply | undefined): Answer<true> {
	const text = asText(reply);
	if (text === 'OK') return { got: true };
	if (text !== undefined) return { error: `NOPERM ${text}` };
	return isError(reply) && /not found/i.test(reply.error) && /command/i.test(reply.error)
		? { error: "ERR unknown command 'MONITOR'" }
		: undefined;
}

function settingOf(reply: Reply | undefined, name: string): number | undefined {
	const text = pairsOf(reply).get(name);
	const value = Number(text);
	return text === undefined || text === '' || !Number.isFinite(value) ? undefined : value;
}
