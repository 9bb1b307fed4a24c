// The parts of the README that are made from the program's own tables: flags, keys, columns, findings, what is sent,
// and the picture. Each stands between `<!-- name -->` and `<!-- /name -->`. docs.test.ts fails when one is stale;
// `npm run docs` rewrites them.

import { readFileSync } from 'node:fs';
import { type AclLine, aclRights, lacksByTier, occasions, sentWords } from '../source/core/commands.ts';
import { figures, printedFigures } from '../source/core/figures.ts';
import { settingNames } from '../source/core/fleet/setting-names.ts';
import { knownServers, servicesAndProxies } from '../source/core/known-servers.ts';
import { figureMetrics, type Metric, totalMetrics } from '../source/core/metric-names.ts';
import { bytes, count, duration, percent } from '../source/core/text/quantity.ts';
import { thresholds } from '../source/core/thresholds.ts';
import type { Threshold } from '../source/core/types.ts';
import { flagTable } from '../source/flag-table.ts';
import { ownMetrics, processMetrics } from '../source/output/metrics.ts';
import type { ScreenName } from '../source/state/state.ts';
import { chooseColumns, columnFacts, columnIds, columnSetNames } from '../source/view/columns.ts';
import { type Group, helpEntries, keyName } from '../source/view/keymap.ts';
import { screens as allScreens, screenOf } from '../source/view/screens.ts';

export const readme = new URL('../README.md', import.meta.url);

const cell = (text: string) => text.replaceAll('|', '\\|');
const code = (text: string) => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`.replace(/ {2,}\|/g, ' |');
	return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const flags = () =>
	table(
		['flag', 'meaning'],
		flagTable.map(({ name, short, shown, about }) => [
			`${short ? `${code(`-${short}`)} ` : ''}${code(`--${name}${shown ? ` ${shown}` : ''}`)}`,
			about,
		]),
	);

const everywhere: readonly Group[] = ['SCREENS', 'MOVE', 'TABLE', 'TIME', 'ACT', 'REST'];
const screens = allScreens.map(({ name }) => name).filter(name => name !== 'help');

/** Every key with the screens where it does that; no screen named is all of them. */
function keys(): string {
	const rows = new Map<string, { cells: readonly string[]; on: Set<string> }>();
	const add = (screen: ScreenName, group: Group, isReplay: boolean) => {
		// Screens are opened from all; the words are the fleet's, where two of them have a second key for its row.
		if (group === 'SCREENS' && screen !== 'fleet') return;
		for (const entry of helpEntries(group, screenOf(screen).bindings, isReplay)) {
			const cells = [entry.keys.map(key => code(keyName(key, false))).join(' '), entry.label];
			const id = cells.join();
			if (!rows.has(id))
				rows.set(id, { cells: [...cells, isReplay ? ', in a recording' : ''], on: new Set() });
			for (const other of group === 'SCREENS' ? screens : [screen])
				rows.get(id)!.on.add(screenOf(other).screen.title);
		}
	};
	for (const isReplay of [false, true])
		for (const group of everywhere) for (const screen of screens) add(screen, group, isReplay);
	const place = (on: Set<string>) => (on.size === screens.length ? 'all' : [...on].join(', '));
	return table(
		['keys', 'does', 'on'],
		[...rows.values()].map(({ cells: [names, label, when], on }) => [names!, label!, `${place(on)}${when}`]),
	);
}

const titleOf = (id: (typeof columnIds)[number]) => columnFacts.get(id)!.title || 'bar';

/** The sets in reading order; bold is what fits 80 columns. */
function columnSets(): string {
	const needs = { hasSlots: true, hasGroups: true };
	const rows = columnSetNames.map(set => {
		const narrow = new Set(chooseColumns(set, 80, needs).map(({ id }) => id));
		const titles = chooseColumns(set, 1000, needs).map(({ id }) =>
			narrow.has(id) ? `**${titleOf(id)}**` : titleOf(id),
		);
		return [set, titles.join(' ')];
	});
	return table(['set', 'columns'], rows);
}

const figureRows = () =>
	printedFigures.map(id => {
		const own = columnIds.filter(column => columnFacts.get(column)!.figure === id);
		return [code(id), figures[id].about, own.map(titleOf).join(' ')];
	});

function metrics(): string {
	const all: readonly Metric[] = [
		...Object.values(ownMetrics),
		...totalMetrics.values(),
		...figureMetrics.values(),
		...Object.values(processMetrics),
	];
	return table(
		['metric', 'kind', 'what it is'],
		all.map(({ name, type, about }) => [code(name), type, about]),
	);
}

const columns = () =>
	table(
		['column', 'what it is'],
		columnIds.map(id => [titleOf(id), columnFacts.get(id)!.about]),
	);

function findings(): string {
	const rows = thresholds.map(row => [
		code(row.id),
		limit(row, row.warn),
		limit(row, row.crit),
		String(row.hold),
		row.why,
		Object.entries(row.extra ?? {})
			.map(([name, value]) => code(`${name} ${value}`))
			.join(' '),
	]);
	return table(['id', 'warn', 'crit', 'hold', 'why', 'further numbers'], rows);
}

function limit({ unit, worse }: Threshold, value: number | undefined): string {
	if (value === undefined) return '-';
	if (value === 0 || (unit === 'count' && value === 1)) return worse === 'below' ? 'none' : 'any';
	const texts: Partial<Record<Threshold['unit'], string>> = {
		share: percent(value),
		percent: `${value}%`,
		bytes: bytes(value),
		'per second': `${count(value)}/s`,
		seconds: duration(value),
		milliseconds: duration(value / 1000),
	};
	return `${worse === 'below' ? 'under ' : ''}${texts[unit] ?? count(value)}`;
}

function sends(): string {
	let when = '';
	const rows = occasions.map(occasion => {
		when = occasion.when || when;
		return [when, sentWords(occasion), occasion.why ?? ''];
	});
	return table(['when', 'what', ''], rows);
}

/** Lines that make a user, as the operator types them. */
const aclLines = (...rights: readonly string[]) =>
	['```', ...rights.map(each => `ACL SETUSER redis-top ${each}`), '```'].join('\n');

const aclOf = (...lines: readonly AclLine[]) => aclLines(...lines.map(line => aclRights(line)));

function aclTiers(): string {
	let last = '';
	const rows = lacksByTier().map(([tier, words, without]) => {
		const row = [tier === last ? '' : tier, words.map(code).join(' '), without];
		last = tier;
		return row;
	});
	return table(['tier', 'words', 'without it'], rows);
}

function servers(): string {
	const rows = [...knownServers]
		.reverse()
		.map(({ title, prefix, telltales, isSingleThreaded, untold, note }) => [
			title,
			code(telltales?.[0] ?? `${prefix}_version`),
			isSingleThreaded ? 'main thread' : 'process, all threads',
			untold.length === 0 ? '-' : untold.join(', '),
			note ?? '',
		]);
	return table(
		['server', 'known by', 'CPU', 'does not tell', ''],
		[
			...rows,
			...servicesAndProxies.map(({ title, knownBy, untold, note }) => [title, knownBy, '-', untold, note]),
		],
	);
}

const configList = () => `${settingNames.map(code).join(', ')}`;

function picture(): string {
	const frame = readFileSync(new URL('frames/fleet-incident.80x24.txt', import.meta.url), 'utf8');
	const lines = frame.trimEnd().split('\n');
	return `\`\`\`\n${lines.map(line => line.trimEnd()).join('\n')}\n\`\`\``;
}

