// The command line, as the contract has it: read by meow, checked here, so that every mistake gets one line that
// says what is wrong and what would be right, before anything is connected. Secrets do not belong on a command
// line: REDISCLI_AUTH or --askpass; -a is taken with redis-cli's warning.

import { existsSync } from 'node:fs';
import meow from 'meow';
import type { ScanLimits } from './core/keys/big-keys.ts';
import { printableText } from './core/text/printable.ts';
import { canDrawOn } from './core/text/terminal-kind.ts';
import { delayLimits } from './core/thresholds.ts';
import { flagTable, helpText, type Shell, shells, versionText } from './flag-table.ts';
import { plainWords, WrongUsage, withScenario, wrong } from './flag-words.ts';
import { natOf, passwordIn, passwordOf, seedsOf, wayOf } from './flags/connection.ts';
import { checkHook, checkWait, type Wait, waitOf } from './flags/gates.ts';
import {
	asksPrometheus,
	type Given,
	type Mode,
	namesServer,
	numberOf,
	readNamed,
	type Text,
	textOf,
	type Way,
	wholeNumberOf,
} from './flags/given.ts';
import { type Past, pastFile, pastOf } from './flags/past.ts';
import {
	checkFromPrometheus,
	type Metrics,
	metricsOf,
	type PrometheusFlags,
	prometheusOf,
} from './flags/prometheus.ts';
import {
	checkReplay,
	keepOnOf,
	markOf,
	type Part,
	partOf,
	type RecordFolder,
	recordOf,
} from './flags/recording.ts';
import { checkRunbook, checkScan, databaseOf, limitsOf } from './flags/scans.ts';
import { authorities, authoritiesIn, ciphersOf, filesOf, type NamedFiles } from './flags/tls.ts';
import { fleetsOf, type Seed } from './seed.ts';
import { type RunbookId, runbookNamed } from './state/runbook-screen.ts';

export { firstLine } from './flags/given.ts';
export type { Past } from './flags/past.ts';
export { authorities, authoritiesIn } from './flags/tls.ts';

export type Flags = {
	readonly mode: Mode;
	readonly seeds: readonly Seed[];
	readonly user?: string;
	readonly password?: string;
	readonly isPasswordOnCommandLine: boolean;
	readonly asksPassword: boolean;
	/** What connections need and is in files: read again for each. */
	readonly files?: NamedFiles;
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
	readonly recordFolder?: RecordFolder;
	/** A recorder without a terminal prints nothing. */
	readonly isSilent?: boolean;
	/** --append */
	readonly isAppended: boolean;
	readonly replayFile?: string;
	/** Of --replay: --at, --from, --to as they were typed. */
	readonly part?: Part;
	/** --bell */
	readonly rings: boolean;
	/** Scenario of --demo. */
	readonly demo?: string;
	/** --bigkeys: a scan instead of watching; `mode` says how it is printed. */
	readonly scansBigKeys: boolean;
	/** --hotkeys: likewise. */
	readonly findsHotKeys: boolean;
	/** --wait: what for, for how long it is to hold, and when it is given up. */
	readonly wait?: Wait;
	/** --on-finding */
	readonly hook?: string;
	/** --metrics; without a host it is loopback. */
	readonly metrics?: Metrics;
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

const camelCased = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

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

function checkDemo(given: Given, text: Text, scenarios: readonly string[]): void {
	if (!scenarios.includes(text('demo')!))
		wrong(`--demo ${text('demo')}: the scenarios are ${scenarios.join(', ')}`);
	if (namesServer(given, text))
		wrong(`--demo has servers of its own: leave out the address (the scenarios are ${scenarios.join(', ')})`);
	if (text('replay') !== undefined) wrong('--replay and --demo are different modes: give one');
	if (given.flags.check === true) wrong('--check and --demo are different modes: give one');
}
