// The settings file: what the operator chose to keep. JSON, written only by `W`, read at the start. A file that is
// not right is refused with one line that says where, for a threshold that is silently ignored would be a lie.

import {
	chmodSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { isAllowRule, usualMostNodes } from './core/fleet/allow.ts';
import { longestSettable, type ReplyKind, type ReplyLimits, usualReplyLimits } from './core/reply-limits.ts';
import { printableText } from './core/text/printable.ts';
import { changeLimits, defaultLimits, delayLimits, type Limits, thresholds } from './core/thresholds.ts';
import { homeFolder } from './files/home-folder.ts';
import { linkProblem, ownerOnly } from './files/safe-file.ts';
import { readPrometheusUrl } from './prometheus-url.ts';
import type { ColumnSetName, Sort, State } from './state/state.ts';
import { columnFacts, columnSetNames } from './view/columns.ts';

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
	/** Of replies, in bytes. */
	readonly replyLimits?: ReplyLimits;
	/** Name to the words that stand for it on the command line: `"prod": ["10.0.1.11", "--tls"]`. */
	readonly fleets: Readonly<Record<string, readonly string[]>>;
	/** The last minutes that are kept in memory: how long, and how much at most; 0 seconds are none. */
	readonly dashcam?: { readonly seconds: number; readonly bytes: number };
	/** Commands that are told of findings. */
	readonly hooks?: readonly SettingsHook[];
	/** As written in the file, to be written back. */
	readonly thresholds?: unknown;
	/** Of a fleet by its name; `*` is of all others. */
	readonly prometheus?: Readonly<Record<string, SettingsPrometheus>>;
};

/** One with the time before. What the command line says of its URL and login goes before. */
export type SettingsPrometheus = {
	readonly url?: string;
	readonly user?: string;
	readonly passfile?: string;
	readonly bearer?: string;
	readonly cacert?: string;
	readonly cert?: string;
	readonly key?: string;
	readonly sni?: string;
	readonly insecure?: boolean;
	/** More of a selector: `cluster="prod"`. */
	readonly match?: string;
	/** The address of a series' node, made of its labels: `{pod}.redis:6379`. */
	readonly node?: string;
	/** The labels whose values name a fleet, where the fleets are those of the Prometheus: `environment/cluster`. */
	readonly groups?: string;
};

export type SettingsHook = {
	readonly command: string;
	readonly severity?: 'warn' | 'crit';
	readonly ids?: readonly string[];
};

export type SettingsResult = { readonly settings: Settings } | { readonly problem: string };

export function defaultSettingsFile(env: Readonly<Record<string, string | undefined>>): string {
	return join(env.XDG_CONFIG_HOME || join(homeFolder(), '.config'), 'redis-top', 'settings.json');
}

/** A file of settings is a page; whoever names a recording here has mistaken the flag. */
const largest = 1024 * 1024;

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
	if (text.length > largest) return { problem: `${path}: larger than 1M: no file of settings` };
	try {
		return parseSettings(JSON.parse(text), path, text);
	} catch (thrown) {
		// The message quotes the file, line ends and all.
		const { message } = thrown as Error;
		const line = lineAt(text, Number(/at position (\d+)/.exec(message)?.[1] ?? text.length));
		return { problem: printableText(`${path}: line ${line}: not JSON: ${message}`) };
	}
}

const lineAt = (text: string, position: number) => text.slice(0, position).split('\n').length;

const words = v.union([
	v.pipe(
		v.string(),
		v.transform(text => text.split(/\s+/).filter(word => word !== '')),
		v.minLength(1),
	),
	v.pipe(v.array(v.string()), v.minLength(1)),
]);
const isReversed = v.optional(v.boolean());
const sort = v.union([
	v.object({ by: v.picklist(['shards', 'worst']), isReversed }),
	v.object({
		by: v.literal('column'),
		column: v.pipe(
			v.string(),
			v.check(column => columnFacts.has(column)),
		),
		isReversed,
	}),
]);

