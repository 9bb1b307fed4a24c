// Hot keys without a screen: the result as a table for people, and as JSON after the contract. Beside the contract the
// JSON has how each key was found and what its figures are, the nodes, the ways each of them has, notes, and what could
// be done about a key. Names are printed as those of big keys are. Writes nothing itself.

import { byBytesFirst } from '../core/keys/hot-join.ts';
import type { HotKey, HotKeysCost, HotKeysResult, HotNode } from '../core/keys/hot-keys.ts';
import { type Ladder, methodName, type Rung } from '../core/keys/hot-ladder.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes, count, counted, duration, percent } from '../core/text/quantity.ts';
import { absentWords, adviceText, counterWords } from '../view/screens/hot-keys/advice-words.ts';
import { said } from '../view/screens/hot-keys/clauses.ts';
import { endText, endWords, isEarlyEnd, noteTexts } from '../view/screens/hot-keys/note-words.ts';
import { blindSpotWords, costWords, showsWords, whyText } from '../view/screens/hot-keys/rung-words.ts';
import { sessionWords, spanWord } from '../view/screens/hot-keys/ways.ts';
import { named, number, shownName } from './names.ts';
import { type PageForm, textForm } from './page-form.ts';
import { whole } from './text-table.ts';

// ---------------------------------------------------------------------------------------------------------
// JSON

export function hotKeysJson(result: HotKeysResult, ladders: readonly Ladder[] = []): object {
	return {
		version: 1,
		method: result.method,
		at: new Date(result.at).toISOString(),
		seconds: number(result.seconds),
		commands: result.commands,
		shareOf: result.shareOf,
		keys: result.keys.map(keyOf),
		others: result.others
			? {
					...{ hits: number(result.others.hits), share: result.others.share },
					keys: number(result.others.keys),
				}
			: null,
		patterns: result.patterns.map(({ pattern, share, hits, keys }) => ({
			...named('pattern', pattern),
			...{ share: number(share), hits, keys },
		})),
		byCommand: result.byCommand.map(({ command, share, hits }) => ({
			...{ command: printableText(command), share: number(share), hits },
		})),
		byClient: result.byClient.map(({ client, share, hits }) => ({
			...{ client: printableText(client), share: number(share), hits },
		})),
		slots: result.slots.map(({ slot, node, share, keys, ...rates }) => ({
			...{ slot, node, share: number(share), keys: number(keys) },
			cpuMicrosecondsPerSecond: number(rates.cpuMicrosecondsPerSecond),
			inputBytesPerSecond: number(rates.inputBytesPerSecond),
			outputBytesPerSecond: number(rates.outputBytesPerSecond),
			...(rates.shareOf && { shareOf: rates.shareOf }),
			...(rates.memoryBytes !== undefined && { memoryBytes: rates.memoryBytes }),
		})),
		nodes: result.nodes.map(nodeOf),
		ladders: ladders.map(({ node, used, rungs }) => ({ node, used: used ?? null, rungs: rungs.map(rungOf) })),
		notes: noteTexts(result).map(note => printableText(note)),
		cost: costOf(result.cost),
	};
}

function keyOf(key: HotKey) {
	const { ttlSeconds, mitigations } = key;
	return {
		...named('key', key.key),
		...{ method: key.method, share: number(key.share), low: number(key.low), high: number(key.high) },
		...{ hits: number(key.hits), error: number(key.error), hitsPerSecond: number(key.hitsPerSecond) },
		readShare: number(key.readShare),
		...(key.method === 'lfu' && { counter: number(key.counter), about: counterWords(key) ?? null }),
		...(key.isUnsure && { unsure: true }),
		...(key.cpuMicroseconds !== undefined && { cpuMicroseconds: key.cpuMicroseconds }),
		...(key.netBytes !== undefined && { netBytes: key.netBytes }),
		...(key.netShare !== undefined && {
			...{ netShare: key.netShare, netLow: number(key.netLow), netHigh: number(key.netHigh) },
		}),
		...{ node: key.node, db: number(key.db), slot: number(key.slot) },
		...{
			type: key.type ?? null,
			encoding: key.encoding ?? null,
			ttlSeconds: number(ttlSeconds ?? undefined),
		},
		// null would also be "has none".
		...(ttlSeconds === undefined && { ttlKnown: false }),
		// null: it could not be asked.
		exists: key.exists ?? null,
		...{ bytes: number(key.bytes), clients: number(key.clients) },
		topCommand: key.topCommand === undefined ? null : printableText(key.topCommand),
		topCommandShare: number(key.topCommandShare),
		replicas: key.replicas,
		mitigations: mitigations.map(mitigation => ({
			...{ id: mitigation.id, helps: mitigation.helps },
			remainingPerSecond: number(mitigation.remainingPerSecond),
			text: printableText(adviceText(mitigation)),
		})),
	};
}

