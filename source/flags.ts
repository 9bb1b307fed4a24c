// The command line, as the contract has it: read by meow, checked here, so that every mistake gets one line that
// says what is wrong and what would be right, before anything is connected. Secrets do not belong on a command
// line: REDISCLI_AUTH or --askpass; -a is taken with redis-cli's warning.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import meow from 'meow';
import type { ScanLimits } from './core/keys/big-keys.ts';
import { longestMarker } from './core/markers.ts';
import { isMoment } from './core/text/moment.ts';
import { printableText } from './core/text/printable.ts';
import { canDrawOn } from './core/text/terminal-kind.ts';
import { delayLimits, thresholds } from './core/thresholds.ts';
import { flagTable, helpText, type Shell, shells, versionText } from './flag-table.ts';
import { plainWords, WrongUsage, withScenario, wrong } from './flag-words.ts';
import { readPrometheusUrl } from './prometheus-url.ts';
import { fleetsOf, parseSeed, type Seed } from './seed.ts';
import { type RunbookId, runbookIds, runbookNamed } from './state/runbook-screen.ts';

/** `service`: --metrics and nothing else, no terminal. */
export type Mode = 'live' | 'batch' | 'json' | 'check' | 'wait' | 'service';

export type Flags = {
	readonly mode: Mode;
	readonly seeds: readonly Seed[];
	readonly user?: string;
	readonly password?: string;
	readonly isPasswordOnCommandLine: boolean;
	readonly asksPassword: boolean;
	/** What connections need and is in files: read again for each. */
	readonly files?: {
		readonly password?: string;
		readonly ca?: string;
		/** --cacertdir */
		readonly caFolder?: string;
		readonly cert?: string;
		readonly key?: string;
	};
	readonly sentinelUser?: string;
	readonly sentinelPassword?: string;
	/** --tls: for every seed. A rediss:// seed says it for itself. */
	readonly isTls: boolean;
	readonly ca?: Buffer;
	readonly cert?: Buffer;
	readonly key?: Buffer;
	readonly serverName?: string;
	/** OpenSSL's list, of TLS 1.3 and before. */
	readonly ciphers?: string;
	/** -4 or -6: names are resolved to addresses of this kind alone. */
	readonly ipFamily?: 4 | 6;
	readonly isInsecure: boolean;
	readonly nat: ReadonlyMap<string, string>;
	/** Every connection goes through this command. */
	readonly via?: string;
	/** --ssh: [USER@]HOST[:PORT], whose login is to be opened first. */
	readonly ssh?: string;
	/** --prometheus and its login. */
	readonly prometheus?: PrometheusFlags;
	/** No address: the fleets are those that it knows. */
	readonly isFromPrometheus?: true;
	readonly isDiscoveryOn: boolean;
	readonly delaySeconds?: number;
	readonly count?: number;
	/** There is a terminal, and TERM names none that a screen could be drawn on. */
	readonly lacksScreen: boolean;
	/** --json, alone or with --check. */
	readonly isJson: boolean;
	readonly isAscii: boolean;
	readonly isColourOff: boolean;
	readonly configFile?: string;
	readonly logFile?: string;
	readonly recordFile?: string;
	/** --keep-on critical DIR */
	readonly keepOn?: string;
	/** --record DIR: a file an hour, and what of it is to be kept. */
	readonly recordFolder?: { readonly path: string; readonly keep: { seconds?: number; bytes?: number } };
	/** A recorder without a terminal prints nothing. */
	readonly isSilent?: boolean;
	/** --append */
	readonly isAppended: boolean;
	readonly replayFile?: string;
	/** Of --replay: --at, --from, --to as they were typed. */
	readonly part?: { readonly from?: string; readonly to?: string; readonly fromName: 'at' | 'from' };
	/** --bell */
	readonly rings: boolean;
	/** Scenario of --demo. */
	readonly demo?: string;
	/** --bigkeys: a scan instead of watching; `mode` says how it is printed. */
	readonly scansBigKeys: boolean;
	/** --hotkeys: likewise. */
	readonly findsHotKeys: boolean;
	/** --wait: what for, for how long it is to hold, and when it is given up. */
	readonly wait?: { readonly goal: string; readonly seconds: number; readonly timeoutSeconds: number };
	/** --on-finding */
	readonly hook?: string;
	/** --metrics; without a host it is loopback. */
	readonly metrics?: { readonly host?: string; readonly port: number };
	/** --runbook: its checks once, as Markdown. */
	readonly runbook?: RunbookId;
	/** False with --no-scan. */
	readonly scansInRunbook: boolean;
	/** --allow-changes */
	readonly isChangesAllowed: boolean;
	readonly rate: number;
	readonly top: number;
	readonly isExact: boolean;
	/** --pattern and --db. */
	readonly scanOnly?: ScanLimits;
	/** --compare and --report: of a recording, which is played without waiting. */
	readonly past?: Past;
	/** --cursor: where a scan that is stopped is kept, and goes on from. */
	readonly cursorFile?: string;
};

export type PrometheusFlags = {
	/** Without user and password. */
	readonly url: string;
	readonly user?: string;
	/** Of the URL. */
	readonly password?: string;
	/** Files that are read for each question. */
	readonly passfile?: string;
	readonly bearerFile?: string;
};