const mebibyte = 1024 * 1024;
const megabytes = v.pipe(
	v.number(),
	v.minValue(0.1),
	v.maxValue(longestSettable / mebibyte),
	v.transform(number => Math.round(number * mebibyte)),
);

function megabytesOf(kinds: readonly ReplyKind[]) {
	return Object.fromEntries(kinds.map(kind => [kind, v.optional(megabytes)]));
}

const word = v.optional(v.pipe(v.string(), v.trim(), v.minLength(1)));
const prometheus = v.strictObject({
	url: v.optional(v.pipe(v.string(), v.check(isPlainUrl))),
	...{ user: word, passfile: word, bearer: word },
	...{ cacert: word, cert: word, key: word, sni: word, insecure: v.optional(v.boolean()) },
	...{ match: word, node: word, groups: word },
});

const fields = {
	delay: v.optional(v.pipe(v.number(), v.minValue(delayLimits.shortest), v.maxValue(delayLimits.longest))),
	columns: v.optional(v.picklist(columnSetNames)),
	sort: v.optional(sort),
	colors: v.optional(v.boolean()),
	thresholds: v.optional(v.unknown()),
	fleets: v.optional(v.pipe(v.custom<Record<string, unknown>>(isRecord), v.record(v.string(), words))),
	allow: v.optional(v.pipe(v.array(v.string()), v.everyItem(isAllowRule))),
	hooks: v.optional(
		v.array(
			v.strictObject({
				command: v.pipe(v.string(), v.trim(), v.minLength(1)),
				severity: v.optional(v.picklist(['warn', 'crit'])),
				ids: v.optional(v.array(v.picklist(thresholds.map(({ id }) => id)))),
			}),
		),
	),
	dashcam: v.optional(
		v.strictObject({
			minutes: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1440))),
			megabytes: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(4096))),
		}),
	),
	maxNodes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	replyLimits: v.optional(v.strictObject(megabytesOf(Object.keys(usualReplyLimits) as ReplyKind[]))),
	prometheus: v.optional(v.record(v.string(), prometheus)),
};
const schema = v.object(fields);

/** What would be right, whatever is wrong with it. */
const says: Readonly<Record<string, string>> = {
	delay: `delay must be ${delayLimits.shortest} to ${delayLimits.longest}`,
	columns: `columns must be one of ${columnSetNames.join(', ')}`,
	sort: 'sort must be {"by": "shards"}, {"by": "worst"} or {"by": "column", "column": "ops"}',
	colors: 'colors must be true or false',
	fleets: 'fleets must be names with lists: {"prod": ["10.0.1.11:6379", "--tls"]}',
	allow: 'allow must be networks and names: ["10.0.0.0/8", "fd00::/8", "*.redis.example"]',
	hooks:
		'hooks must be commands with what they are told of: [{"command": "notify", "severity": "crit", "ids": ["memory-high"]}]',
	replyLimits: `replyLimits must be megabytes, 0.1 to ${Math.floor(longestSettable / mebibyte)}, of ${Object.keys(usualReplyLimits).join(', ')}`,
	prometheus:
		'prometheus must be fleets, * for all others, with: {"*": {"url": "http://prometheus:9090", "match": "job=\\"redis\\"", "node": "{host}:6379"}}; a password is in the file passfile names',
	dashcam: 'dashcam must be {"minutes": 15, "megabytes": 64}: 0 to 1440 minutes, 1 to 4096 megabytes',
	maxNodes: `maxNodes must be a whole number, like ${usualMostNodes}`,
};