const printed = (text: string | undefined) => (text === undefined ? null : printableText(text));

const nodeOf = (node: HotNode) => ({
	...{ node: node.node, method: node.method, seconds: number(node.seconds) },
	...{ commands: node.commands, bytes: node.bytes, endedBy: node.endedBy },
	text: printed(endText(node)),
	...{ opsBefore: number(node.opsBefore), opsDuring: number(node.opsDuring) },
	...(node.session && {
		session: {
			...{ whose: node.session.whose, isActive: node.session.isActive },
			startedAt: node.session.startedAt === undefined ? null : new Date(node.session.startedAt).toISOString(),
			...{ seconds: node.session.seconds, sampleRatio: node.session.sampleRatio },
			onlySlots: node.session.onlySlots ?? null,
		},
	}),
});

const rungOf = (rung: Rung) => ({
	...{ method: rung.method, state: rung.state, why: printed(whyText(rung)), enable: rung.enable ?? null },
	...{ window: showsWords(rung), cost: costWords(rung), blindSpot: said(blindSpotWords(rung)) },
});

const costOf = (cost: HotKeysCost) => ({
	...{ commands: cost.commands, inputBytes: cost.inputBytes, outputBytes: cost.outputBytes },
	...{ hitsAdded: cost.hitsAdded, serverMicroseconds: number(cost.serverMicroseconds) },
});

// ---------------------------------------------------------------------------------------------------------
// Text

const mostPatterns = 20;
const mostNames = 10;
const mostByBytes = 20;
/** Keys of which it is said what could be done. */
const mostAdvised = 3;
/** Under this share of all commands nothing needs to be done. */
const advisedShare = 0.02;

/** The result as tables, without a newline at its end. */
export function hotKeysText(
	result: HotKeysResult,
	ladders: readonly Ladder[] = [],
	form: PageForm = textForm,
): string {
	const sections = [
		[
			form.head(headOf(result)),
			...form.lines([
				...result.nodes.filter(node => !isInNotes(node, result)).flatMap(endedLine),
				...result.nodes.flatMap(sessionLine),
				...noteTexts(result).map(note => `note: ${printableText(note)}`),
			]),
		],
		keyTable(result, form),
		bytesTable(result, form),
		...result.keys
			.filter(isAdvised)
			.slice(0, mostAdvised)
			.map(key => adviceLines(key, form)),
		patternLines(result, form),
		nameLine(
			'BY COMMAND',
			result.byCommand.map(({ command, share }) => [command, share]),
			form,
		),
		nameLine(
			'BY CLIENT',
			result.byClient.map(({ client, share }) => [client, share]),
			form,
		),
		slotLines(result, form),
		form.lines(wayLines(ladders)),
		form.lines([costLine(result)]),
	];
	return sections
		.filter(lines => lines.length > 0)
		.map(lines => lines.join('\n'))
		.join('\n\n');
}

function headOf({ commands, seconds, nodes, method, keys }: HotKeysResult): string {
	const where =
		nodes.length > 1 ? ` on ${nodes.length} nodes` : nodes[0] ? ` on ${printableText(nodes[0].node)}` : '';
	const by = `by ${methodName(method)}${where}`;
	if (nodes.length === 0) return 'hot keys: nothing could be sampled';
	if (commands > 0) return `sampled ${whole(commands)} commands in ${spanWord(seconds)} ${by}`;
	if (nodes.every(({ endedBy }) => endedBy === 'refused'))
		return `hot keys: nothing could be sampled${where}`;
	if (nodes.some(({ session }) => session)) {
		const many = keys.length === 0 ? 'no key was used' : counted(keys.length, 'key', whole);
		return `${many} in ${spanWord(seconds)} ${by}`;
	}
	return method === 'monitor' ? `no command in ${spanWord(seconds)} ${by}` : `${keys.length} keys ${by}`;
}

/** `127.0.0.1:6379: a session that somebody else has started, one command of 10, 45s so far`. */
function sessionLine({ node, session, endedBy }: HotNode, _: number, nodes: readonly HotNode[]): string[] {
	if (!session) return [];
	const { whose, isActive, seconds, startedAt } = session;
	const name = nodes.length > 1 ? `${printableText(node)}: ` : '';
	const span = spanWord(seconds);
	const began = startedAt === undefined ? '' : `, began ${new Date(startedAt).toISOString()}`;
	const isCut = whose === 'ours' && endedBy !== 'time';
	const state = isCut
		? `${span} until it was stopped`
		: whose !== 'ours' && isActive
			? `${span} so far`
			: span;
	return [`${name}${sessionWords(session)}, ${state}${began}${whose === 'ours' ? ', reset' : ''}`];
}