export type Past = {
	readonly kind: 'compare' | 'report';
	/** A part of the text of a marker, or a time of day as it is printed; undefined is the newest. */
	readonly marker?: string;
	readonly windowSeconds: number;
	readonly settlingSeconds: number;
	/** This node alone. */
	readonly node?: string;
};

export type FlagsResult =
	| { readonly kind: 'run'; readonly flags: Flags }
	| { readonly kind: 'print'; readonly text: string }
	| { readonly kind: 'complete'; readonly shell: Shell }
	/** --mark and --to. */
	| { readonly kind: 'mark'; readonly text: string; readonly to?: string }
	| { readonly kind: 'wrong'; readonly text: string };

const shellNamed = (name: string): Shell =>
	shells.find(shell => shell === name) ?? wrong(`--completion ${name}: the shells are ${shells.join(', ')}`);

export type Environment = {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly isTerminal: boolean;
	readonly version: string;
	/** Fleets of the settings file: name to the words that stand for it on the command line. */
	readonly fleets?: Readonly<Record<string, readonly string[]>>;
	/** Where those are kept, for the message about a name that is not there. */
	readonly configFile?: string;
	/** Scenarios of --demo, the default first. */
	readonly scenarios?: readonly string[];
};

/** The file of --config, before anything else is read: it says what `@prod` means. */
export function namedConfigFile(argv: readonly string[]): string | undefined {
	const at = argv.findIndex(word => word === '--config' || word.startsWith('--config='));
	if (at < 0) return undefined;
	return argv[at]!.includes('=') ? argv[at]!.slice('--config='.length) : argv[at + 1];
}

/** Reads argv (without node and script). Opens no connection, but reads the files that are named. */
export function readFlags(argv: readonly string[], environment: Environment): FlagsResult {
	try {
		const given = parse(argv, environment);
		if (given.flags.help) return { kind: 'print', text: helpText() };
		if (given.flags.version) return { kind: 'print', text: versionText(environment.version) };
		const shell = textOf(given, 'completion');
		if (shell !== undefined) return { kind: 'complete', shell: shellNamed(shell) };
		const mark = textOf(given, 'mark');
		if (mark !== undefined) return { kind: 'mark', ...markOf(given, mark) };
		return { kind: 'run', flags: check(given, environment) };
	} catch (thrown) {
		// What was typed is quoted in it: on one line, and nothing that a terminal would obey.
		if (thrown instanceof WrongUsage) return { kind: 'wrong', text: printableText(thrown.message) };
		throw thrown;
	}
}

type Given = {
	readonly flags: Record<string, string | number | boolean | string[] | undefined>;
	readonly addresses: readonly string[];
	/** Addresses that a fleet of the settings file stands for, and its name. */
	readonly fleetNames: ReadonlyMap<string, string>;
	/** How connections to such a fleet are made, by its name. */
	readonly ways: ReadonlyMap<string, Way>;
};

type Way = Pick<Seed, 'via' | 'ssh'>;

const camelCased = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const dashed = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

function parse(
	argv: readonly string[],
	{ version, fleets = {}, configFile, scenarios = [] }: Environment,
): Given {
	const fleetNames = new Map<string, string>();
	const ways = new Map<string, Way>();
	const wordsOfFleet = (word: string) => {
		const name = word.slice(1);
		const meant = Object.hasOwn(fleets, name) ? fleets[name] : undefined;
		if (!meant) return wrong(`no fleet ${word} in ${configFile}${namesOf(fleets)}`);
		const { rest, way } = withoutWay(meant);
		if (way) ways.set(name, way);
		for (const each of rest) fleetNames.set(each, name);
		return rest;
	};
	const { words, addresses } = plainWords(withKeepOn(withScenario(argv, scenarios)), wordsOfFleet);
	const types = { text: 'string', number: 'string', none: 'boolean' } as const;
	const flags = Object.fromEntries(
		// What is not among the words has no value, and to have it declared would take its time.
		flagTable
			.filter(flag => words.some(word => word === `--${flag.name}` || word.startsWith(`--${flag.name}=`)))
			.map(flag => {
				const name = camelCased(flag.name);
				// meow reads --no-color as color: false; it is declared by the name it ends up under.
				const key = flag.name.startsWith('no-') ? flag.name.slice(3) : name;
				return [key, { type: types[flag.value], isMultiple: flag.value !== 'none' || undefined }];
			}),
	);
	const read = meow({
		argv: [...words],
		importMeta: { url: import.meta.url } as ImportMeta,
		pkg: { name: 'redis-top', version },
		description: false,
		help: '',
		autoHelp: false,
		autoVersion: false,
		booleanDefault: undefined,
		flags: flags as never,
	});
	return { flags: read.flags as Given['flags'], addresses, fleetNames, ways };
}

/** Of several fleets each may be behind a bastion of its own: these two flags are of the fleet that names them. */
function withoutWay(words: readonly string[]): { readonly rest: readonly string[]; readonly way?: Way } {
	const rest: string[] = [];
	let way: Way | undefined;
	for (let at = 0; at < words.length; at++) {
		const [, name, attached] = /^--(via|ssh)(?:=(.*))?$/s.exec(words[at]!) ?? [];
		if (name === undefined) rest.push(words[at]!);
		else way = { ...way, [name]: attached ?? words[++at] ?? wrong(`--${name} needs a value`) };
	}
	return { rest, way };
}

const namesOf = (fleets: Readonly<Record<string, unknown>>) => {
	const names = Object.keys(fleets).map(name => `@${name}`);
	return names.length > 0 ? `; there are ${names.join(', ')}` : ': it has no "fleets"';
};