/** No password in a file that is shown around. */
function isPlainUrl(text: string): boolean {
	const read = readPrometheusUrl(text);
	return 'url' in read && read.password === undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseSettings(value: unknown, path: string, text: string): SettingsResult {
	/** With the line of the setting, where it stands but once. */
	const problem = (name: string, said: string) => {
		const at = text.indexOf(JSON.stringify(name));
		return { problem: `${path}: ${at < 0 ? '' : `line ${lineAt(text, at)}: `}${said}` };
	};
	if (!isRecord(value)) return { problem: `${path}: must be a JSON object` };
	const unknown = Object.keys(value).find(key => !Object.hasOwn(fields, key));
	if (unknown !== undefined)
		return problem(
			unknown,
			`unknown setting ${JSON.stringify(unknown)}; there are ${Object.keys(fields).join(', ')}`,
		);
	const read = v.safeParse(schema, value);
	if (!read.success) {
		const name = String(read.issues[0].path?.[0].key);
		return problem(name, says[name] ?? read.issues[0].message);
	}
	const { thresholds: limits, allow, maxNodes, hooks, replyLimits, prometheus, dashcam } = read.output;
	const changed = changeLimits(defaultLimits, limits ?? {});
	if ('problem' in changed) return problem('thresholds', changed.problem);
	return {
		settings: {
			delaySeconds: read.output.delay,
			columnSet: read.output.columns,
			sort: read.output.sort as Sort | undefined,
			isColour: read.output.colors,
			limits: changed.limits,
			thresholds: limits,
			fleets: read.output.fleets ?? {},
			...(allow && { allow }),
			...(dashcam && {
				dashcam: {
					seconds: (dashcam.minutes ?? 15) * 60,
					bytes: Math.round((dashcam.megabytes ?? 64) * mebibyte),
				},
			}),
			...(hooks && { hooks }),
			...(maxNodes !== undefined && { mostNodes: maxNodes }),
			...(replyLimits && { replyLimits }),
			...(prometheus && { prometheus }),
		},
	};
}

/** What no key changes, and `W` writes back. */
type KeptSettings = Pick<
	Settings,
	'thresholds' | 'fleets' | 'allow' | 'mostNodes' | 'hooks' | 'replyLimits' | 'prometheus' | 'dashcam'
>;

/** Writes what is set now; whole or not at all. The problem is one line. */
export function writeSettings(path: string, state: State, kept: KeptSettings): { readonly problem?: string } {
	const file = {
		delay: state.delaySeconds,
		columns: state.columnSet,
		sort: state.sort,
		colors: state.isColour,
		...(kept.thresholds !== undefined && { thresholds: kept.thresholds }),
		...(Object.keys(kept.fleets).length > 0 && { fleets: kept.fleets }),
		...(kept.allow !== undefined && { allow: kept.allow }),
		...(kept.mostNodes !== undefined && { maxNodes: kept.mostNodes }),
		...(kept.hooks !== undefined && { hooks: kept.hooks }),
		...(kept.dashcam && {
			dashcam: { minutes: kept.dashcam.seconds / 60, megabytes: kept.dashcam.bytes / mebibyte },
		}),
		...(kept.replyLimits && { replyLimits: inMegabytes(kept.replyLimits) }),
		...(kept.prometheus && { prometheus: kept.prometheus }),
	};
	try {
		const target = targetOf(path);
		if (typeof target === 'object') return { problem: `settings not written: ${path}: ${target.problem}` };
		replaceFile(target, `${JSON.stringify(file, null, '\t')}\n`);
		return {};
	} catch (thrown) {
		return {
			problem: `settings not written: ${path}: ${(thrown as NodeJS.ErrnoException).code ?? String(thrown)}`,
		};
	}
}

const inMegabytes = (limits: ReplyLimits) =>
	Object.fromEntries(Object.entries(limits).map(([kind, bytes]) => [kind, bytes / mebibyte]));

/** The file itself, where the path is a link to it: the link stays. */
function targetOf(path: string): string | { readonly problem: string } {
	if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
	const problem = linkProblem(path);
	return problem === undefined ? realpathSync(path) : { problem };
}

/** The new text takes the place of the old in one step, with its mode; what is new is for its owner alone. */
function replaceFile(path: string, text: string): void {
	const half = `${path}.${process.pid}.tmp`;
	const before = statSync(path, { throwIfNoEntry: false });
	mkdirSync(dirname(path), { recursive: true });
	try {
		const mode = before === undefined ? ownerOnly : before.mode & 0o777;
		writeFileSync(half, text, { mode, flag: 'wx' });
		// What was asked for, whatever the umask takes away.
		chmodSync(half, mode);
		renameSync(half, path);
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(half, { force: true });
		throw thrown;
	}
}