const endedLine = (node: HotNode): string[] =>
	isEarlyEnd(node) ? [`${printableText(node.node)}: ${printableText(endWords(node))}`] : [];

/** A node that is in no figure, or is gone, has a note of its own. */
const isInNotes = ({ node, why }: HotNode, { notes }: HotKeysResult) =>
	why !== undefined &&
	notes.some(note => (note.kind === 'not-in-figures' || note.kind === 'node-silent') && note.node === node);

type Cell = {
	readonly title: string;
	readonly isText?: boolean;
	/** Undefined where the key has no such figure; the column is left out where none has. */
	readonly of: (key: HotKey) => string | undefined;
};

function keyTable(result: HotKeysResult, form: PageForm): string[] {
	const { keys, others } = result;
	if (keys.length === 0) return form.lines(['no keys']);
	const isOne = (name: 'node' | 'method') => new Set(keys.map(key => key[name])).size === 1;
	const all: readonly Cell[] = [
		{
			title: 'SHARE',
			of: ({ share, isUnsure }) =>
				share === undefined ? undefined : `${exactPercent(share)}${isUnsure ? '?' : ''}`,
		},
		{
			title: 'BETWEEN',
			of: ({ low, high }) =>
				low === undefined || high === undefined ? undefined : `${exactPercent(low)}-${exactPercent(high)}`,
		},
		{
			title: 'HITS',
			of: ({ hits, error = 0 }) => (hits === undefined ? undefined : `${error > 0 ? '<' : ''}${whole(hits)}`),
		},
		{
			title: 'PER S',
			of: ({ hits, hitsPerSecond }) =>
				hits !== undefined || hitsPerSecond === undefined ? undefined : count(hitsPerSecond),
		},
		{
			title: 'TIME',
			of: ({ cpuMicroseconds }) =>
				cpuMicroseconds === undefined ? undefined : duration(cpuMicroseconds / 1e6),
		},
		{ title: 'NET', of: ({ netBytes }) => (netBytes === undefined ? undefined : bytes(netBytes)) },
		{ title: 'FREQ', of: ({ counter }) => (counter === undefined ? undefined : String(counter)) },
		{ title: 'MEANS', isText: true, of: counterWords },
		{ title: 'TYPE', isText: true, of: typeText },
		{
			title: 'TTL',
			of: ({ ttlSeconds }) =>
				ttlSeconds === undefined ? undefined : ttlSeconds === null ? 'none' : duration(ttlSeconds),
		},
		{ title: 'SIZE', of: key => (key.bytes === undefined ? undefined : bytes(key.bytes)) },
		{
			title: 'TOP CMD',
			isText: true,
			of: ({ topCommand }) => (topCommand === undefined ? undefined : printableText(topCommand)),
		},
		{ title: 'CLIENTS', of: ({ clients }) => (clients === undefined ? undefined : whole(clients)) },
		{ title: 'SLOT', of: ({ slot }) => (slot === undefined ? undefined : String(slot)) },
		{ title: 'DB', of: ({ db }) => (db === undefined || db === 0 ? undefined : String(db)) },
		{ title: 'BY', isText: true, of: ({ method }) => (isOne('method') ? undefined : methodName(method)) },
		{ title: 'NODE', isText: true, of: ({ node }) => (isOne('node') ? undefined : printableText(node)) },
		{ title: 'KEY', isText: true, of: ({ key }) => shownName(key) },
	];
	const cells = all.filter(cell => keys.some(key => cell.of(key) !== undefined));
	const lines = form.table(
		[cells.map(({ title }) => title), ...keys.map(key => cells.map(cell => cell.of(key) ?? '-'))],
		cells,
	);
	const foot = others && otherWords(others, result);
	return foot === undefined ? lines : [...lines, form.foot(foot)];
}

function otherWords(
	{ hits, share, keys }: NonNullable<HotKeysResult['others']>,
	{ shareOf }: HotKeysResult,
): string | undefined {
	if (hits === undefined || keys === undefined) return `other keys ${exactPercent(share)} of the ${shareOf}`;
	return keys > 0
		? `other keys ${whole(hits)} hits ${exactPercent(share)}, ${whole(keys)} distinct`
		: undefined;
}