/** What follows --keep-on critical is its folder: one value, as all flags have. */
function withKeepOn(argv: readonly string[]): readonly string[] {
	const at = argv.indexOf('--keep-on');
	const [on, folder] = [argv[at + 1], argv[at + 2]];
	if (at < 0 || on === undefined) return argv;
	if (on !== 'critical' || folder === undefined || folder.startsWith('-'))
		return wrong('--keep-on needs what on, and a folder: --keep-on critical DIR');
	return [...argv.slice(0, at), `--keep-on=${folder}`, ...argv.slice(at + 3)];
}

function textOf({ flags }: Given, name: string): string | undefined {
	const value = flags[name];
	const last = Array.isArray(value) ? value.at(-1) : value;
	return last === undefined ? undefined : String(last);
}

function check(given: Given, { env, isTerminal, scenarios = [] }: Environment): Flags {
	const { flags } = given;
	const past = pastFile(given);
	// What is looked back at is a recording that is played.
	const text = (name: string) => (name === 'replay' ? past : undefined) ?? textOf(given, name);
	const isOn = (name: string) => flags[name] === true;
	const file = (name: string) => readNamed(name, text(name));
	const delaySeconds = numberOf('-d', text('delay'), delayLimits.shortest, delayLimits.longest);
	const count = wholeNumberOf('-n', text('count'), 1, 1e9);
	const wait = waitOf(text);
	const modes: readonly Mode[] = [
		...(wait ? (['wait'] as const) : []),
		...(['check', 'batch', 'json'] as const).filter(isOn),
	];
	// --check --json and --wait --json print their verdict as JSON.
	if (modes.length > 1 && !/^(check|wait),json$/.test(modes.join()))
		wrong(`${modes.map(mode => `--${mode}`).join(' and ')} are different modes: give one`);
	if ((isOn('check') || wait) && text('count') !== undefined)
		wrong(`--${modes[0]} takes as many refreshes as it needs: leave out -n`);
	if (wait) checkWait(text);
	if (text('onFinding') !== undefined) checkHook(text, modes[0]);
	const metrics = metricsOf(given, text, modes[0]);
	if (text('replay') !== undefined) checkReplay(given, text);
	if (text('demo') !== undefined) checkDemo(given, text, scenarios);
	if (isOn('append') && text('record') === undefined) wrong('--append is for a recording: add --record FILE');
	checkScan(given, text);
	checkRunbook(given, text);
	const isFromPrometheus =
		asksPrometheus(text) || (text('prometheus') !== undefined && !namesServer(given, text));
	if (isFromPrometheus) checkFromPrometheus(given, text);
	const seeds = isFromPrometheus ? [] : seedsOf(given, text);
	if (text('cursor') !== undefined && fleetsOf(seeds).length > 1)
		wrong('--cursor keeps the scan of one fleet: name one');
	const way = wayOf(text, seeds);
	const passfile = text('passfile');
	if (passfile !== undefined && (text('pass') !== undefined || isOn('askpass')))
		wrong('--passfile has the password: leave out -a and --askpass');
	const password = passwordIn(file('passfile'), passfile) ?? text('pass') ?? passwordOf(env, seeds);
	if ((text('cert') === undefined) !== (text('key') === undefined)) wrong('--cert and --key go together');
	const prometheus = prometheusOf(text);
	const usesTls =
		isOn('tls') || seeds.some(seed => seed.isTls) || prometheus?.url.startsWith('https:') === true;
	for (const name of ['cacert', 'cacertdir', 'cert', 'key', 'sni', 'tls-ciphers', 'tls-ciphersuites'])
		if (text(camelCased(name)) !== undefined && !usesTls) wrong(`--${name} is for TLS: add --tls`);
	if (isOn('ipv4') && isOn('ipv6')) wrong('-4 and -6: give one');
	const canDraw = isTerminal && canDrawOn(env, existsSync);
	const mode = modes[0] ?? (canDraw ? 'live' : metrics && !isTerminal ? 'service' : 'batch');
	if (mode === 'service' && count !== undefined)
		wrong('--metrics without a terminal runs until it is ended: leave out -n, or add -b or --json');
	const recorded = recordOf(text, isOn('append'));
	const isSilent =
		recorded.recordFolder !== undefined && modes.length === 0 && !isTerminal && count === undefined;
	return {
		mode,
		lacksScreen: isTerminal && !canDraw && modes.length === 0,
		seeds,
		user: text('user'),
		password,
		isPasswordOnCommandLine: text('pass') !== undefined,
		asksPassword: isOn('askpass'),
		files: filesOf({
			...{ password: passfile, ca: text('cacert'), caFolder: text('cacertdir') },
			...{ cert: text('cert'), key: text('key') },
		}),
		sentinelUser: text('sentinelUser'),
		sentinelPassword: text('sentinelPass'),
		isTls: isOn('tls'),
		ca: authorities(file('cacert'), authoritiesIn(text('cacertdir'))),
		ciphers: ciphersOf(text),
		ipFamily: isOn('ipv4') ? 4 : isOn('ipv6') ? 6 : undefined,
		cert: file('cert'),
		key: file('key'),
		serverName: text('sni'),
		isInsecure: isOn('insecure'),
		nat: natOf(flags.nat as string[] | undefined),
		...way,
		...(prometheus && { prometheus }),
		...(isFromPrometheus && { isFromPrometheus }),
		isDiscoveryOn: flags.discover !== false,
		delaySeconds,
		count,
		isJson: isOn('json'),
		isAscii: isOn('ascii'),
		isColourOff: flags.color === false || (env.NO_COLOR !== undefined && env.NO_COLOR !== ''),
		configFile: text('config'),
		logFile: text('log'),
		...recorded,
		...(isSilent && { isSilent }),
		...keepOnOf(text, modes[0]),
		isAppended: isOn('append'),
		replayFile: text('replay'),
		...partOf(text),
		rings: isOn('bell'),
		demo: text('demo'),
		scansBigKeys: isOn('bigkeys'),
		findsHotKeys: isOn('hotkeys'),
		wait,
		hook: text('onFinding'),
		metrics,
		runbook: runbookNamed(text('runbook')),
		scansInRunbook: flags.scan !== false,
		isChangesAllowed: isOn('allowChanges'),
		rate: wholeNumberOf('--rate', text('rate'), 0, 1e9) ?? 20_000,
		top: wholeNumberOf('--top', text('top'), 1, 10_000) ?? 100,
		isExact: isOn('exact'),
		scanOnly: limitsOf(text, databaseOf(seeds)),
		cursorFile: text('cursor'),
		past: pastOf(text),
	};
}