const parts: Readonly<Record<string, () => string>> = {
	picture,
	flags,
	keys,
	'column-sets': columnSets,
	columns,
	figures: () => table(['figure', 'what it is', 'column'], figureRows()),
	findings,
	metrics,
	sends,
	servers,
	'config-names': configList,
	'acl-base': () => aclOf('base'),
	'acl-base-seven': () => aclLines(aclRights('base', [7, 0])),
	'acl-sentinel': () => aclOf('sentinel'),
	'acl-node': () => aclOf('node'),
	'acl-cluster': () => aclOf('cluster', 'cluster-migration'),
	'acl-keys': () => aclOf('keys', 'fields'),
	'acl-elements': () => aclOf('elements'),
	'acl-hot-keys': () => aclOf('hot-keys', 'hot-slots'),
	'acl-changes': () => aclOf('changes'),
	'acl-keep': () => aclOf('keep', 'keep-sentinel'),
	'acl-tiers': aclTiers,
};

/** The README as it would be with all parts made anew. A part without its markers, or markers without a part, throw. */
export function madeAnew(text: string): string {
	for (const [, name] of text.matchAll(/^<!-- ([a-z-]+) -->$/gm))
		if (!Object.hasOwn(parts, name!)) throw new Error(`README.md: nothing is made for <!-- ${name} -->`);
	return Object.entries(parts).reduce((made, [name, make]) => {
		const [open, close] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
		const from = made.indexOf(open);
		const to = made.indexOf(close, from);
		if (from < 0 || to < 0) throw new Error(`README.md: no ${open.trim()} … ${close.trim()}`);
		return `${made.slice(0, from + open.length)}\n${make()}\n${made.slice(to)}`;
	}, text);
}
