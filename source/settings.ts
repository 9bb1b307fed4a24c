// The settings file: what the operator chose to keep. JSON, written only by `W`, read at the start. A file that is
// not right is refused with one line that says where, for a threshold that is silently ignored would be a lie.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isAllowRule, usualMostNodes } from './core/fleet/allow.ts';
import { printableText } from './core/text/printable.ts';
import { changeLimits, defaultLimits, type Limits } from './core/thresholds.ts';
import { longestDelay, shortestDelay } from './flags.ts';
import { columnFacts, columnSetNames } from './state/columns.ts';
import type { ColumnSetName, Sort, State } from './state/state.ts';

export type Settings = {
	readonly delaySeconds?: number;
	readonly columnSet?: ColumnSetName;
	readonly sort?: Sort;
	readonly isColour?: boolean;
	readonly limits: Limits;
	/** Networks and names that may be dialled beside what was named. */
	readonly allow?: readonly string[];
	/** Of one seed. */
	readonly mostNodes?: number;
	/** Name to the words that stand for it on the command line: `"prod": ["10.0.1.11", "--tls"]`. */
	readonly fleets: Readonly<Record<string, readonly string[]>>;
	/** As written in the file, to be written back. */
	readonly thresholds?: unknown;
};

export type SettingsResult = { readonly settings: Settings } | { readonly problem: string };

export function defaultSettingsFile(env: Readonly<Record<string, string | undefined>>): string {
	return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'redis-top', 'settings.json');
}

/** Reads the file. One that was not named and is not there is no problem. */
export function readSettings(path: string, isNamed: boolean): SettingsResult {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (thrown) {
		const code = (thrown as NodeJS.ErrnoException).code;
		if (!isNamed && (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES'))
			return { settings: { limits: defaultLimits, fleets: {} } };
		return { problem: `--config: cannot read ${path}: ${code === 'ENOENT' ? 'no such file' : String(code)}` };
	}
	try {
		return parseSettings(JSON.parse(text), path);
	} catch (thrown) {
		// The message quotes the file, line ends and all.
		return { problem: printableText(`${path}: not JSON: ${(thrown as Error).message}`) };
	}
}

const known = ['delay', 'columns', 'sort', 'colors', 'thresholds', 'fleets', 'allow', 'maxNodes'];

function parseSettings(value: unknown, path: string): SettingsResult {
	const problem = (text: string) => ({ problem: `${path}: ${text}` });
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		return problem('must be a JSON object');
	const file = value as Record<string, unknown>;
	const unknown = Object.keys(file).find(key => !known.includes(key));
	if (unknown !== undefined)
		return problem(`unknown setting ${JSON.stringify(unknown)}; there are ${known.join(', ')}`);
	const { delay, columns, sort, colors, thresholds, fleets, allow, maxNodes } = file;
	if (delay !== undefined && !(typeof delay === 'number' && delay >= shortestDelay && delay <= longestDelay))
		return problem(`delay must be ${shortestDelay} to ${longestDelay}`);
	if (columns !== undefined && !columnSetNames.includes(columns as ColumnSetName))
		return problem(`columns must be one of ${columnSetNames.join(', ')}`);
	if (colors !== undefined && typeof colors !== 'boolean') return problem('colors must be true or false');
	if (sort !== undefined && !isSort(sort))
		return problem('sort must be {"by": "shards"}, {"by": "worst"} or {"by": "column", "column": "ops"}');
	if (allow !== undefined && !isAllowList(allow))
		return problem('allow must be networks and names: ["10.0.0.0/8", "fd00::/8", "*.redis.example"]');
	if (maxNodes !== undefined && !(Number.isInteger(maxNodes) && (maxNodes as number) >= 1))
		return problem(`maxNodes must be a whole number, like ${usualMostNodes}`);
	const named = fleetsIn(fleets);
	if ('problem' in named) return problem(named.problem);
	const changed = changeLimits(defaultLimits, thresholds ?? {});
	if ('problem' in changed) return problem(changed.problem);
	return {
		settings: {
			delaySeconds: delay as number | undefined,
			columnSet: columns as ColumnSetName | undefined,
			sort: sort as Sort | undefined,
			isColour: colors as boolean | undefined,
			limits: changed.limits,
			thresholds,
			fleets: named.fleets,
			...(allow !== undefined && { allow: allow as readonly string[] }),
			...(maxNodes !== undefined && { mostNodes: maxNodes as number }),
		},
	};
}

type Fleets = Settings['fleets'];

/** Named fleets: a list of the words of the command line, or one string of them. */
function fleetsIn(value: unknown): { readonly fleets: Fleets } | { readonly problem: string } {
	if (value === undefined) return { fleets: {} };
	const problem = 'fleets must be names with lists: {"prod": ["10.0.1.11:6379", "--tls"]}';
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem };
	const fleets: Record<string, readonly string[]> = {};
	for (const [name, words] of Object.entries(value)) {
		const list = typeof words === 'string' ? words.split(/\s+/).filter(word => word !== '') : words;
		if (!Array.isArray(list) || list.length === 0 || !list.every(word => typeof word === 'string'))
			return { problem };
		fleets[name] = list;
	}
	return { fleets };
}

const isAllowList = (value: unknown): value is readonly string[] =>
	Array.isArray(value) && value.every(rule => typeof rule === 'string' && isAllowRule(rule));

function isSort(value: unknown): value is Sort {
	if (typeof value !== 'object' || value === null) return false;
	const { by, column, isReversed } = value as Partial<Sort>;
	return (
		(by === 'shards' || by === 'worst' || (by === 'column' && columnFacts.has(column ?? ''))) &&
		(isReversed === undefined || typeof isReversed === 'boolean')
	);
}

/** Writes what is set now; whole or not at all. The problem is one line. */
export function writeSettings(
	path: string,
	state: State,
	{ thresholds, fleets, allow, mostNodes }: Pick<Settings, 'thresholds' | 'fleets' | 'allow' | 'mostNodes'>,
): { readonly problem?: string } {
	const file = {
		delay: state.delaySeconds,
		columns: state.columnSet,
		sort: state.sort,
		colors: state.isColour,
		...(thresholds !== undefined && { thresholds }),
		...(Object.keys(fleets).length > 0 && { fleets }),
		...(allow !== undefined && { allow }),
		...(mostNodes !== undefined && { maxNodes: mostNodes }),
	};
	const half = `${path}.${process.pid}.tmp`;
	try {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(half, `${JSON.stringify(file, null, '\t')}\n`);
		renameSync(half, path);
		return {};
	} catch (thrown) {
		if (existsSync(half)) rmSync(half, { force: true });
		return {
			problem: `settings not written: ${path}: ${(thrown as NodeJS.ErrnoException).code ?? String(thrown)}`,
		};
	}
}