const pastModes = ['compare', 'report'] as const;

/** The recording of --compare or --report. */
function pastFile(given: Given): string | undefined {
	const [mode, second] = pastModes.filter(name => textOf(given, name) !== undefined);
	if (mode === undefined) return undefined;
	if (second) wrong('--compare and --report are different modes: give one');
	const other =
		['batch', 'check', 'bigkeys', 'hotkeys'].find(name => given.flags[name] === true) ??
		['wait', 'onFinding', 'runbook', 'replay', 'record', 'demo'].find(
			name => textOf(given, name) !== undefined,
		);
	if (other) wrong(`--${mode} and --${dashed(other)} are different modes: give one`);
	if (textOf(given, 'count') !== undefined) wrong(`--${mode} reads its recording once: leave out -n`);
	return textOf(given, mode);
}

/** From a minute, in which there are eight blocks of five seconds, to what is kept. */
const windowLimits = { shortest: 40, longest: 900 } as const;
const longestSettling = 600;

function pastOf(text: Text): Past | undefined {
	const kind = pastModes.find(name => text(name) !== undefined);
	const unused = ['marker', 'of'].find(name => kind === 'report' && text(name) !== undefined);
	if (unused) wrong(`--${unused} is for --compare: a report compares at each marker`);
	const alone = ['marker', 'window', 'settling', 'of'].find(name => text(name) !== undefined);
	if (kind === undefined && alone !== undefined)
		wrong(`--${alone} is for a recording: add --compare FILE or --report FILE`);
	if (kind === undefined) return undefined;
	const windowSeconds = secondsOf('--window', text('window') ?? '5m');
	const settlingSeconds = secondsOf('--settling', text('settling') ?? '30s');
	const { shortest, longest } = windowLimits;
	if (windowSeconds < shortest || windowSeconds > longest)
		wrong(`--window ${text('window')}: must be ${shortest}s to ${longest / 60}m`);
	if (settlingSeconds > longestSettling)
		wrong(`--settling ${text('settling')}: must be ${longestSettling / 60}m at most`);
	return { kind, marker: text('marker'), windowSeconds, settlingSeconds, node: text('of') };
}
/** Of a flag that may be repeated nothing is an empty list. */
const isGiven = (value: Given['flags'][string]) =>
	value !== undefined && !(Array.isArray(value) && value.length === 0);

/** It speaks to another redis-top and to no server: all else would mean nothing. */
function markOf({ flags, addresses }: Given, mark: string): { readonly text: string; readonly to?: string } {
	const other = Object.keys(flags).find(name => isGiven(flags[name]) && name !== 'mark' && name !== 'to');
	const given = other === undefined ? addresses[0] : `--${dashed(other)}`;
	if (given !== undefined)
		wrong(`--mark goes to a redis-top that runs, with --to NAME alone: leave out ${given}`);
	const text = mark.trim();
	if ([...text].length > longestMarker) wrong(`--mark: a marker has ${longestMarker} characters at most`);
	return { text, to: textOf({ flags, addresses, fleetNames: new Map(), ways: new Map() }, 'to') };
}

type Text = (name: string) => string | undefined;

const usualHold = '10s';
const usualTimeout = '5m';
/** Seconds. A timer of Node that is longer than 2^31 ms runs out at once. */
const longestTimeout = 24 * 86_400;

function waitOf(text: Text): Flags['wait'] {
	const goal = text('wait');
	const alone = ['for', 'timeout'].find(name => text(name) !== undefined);
	if (goal === undefined) return alone ? wrong(`--${alone} is for --wait: add --wait healthy`) : undefined;
	if (goal !== 'healthy' && !thresholds.some(({ id }) => id === goal))
		wrong(`--wait ${goal}: wait for healthy, or the id of a finding, like memory-high`);
	const seconds = secondsOf('--for', text('for') ?? usualHold);
	const timeoutSeconds = secondsOf('--timeout', text('timeout') ?? usualTimeout);
	if (timeoutSeconds > longestTimeout) wrong(`--timeout ${text('timeout')}: must be 24d at most`);
	if (timeoutSeconds < seconds) wrong('--timeout is shorter than --for: nothing could hold for so long');
	return { goal, seconds, timeoutSeconds };
}