/** The second order of a HOTKEYS session. */
function bytesTable({ keys }: HotKeysResult, form: PageForm): string[] {
	const rows = byBytesFirst(keys).slice(0, mostByBytes);
	if (rows.length === 0) return [];
	const between = ({ netLow, netHigh }: HotKey) =>
		netLow === undefined || netHigh === undefined ? '-' : `${exactPercent(netLow)}-${exactPercent(netHigh)}`;
	return form.table(
		[
			['BYTES', 'BETWEEN', 'NET', 'KEY'],
			...rows.map(key => [
				exactPercent(key.netShare!),
				between(key),
				key.netBytes === undefined ? '-' : bytes(key.netBytes),
				shownName(key.key),
			]),
		],
		[{}, {}, {}, { isText: true }],
	);
}

/** A key that is read and not there has no type. */
const typeText = ({ type, exists }: HotKey) =>
	exists === false ? 'absent' : type === undefined ? undefined : printableText(type);

/** Shares of hot keys differ in the tenth of a percent; under that `<0.1%`. */
const exactPercent = (share: number) =>
	share > 0 && share < 0.0005 ? '<0.1%' : `${(share * 100).toFixed(1)}%`;

const isAdvised = ({ share = 0, mitigations }: HotKey) => share >= advisedShare && mitigations.length > 0;

function adviceLines(key: HotKey, form: PageForm): string[] {
	const used = [
		...(key.slot === undefined ? [] : [`slot ${key.slot}`]),
		...(key.topCommand === undefined
			? []
			: [`${printableText(key.topCommand)} ${percent(key.topCommandShare ?? 1)}`]),
		...(key.readShare === undefined ? [] : [`reads ${percent(key.readShare)}`]),
		...(key.exists === false ? [absentWords(key)] : []),
	];
	return [
		form.title([shownName(key.key), ...used].join('  ')),
		...form.lines(
			key.mitigations.map(each => `  ${each.helps ? '' : 'no: '}${printableText(adviceText(each))}`),
		),
	];
}

function patternLines({ patterns }: HotKeysResult, form: PageForm): string[] {
	if (patterns.length === 0) return [];
	const rows = patterns
		.slice(0, mostPatterns)
		.map(({ pattern, share, hits, keys }) => [
			exactPercent(share),
			whole(hits),
			whole(keys),
			shownName(pattern),
		]);
	const lines = form.table([['SHARE', 'HITS', 'KEYS', 'PATTERN'], ...rows], [{}, {}, {}, { isText: true }]);
	const more = patterns.length - mostPatterns;
	return more > 0 ? [...lines, form.foot(`and ${whole(more)} more`)] : lines;
}

function nameLine(title: string, names: readonly (readonly [string, number])[], form: PageForm): string[] {
	if (names.length === 0) return [];
	const shown = names.slice(0, mostNames);
	const rest = 1 - shown.reduce((sum, [, share]) => sum + share, 0);
	return form.lines([
		[
			title,
			...shown.map(([name, share]) => `${printableText(name)} ${exactPercent(share)}`),
			...(names.length > shown.length ? [`other ${exactPercent(Math.max(0, rest))}`] : []),
		].join('   '),
	]);
}

function slotLines({ slots }: HotKeysResult, form: PageForm): string[] {
	const hot = slots.slice(0, mostNames);
	if (hot.length === 0) return [];
	const perSecond = (value: number | undefined) => (value === undefined ? '-' : `${bytes(value)}/s`);
	const rows = hot.map(slot => [
		String(slot.slot),
		exactPercent(slot.share),
		perSecond(slot.inputBytesPerSecond),
		perSecond(slot.outputBytesPerSecond),
		slot.keys === undefined ? '-' : whole(slot.keys),
		printableText(slot.node),
	]);
	return form.table(
		[['SLOT', 'TIME', 'IN', 'OUT', 'KEYS', 'NODE'], ...rows],
		[{}, {}, {}, {}, {}, { isText: true }],
	);
}

/** What would tell more, and is not there: said once for all nodes that lack it. */
function wayLines(ladders: readonly Ladder[]): string[] {
	const said = new Map<string, number>();
	for (const { rungs } of ladders)
		for (const rung of rungs) {
			const { method, state, enable } = rung;
			if (state !== 'unavailable' || enable === undefined) continue;
			const why = printableText(whyText(rung) ?? '');
			const line = `${methodName(method)}: ${why}; would enable it: ${printableText(enable)}`;
			said.set(line, (said.get(line) ?? 0) + 1);
		}
	return [...said].map(([line, nodes]) =>
		ladders.length > 1 ? `${line} (${nodes} of ${ladders.length} nodes)` : line,
	);
}

function costLine({ cost }: HotKeysResult): string {
	const server =
		cost.serverMicroseconds === undefined
			? ''
			: `, ${duration(cost.serverMicroseconds / 1e6)} of the servers' time`;
	return `cost: ${whole(cost.commands)} commands, ${bytes(cost.outputBytes)} read, ${whole(cost.hitsAdded)} keyspace hits added${server}`;
}