/** `10s`, `5m`, `1h`, `250ms`; a number alone is seconds. */
function secondsOf(name: string, text: string): number {
	const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
	if (number === undefined) return wrong(`${name} ${text}: must be a time like 10s, 5m or 1h`);
	return Number(number) * { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }[unit as 's']!;
}

/** A gate asks live servers, and nothing else. */
function checkWait(text: Text): void {
	const other = ['replay', 'demo', 'record'].find(name => text(name) !== undefined);
	if (other) wrong(`--wait and --${other} are different modes: give one`);
}

/** How connections are made, where it is not by a socket of our own. */
function wayOf(text: Text, seeds: readonly Seed[]): Way {
	const way = checkedWay(text, { via: text('via'), ssh: text('ssh') }, seeds);
	// What is typed is for all; else each fleet of the settings has its own.
	const own = new Map(
		seeds.filter(({ via, ssh }) => via !== undefined || ssh !== undefined).map(seed => [seed.fleet, seed]),
	);
	for (const [fleet, { via, ssh }] of own)
		checkedWay(
			text,
			{ via, ssh },
			seeds.filter(seed => seed.fleet === fleet),
		);
	return way;
}

function checkedWay(text: Text, { via, ssh }: Way, seeds: readonly Seed[]): Way {
	if (via === undefined && ssh === undefined) return {};
	if (via !== undefined && ssh !== undefined) wrong('--ssh is a --via of its own: give one');
	const name = via === undefined ? 'ssh' : 'via';
	const other = ['replay', 'demo'].find(each => text(each) !== undefined);
	if (other) wrong(`--${name} is for live servers: leave it out with --${other}`);
	const socket = seeds.find(({ address }) => address.startsWith('unix:'));
	if (socket) wrong(`--${name} leads to hosts and ports, not to ${socket.address}`);
	if (via?.trim() === '') wrong('--via needs a command, like: ssh -W %h:%p bastion');
	if (via !== undefined && seeds.length > 1 && !/%h/.test(via))
		wrong('--via without %h leads to one server, and several are named');
	if (ssh !== undefined && !/^([^\s@-][^\s@]*@)?(\[[\da-f:]+\]|[\w][\w.-]*)(:\d{1,5})?$/i.test(ssh))
		wrong(`--ssh ${ssh}: must be [USER@]HOST[:PORT]`);
	return via === undefined ? { ssh } : { via };
}

const prometheusFlags = ['prometheusUser', 'prometheusPassfile', 'prometheusBearer'] as const;

function prometheusOf(text: Text): PrometheusFlags | undefined {
	const url = text('prometheus');
	const alone = prometheusFlags.find(name => text(name) !== undefined);
	if (url === undefined)
		return alone ? wrong(`--${dashed(alone)} is for --prometheus URL: add it`) : undefined;
	const other = ['replay', 'demo'].find(name => text(name) !== undefined);
	if (other) wrong(`--prometheus is for live servers: leave it out with --${other}`);
	const read = readPrometheusUrl(url);
	if ('problem' in read) return wrong(`--prometheus: ${read.problem}`);
	const [user, passfile, bearerFile] = prometheusFlags.map(text);
	if (bearerFile !== undefined && (user ?? passfile ?? read.user) !== undefined)
		wrong('--prometheus-bearer is a login of its own: leave out the user');
	if (user !== undefined && read.user !== undefined)
		wrong('--prometheus-user is in the URL too: give it once');
	passwordIn(readNamed('prometheus-passfile', passfile), passfile, 'prometheus-passfile');
	readNamed('prometheus-bearer', bearerFile);
	return { ...read, user: user ?? read.user, passfile, bearerFile };
}

/** --from prometheus, where it is not the beginning of a part. */
const asksPrometheus = (text: Text) =>
	text('from') === 'prometheus' && ['replay', ...pastModes].every(name => text(name) === undefined);

/** What asks the servers themselves needs one. */
function checkFromPrometheus(given: Given, text: Text): void {
	const { flags } = given;
	if (namesServer(given, text))
		wrong('--from prometheus has the nodes that it knows: leave out the address, or --from');
	if (text('demo') !== undefined) wrong('--from prometheus is for live servers: leave it out with --demo');
	const other =
		['bigkeys', 'hotkeys'].find(name => flags[name] === true) ??
		['wait', 'runbook', 'record', 'metrics'].find(name => text(name) !== undefined);
	if (other) wrong(`--${other} asks the servers, not Prometheus: add the address of one`);
}

/** Findings begin and end where somebody looks for longer than once. */
function checkHook(text: Text, mode: Mode | undefined): void {
	const other =
		mode === 'check' || mode === 'wait' ? mode : text('replay') !== undefined ? 'replay' : undefined;
	if (other) wrong(`--on-finding is for live servers that are watched: leave it out with --${other}`);
	if (text('onFinding')!.trim() === '') wrong('--on-finding needs a command');
}

/** What is scraped is watched for longer than once, and now. */
function metricsOf({ flags }: Given, text: Text, mode: Mode | undefined): Flags['metrics'] {
	const value = text('metrics');
	if (value === undefined) return undefined;
	const scan = ['bigkeys', 'hotkeys'].find(name => flags[name] === true);
	const other =
		mode === 'check' || mode === 'wait'
			? mode
			: (scan ?? ['replay', 'runbook'].find(name => text(name) !== undefined));
	if (other) wrong(`--metrics is for live servers that are watched: leave it out with --${other}`);
	const [, host, port = ''] = /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d+)$/i.exec(value) ?? [];
	if (port === '' || Number(port) > 65_535)
		wrong(`--metrics ${value}: must be [HOST:]PORT, like 9399, 0.0.0.0:9399 or [::]:9399`);
	return { ...(host !== undefined && { host: host.replace(/^\[|\]$/g, '') }), port: Number(port) };
}

/** --at is --from as one says it of a moment. */
function partOf(text: Text): Pick<Flags, 'part'> {
	const [at, from, to] = ['at', 'from', 'to'].map(text);
	const given = ['at', 'from', 'to'].find(name => text(name) !== undefined);
	if (given === undefined || (given === 'from' && asksPrometheus(text))) return {};
	// A report or comparison of an hour of a day's recording.
	if (!['replay', 'compare', 'report'].some(name => text(name) !== undefined))
		wrong(
			given === 'to' ? '--to is for --replay or --mark' : `--${given} is for --replay: add --replay FILE`,
		);
	if (at !== undefined && from !== undefined) wrong('--at and --from are the same here: give one');
	for (const name of ['at', 'from', 'to'] as const)
		if (text(name) !== undefined && !isMoment(text(name)!))
			wrong(`--${name} ${text(name)}: must be like 03:12, 2026-11-29T03:12 or -90m`);
	const begin = at ?? from;
	const fromName = at === undefined ? 'from' : 'at';
	return { part: { ...(begin !== undefined && { from: begin }), ...(to !== undefined && { to }), fromName } };
}

/** What is there decides, or that something of it is to be deleted one day. */
function recordOf(text: Text, isAppended: boolean): Pick<Flags, 'recordFile' | 'recordFolder'> {
	const [path, keep] = [text('record'), text('keep')];
	if (path === undefined)
		return keep === undefined
			? { recordFile: undefined }
			: wrong('--keep is for a recording: add --record DIR');
	const found = statSync(path, { throwIfNoEntry: false });
	const meansFolder = keep !== undefined || path.endsWith('/') || found?.isDirectory() === true;
	if (!meansFolder) return { recordFile: path };
	if (found && !found.isDirectory())
		wrong(`--record ${path}: --keep deletes old files of a folder, and this is a file`);
	if (isAppended) wrong('--append is for a file: in a folder each run begins a new one');
	return { recordFolder: { path, keep: keep === undefined ? {} : keepOf(keep) } };
}

/** A figure alone could be either. */
function keepOf(keep: string): { seconds?: number; bytes?: number } {
	const [, size, unit] = /^(\d+(?:\.\d+)?)([KMGT])(?:i?B)?$/.exec(keep) ?? [];
	if (size !== undefined) {
		const bytes = Number(size) * 1024 ** ('KMGT'.indexOf(unit!) + 1);
		return bytes >= leastKept ? { bytes } : wrong(`--keep ${keep}: must be 10M at least`);
	}
	const [, time, of] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(keep) ?? [];
	if (time === undefined)
		return wrong(`--keep ${keep}: must be a time like 48h or 7d, or a size like 500M or 2G`);
	const seconds = Number(time) * { m: 60, h: 3600, d: 86_400, w: 604_800 }[of as 'm']!;
	return seconds >= 60 ? { seconds } : wrong(`--keep ${keep}: must be 1m at least`);
}
const leastKept = 10 * 1024 * 1024;

/** The last minutes are kept where somebody watches live servers. */
function keepOnOf(text: Text, mode: Mode | undefined): Pick<Flags, 'keepOn'> {
	const folder = text('keepOn');
	if (folder === undefined) return {};
	const other =
		mode === 'check' || mode === 'wait' ? mode : text('replay') !== undefined ? 'replay' : undefined;
	if (other) wrong(`--keep-on is for live servers that are watched: leave it out with --${other}`);
	if (!isFolder(folder)) wrong(`--keep-on: ${folder} is no folder`);
	return { keepOn: folder };
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** OpenSSL has two lists, Node one. */
function ciphersOf(text: Text): string | undefined {
	const lists = [text('tlsCiphersuites'), text('tlsCiphers')].filter(list => list !== undefined);
	if (lists.length === 0) return undefined;
	const ciphers = lists.join(':');
	try {
		// Loaded for who asks: it would cost every start.
		process.getBuiltinModule('node:tls').createSecureContext({ ciphers });
	} catch {
		return wrong(`--tls-ciphers ${ciphers}: OpenSSL knows no such cipher`);
	}
	return ciphers;
}

/** Of a file and of a folder, as one. */
export function authorities(...parts: readonly (Buffer | undefined)[]): Buffer | undefined {
	const known = parts.filter(part => part !== undefined);
	if (known.length < 2) return known[0];
	return Buffer.concat(known.flatMap(part => [part, Buffer.from('\n')]));
}

/** The certificates of a folder, whatever their files are called: OpenSSL's links by hash lead to the same. */
export function authoritiesIn(folder: string | undefined): Buffer | undefined {
	if (folder === undefined) return undefined;
	try {
		const files = readdirSync(folder, { withFileTypes: true }).filter(entry => !entry.isDirectory());
		const texts = files.map(({ name }) => readFileSync(join(folder, name)));
		const found = [...new Set(texts.map(String))].filter(text => text.includes('BEGIN CERTIFICATE'));
		if (found.length === 0) return wrong(`--cacertdir: no certificate in ${folder} (PEM)`);
		return Buffer.from(found.join('\n'));
	} catch (thrown) {
		if (thrown instanceof WrongUsage) throw thrown;
		return wrong(`--cacertdir: cannot read ${folder}: ${reasonOf(thrown)}`);
	}
}

const namesServer = (given: Given, text: Text) =>
	given.addresses.length > 0 || ['host', 'port', 'socket', 'uri'].some(name => text(name) !== undefined);

/** A recording has its servers in it: whatever names others, or would be asked of them, is a mistake. */
function checkReplay(given: Given, text: Text): void {
	const mode = pastModes.find(name => text(name) !== undefined) ?? 'replay';
	if (namesServer(given, text)) wrong(`--${mode} has its servers in the file: leave out the address`);
	if (text('record') !== undefined) wrong(`--${mode} and --record are different modes: give one`);
	if (text('delay') !== undefined) wrong(`--${mode} keeps the delay it was recorded at: leave out -d`);
}

/** A scan is a mode of its own; its flags mean nothing without it. */
function checkScan(given: Given, text: Text): void {
	const { flags } = given;
	const [scan, second] = ['bigkeys', 'hotkeys'].filter(name => flags[name] === true);
	if (second) wrong(`--${scan} and --${second} are different modes: give one`);
	if (flags.exact === true && scan !== 'bigkeys') wrong('--exact is for scans: add --bigkeys');
	if (text('cursor') !== undefined && scan !== 'bigkeys') wrong('--cursor is for scans: add --bigkeys');
	checkLimits(given, text, scan);
	if (!scan) {
		const alone = ['rate', 'top'].find(name => text(name) !== undefined);
		if (alone) wrong(`--${alone} is for scans: add --bigkeys or --hotkeys`);
		return;
	}
	const other =
		['batch', 'check'].find(name => flags[name] === true) ??
		['wait', 'onFinding', 'keepOn', 'replay', 'record', 'demo'].find(name => text(name) !== undefined);
	if (other) wrong(`--${scan} and --${dashed(other)} are different modes: give one`);
	if (text('count') !== undefined) wrong(`--${scan} looks once: leave out -n`);
}

/** On the screen they are for its scans; what reads no keys, or all of them, would not be what was asked for. */
function checkLimits({ flags }: Given, text: Text, scan: string | undefined): void {
	const name = ['pattern', 'db'].find(each => text(each) !== undefined);
	if (name === undefined || scan === 'bigkeys') return;
	const other =
		['hotkeys', 'batch', 'json', 'check'].find(mode => flags[mode] === true) ??
		['runbook', 'replay'].find(mode => text(mode) !== undefined);
	if (other === 'hotkeys') wrong(name === 'pattern' ? patternOfHotKeys : databaseOfHotKeys);
	if (other) wrong(`--${name} is for scans for big keys: leave it out with --${other}`);
}

/** A share is one of all commands, and servers list their top keys alone: those of a pattern may be below them. */
const patternOfHotKeys =
	'--pattern is for scans for big keys: servers tell their hottest keys of all; to see those that match, redis-top --hotkeys --json | jq \'.keys[] | select(.key | startswith("user:"))\'';
const databaseOfHotKeys =
	"--db is for scans for big keys: HOTKEYS does not tell a key's database; where MONITOR or OBJECT FREQ finds them, redis-top --hotkeys --json | jq '.keys[] | select(.db == 0)'";

/** More databases than a server can have are a number of something else. */
const mostDatabases = 2 ** 31 - 1;

/** That the URLs name. The screen is of the whole server; a scan can be of one. */
function databaseOf(seeds: readonly Seed[]): number | undefined {
	const named = new Set(seeds.flatMap(({ db }) => db ?? []));
	if (named.size > 1)
		wrong('the URLs name several databases: a scan is of one, or of all; give one with --db');
	return [...named][0];
}

function limitsOf(text: Text, ofUrl: number | undefined): ScanLimits | undefined {
	const pattern = text('pattern');
	const db = wholeNumberOf('--db', text('db'), 0, mostDatabases) ?? ofUrl;
	if (pattern === '') wrong('--pattern is empty: give a glob, e.g. user:*');
	if (pattern === undefined && db === undefined) return undefined;
	return { ...(pattern !== undefined && { pattern: asBytes(pattern) }), ...(db !== undefined && { db }) };
}

/** Names of keys are byte strings here. */
const asBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

/** A runbook without the screen is a mode of its own, and reads only. */
function checkRunbook(given: Given, text: Text): void {
	const { flags } = given;
	const name = text('runbook');
	if (flags.allowChanges === true) checkChanges(flags, text);
	if (name === undefined) {
		if (flags.scan === false) wrong('--no-scan is for a runbook: add --runbook high-memory');
		return;
	}
	if (runbookNamed(name) === undefined) wrong(`--runbook ${name}: the runbooks are ${runbookIds.join(', ')}`);
	const other =
		['batch', 'json', 'check', 'bigkeys', 'hotkeys'].find(mode => flags[mode] === true) ??
		['wait', 'onFinding', 'keepOn', 'replay', 'record', 'demo'].find(mode => text(mode) !== undefined);
	if (other) wrong(`--runbook and --${dashed(other)} are different modes: give one`);
	if (text('count') !== undefined) wrong('--runbook looks once: leave out -n');
	if (flags.scan === false && runbookNamed(name) !== 'high-memory')
		wrong('--no-scan is for high-memory: leave it out');
}

/** Only the screen can ask for consent. */
function checkChanges(flags: Given['flags'], text: Text): void {
	const other =
		['batch', 'json', 'check', 'bigkeys', 'hotkeys'].find(mode => flags[mode] === true) ??
		['wait', 'replay', 'runbook'].find(mode => text(mode) !== undefined);
	if (other) wrong(`--allow-changes is for the screen: leave it out with --${other}`);
}

function checkDemo(given: Given, text: Text, scenarios: readonly string[]): void {
	if (!scenarios.includes(text('demo')!))
		wrong(`--demo ${text('demo')}: the scenarios are ${scenarios.join(', ')}`);
	if (namesServer(given, text))
		wrong(`--demo has servers of its own: leave out the address (the scenarios are ${scenarios.join(', ')})`);
	if (text('replay') !== undefined) wrong('--replay and --demo are different modes: give one');
	if (given.flags.check === true) wrong('--check and --demo are different modes: give one');
}

function seedsOf(given: Given, text: (name: string) => string | undefined): readonly Seed[] {
	const socket = text('socket');
	const uri = text('uri');
	const host = text('host');
	const port = wholeNumberOf('-p', text('port'), 1, 65535);
	const byFlags = [host !== undefined || port !== undefined, socket !== undefined, uri !== undefined].filter(
		Boolean,
	).length;
	if (byFlags > 1) wrong('-h/-p, -s and -u each name the server: give one of them');
	if (byFlags > 0 && given.addresses.length > 0 && (host !== undefined || port === undefined))
		wrong('the server is named twice: give an address, or -h, -p, -s, -u');
	const named =
		socket !== undefined
			? [`unix:${socket}`]
			: uri !== undefined
				? [uri]
				: given.addresses.length > 0
					? given.addresses
					: [host ?? '127.0.0.1'];
	const isTyped = text('via') !== undefined || text('ssh') !== undefined;
	return named.map(address => {
		const seed = parseSeed(address, port ?? 6379);
		if ('problem' in seed) return wrong(seed.problem);
		const fleet = given.fleetNames.get(address);
		return { ...seed, fleet, ...(isTyped ? {} : given.ways.get(fleet ?? '')) };
	});
}

function readNamed(name: string, path: string | undefined): Buffer | undefined {
	if (path === undefined) return undefined;
	try {
		return readFileSync(path);
	} catch (thrown) {
		return wrong(`--${name}: cannot read ${path}: ${reasonOf(thrown)}`);
	}
}

/** The first line, so that an editor's newline is no part of it. */
function passwordIn(
	content: Buffer | undefined,
	path: string | undefined,
	name = 'passfile',
): string | undefined {
	if (content === undefined) return undefined;
	return firstLine(content) || wrong(`--${name}: ${path} is empty: the password is its first line`);
}

/** The first that is not empty; where every server is named by valkey:// or redict://, its own before the others. */
const passwordVariables = ['REDISCLI_AUTH', 'VALKEYCLI_AUTH', 'REDICTCLI_AUTH'] as const;

function passwordOf(env: Environment['env'], seeds: readonly Seed[]): string | undefined {
	const [family] = new Set(seeds.map(seed => seed.family));
	const isOne = seeds.every(seed => seed.family === family);
	const own = isOne && family ? `${family.toUpperCase()}CLI_AUTH` : '';
	return [own, ...passwordVariables].map(name => env[name]).find(Boolean);
}

const filesOf = (files: NonNullable<Flags['files']>): Flags['files'] =>
	Object.values(files).some(path => path !== undefined) ? files : undefined;

export const firstLine = (content: Buffer): string => content.toString('utf8').split(/\r?\n/, 1)[0]!;

const reasonOf = (thrown: unknown) => {
	const code = (thrown as NodeJS.ErrnoException).code;
	if (code === 'ENOENT') return 'no such file';
	if (code === 'EACCES') return 'no permission';
	return code === 'EISDIR' ? 'it is a folder' : String(code ?? thrown);
};

function numberOf(name: string, text: string | undefined, least: number, most: number): number | undefined {
	if (text === undefined) return undefined;
	const value = Number(text);
	if (text.trim() === '' || !Number.isFinite(value))
		wrong(`${name} ${text}: not a number (${least} to ${most})`);
	if (value < least || value > most) wrong(`${name} ${text}: must be ${least} to ${most}`);
	return value;
}

function wholeNumberOf(
	name: string,
	text: string | undefined,
	least: number,
	most: number,
): number | undefined {
	const value = numberOf(name, text, least, most);
	if (value !== undefined && !Number.isInteger(value)) wrong(`${name} ${text}: must be a whole number`);
	return value;
}

function natOf(rules: readonly string[] | undefined): ReadonlyMap<string, string> {
	const map = new Map<string, string>();
	for (const rule of rules ?? []) {
		const [from, to, more] = rule.split('=');
		if (!from || !to || more !== undefined)
			wrong(`--nat ${rule}: must be FROM=TO, e.g. 10.0.1.11:6379=bastion:16379`);
		const hasPort = (address: string) => /:\d+$/.test(address);
		if (hasPort(from!) !== hasPort(to!)) wrong(`--nat ${rule}: both sides with a port, or both without`);
		map.set(from!, to!);
	}
	return map;
}
