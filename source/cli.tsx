// The program: what the command line and the settings file ask for becomes one session. Wrong usage ends here, with
// one line, before anything is connected; everything that happens later ends in modes/session.tsx. A way to run is loaded
// when it is asked for: --help needs none of them, and text no screen.

import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { askPassword } from './ask-password.ts';
import { type Bounds, usualMostNodes } from './core/fleet/allow.ts';
import { momentOf } from './core/text/moment.ts';
import { textOnlyNote } from './core/text/terminal-kind.ts';
import { scenarioNames } from './demo/scenario.ts';
import { reasonOf } from './files/safe-file.ts';
import { authorities, authoritiesIn, type Flags, firstLine, namedConfigFile, readFlags } from './flags.ts';
import type { Session, SessionOptions } from './modes/session.tsx';
import { print } from './output/written.ts';
import { openRecordFile } from './recording/recorder.ts';
import { openReplayable, type Replayable } from './recording/replayable.ts';
import { timeNow } from './redis/clock.ts';
import type { DialSettings } from './redis/dial.ts';
import { type FleetSeeds, fleetsOf, type Seed } from './seed.ts';
import { resolveSeeds } from './seed-names.ts';
import { openLog, type SentLog } from './sent-log.ts';
import { defaultSettingsFile, readSettings, type Settings } from './settings.ts';
import { noEarlier } from './state/earlier.ts';
import type { State } from './state/state.ts';
import { newFleetTrack } from './update/round.ts';
import { programVersion } from './version.ts';

const { stdin, stdout, stderr, env } = process;
const version = programVersion();

async function main(argv: readonly string[]): Promise<void> {
	// A monitoring plugin reads 3 as "unknown": wrong usage must not look like a warning.
	const isGraded = (word: string) => word === '--check' || /^--(runbook|wait)(=|$)/.test(word);
	const wrongCode = argv.some(isGraded) ? 3 : 1;
	const wrongUsage = (text: string) => {
		stderr.write(`redis-top: ${text}\n`);
		process.exitCode = wrongCode;
	};
	const named = namedConfigFile(argv);
	const configFile = named ?? defaultSettingsFile(env);
	const settings = readSettings(configFile, named !== undefined);
	const fleets = 'problem' in settings ? {} : settings.settings.fleets;
	const read = readFlags(argv, {
		env,
		isTerminal: !!stdout.isTTY && !!stdin.isTTY,
		version,
		fleets,
		configFile,
		scenarios: scenarioNames,
	});
	// What nobody can be told must not end as if it had been told.
	stderr.on('error', () => {});
	if (read.kind === 'print') return print(read.text);
	if (read.kind === 'complete')
		return print((await import('./output/completion.ts')).completion(read.shell, Object.keys(fleets)));
	if (read.kind === 'mark') return mark(read.text, read.to);
	if (read.kind === 'wrong') return wrongUsage(read.text);
	if ('problem' in settings) return wrongUsage(settings.problem);
	const { flags } = read;
	if (flags.isFromPrometheus && !flags.prometheus && !settings.settings.prometheus?.['*']?.url)
		return wrongUsage(
			'--from prometheus needs one: add --prometheus URL, or a url for "*" under prometheus in the settings',
		);
	const log = flags.logFile === undefined ? undefined : openLog(flags.logFile);
	if (log && 'problem' in log) return wrongUsage(log.problem);
	const recordFile =
		flags.recordFile === undefined ? undefined : await openRecordFile(flags.recordFile, flags.isAppended);
	if (recordFile && 'problem' in recordFile) return wrongUsage(recordFile.problem);
	if (flags.recordFolder) {
		const problem = await openRecordFolder(flags.recordFolder.path);
		if (problem !== undefined) return wrongUsage(problem);
	}
	const playable = flags.replayFile === undefined ? undefined : await openReplayable(flags.replayFile);
	if (playable && 'problem' in playable) return wrongUsage(playable.problem);
	const part = playable && flags.part && (await partOf(playable, flags.part));
	if (part && 'problem' in part) return wrongUsage(part.problem);
	if (flags.demo !== undefined) {
		const files = { log: log?.log, recordFile };
		return runDemo(flags, settings.settings, configFile, files, wrongUsage);
	}
	if (flags.isPasswordOnCommandLine)
		stderr.write(
			"Warning: Using a password with '-a' or '--pass' on the command line interface may not be safe.\n",
		);
	const password = flags.asksPassword ? await askPassword('Password: ') : flags.password;
	if (flags.asksPassword && password === undefined) return wrongUsage('--askpass needs a terminal to ask on');
	const resolved = await resolveSeeds(flags.seeds, {
		isByName: flags.isTls || flags.via !== undefined || flags.ssh !== undefined,
		family: flags.ipFamily,
	});
	if ('problem' in resolved) return wrongUsage(resolved.problem);
	const ways = await waysThrough([flags.ssh, ...resolved.seeds.map(({ ssh }) => ssh)]);
	if ('problem' in ways) {
		stderr.write(`redis-top: ${ways.problem}\n`);
		process.exitCode = argv.some(isGraded) ? 3 : 2;
		return;
	}
	const viaOf = ({ via, ssh }: Pick<Flags, 'via' | 'ssh'>) => (ssh === undefined ? via : ways.vias.get(ssh));
	const seeds = resolved.seeds.map(seed => ({ ...seed, via: viaOf(seed) }));
	const known = { ...flags, password, seeds, via: viaOf(flags) };
	if (flags.seeds.some(({ db }) => db !== undefined)) stderr.write(`redis-top: ${databaseNote(flags)}\n`);
	if (known.scansBigKeys || known.findsHotKeys)
		return runScan(known, settings.settings, configFile, log?.log);
	if (known.runbook !== undefined)
		return (await import('./modes/runbook.ts')).runRunbookSession({
			flags: known,
			runbook: known.runbook,
			state: firstState(known, settings.settings, configFile, undefined),
			dials: dialsOf(known, settings.settings),
			log: log?.log,
		});
	if (playable && (known.past !== undefined || known.mode === 'check'))
		return (await import('./modes/past.ts')).runPast({
			flags: known,
			past: known.past,
			playable,
			part,
			state: firstState(known, settings.settings, configFile, playable),
		});
	if (known.lacksScreen) stderr.write(`redis-top: ${textOnlyNote(env.TERM)}\n`);
	await run(known, settings.settings, configFile, {
		...{ playable, part, recordFile },
		...{ log: log?.log, asked: log?.asked },
	});
}

/** One login a bastion, whichever fleets are behind it. */
async function waysThrough(
	targets: readonly (string | undefined)[],
): Promise<{ readonly vias: ReadonlyMap<string, string> } | { readonly problem: string }> {
	const vias = new Map<string, string>();
	for (const target of new Set(targets)) {
		if (target === undefined) continue;
		const bastion = (await import('./modes/bastion.ts')).openBastion(target);
		if ('problem' in bastion) return bastion;
		vias.set(target, bastion.via);
	}
	return { vias };
}

/** What the database of a URL means here, so that nobody takes the screen for one database's. */
function databaseNote({ scansBigKeys, scanOnly }: Flags): string {
	const db = scanOnly?.db;
	if (scansBigKeys) return `only database ${db} is scanned, as the URL says`;
	return `database ${db} of the URL is for scans of keys: all else is of the whole server`;
}

const dialsOf = (flags: Flags, settings: Settings) =>
	new Map(
		fleetsOf(flags.seeds).map((fleet, id) => [
			id,
			{
				...dialSettings(flags, fleet.seed),
				bounds: boundsOf(flags, settings, fleet),
				...(settings.replyLimits && { replyLimits: settings.replyLimits }),
				sentinelSeeds: flags.seeds.filter(({ isSentinel }) => isSentinel).map(({ address }) => address),
			},
		]),
	);

/** Whom discovery may dial. */
function boundsOf(flags: Flags, settings: Settings, { addresses, seed }: FleetSeeds): Bounds {
	const { tls, credentials, sentinelCredentials } = dialedWith(flags, seed);
	const hasPassword = (credentials.password ?? sentinelCredentials.password) !== undefined;
	return {
		seeds: addresses,
		isDiscoveryOn: flags.isDiscoveryOn,
		mostNodes: settings.mostNodes ?? usualMostNodes,
		...(settings.allow && { allow: settings.allow }),
		...(flags.nat.size > 0 && { mapped: [...flags.nat.keys()] }),
		...(hasPassword && !tls && { isPasswordInClear: true }),
	};
}

async function runScan(
	flags: Flags,
	settings: Settings,
	configFile: string,
	log: SentLog | undefined,
): Promise<void> {
	const options = {
		flags,
		state: firstState(flags, settings, configFile, undefined),
		dials: dialsOf(flags, settings),
		log,
	};
	if (flags.findsHotKeys) (await import('./modes/hot-keys.ts')).runHotKeysSession(options);
	else (await import('./modes/big-keys.ts')).runScanSession(options);
}

type Extras = Partial<
	Pick<SessionOptions, 'playable' | 'part' | 'log' | 'asked' | 'recordFile' | 'onLeave'>
> & {
	readonly note?: string;
};

async function run(
	known: Flags,
	settings: Settings,
	configFile: string,
	{ note, ...extras }: Extras,
): Promise<Session> {
	const first = firstState(known, settings, configFile, extras.playable);
	const joined = await withPrometheus(known, settings, extras.playable ? { ...first, fleets: [] } : first);
	const state = { ...first, ...joined.state };
	const { runSession } = await import('./modes/session.tsx');
	return runSession({
		flags: known,
		settings,
		configFile,
		historiesBy: joined.historiesBy,
		fleetsFrom: joined.fleetsFrom,
		state: note === undefined ? state : { ...state, note },
		dials: dialsOf(known, settings),
		...extras,
	});
}

type Joined = Pick<SessionOptions, 'historiesBy' | 'fleetsFrom'> & {
	readonly state?: Partial<State>;
};

/** What is known by a Prometheus: the time before, which only the screen draws, or the fleets themselves. */
async function withPrometheus(flags: Flags, settings: Settings, { fleets }: State): Promise<Joined> {
	const isWanted = flags.mode === 'live' || flags.isFromPrometheus === true;
	if (!isWanted || flags.demo !== undefined || (flags.prometheus ?? settings.prometheus) === undefined)
		return {};
	const { settingsOf, clientFor, historyOf, fleetsFrom } = await import('./modes/histories.ts');
	if (flags.isFromPrometheus) {
		const own = settingsOf(flags, settings, '*')!;
		const dial = dialSettings(flags, { address: '', isTls: false });
		return {
			historiesBy(onAsked) {
				const history = historyOf(clientFor(flags, own, onAsked), own);
				return () => history;
			},
			fleetsFrom: events => fleetsFrom(flags, own, dial, events),
			state: { prometheus: { url: own.url! }, isDiscoveryOn: false, note: 'by Prometheus' },
		};
	}
	const known = new Map(
		fleets.flatMap(({ id, name }) => {
			const own = settingsOf(flags, settings, name);
			return own ? [[id, own] as const] : [];
		}),
	);
	return {
		historiesBy(onAsked) {
			const histories = new Map(
				[...known].map(([id, own]) => [id, historyOf(clientFor(flags, own, onAsked), own)]),
			);
			return fleet => histories.get(fleet);
		},
		state: {
			fleets: fleets.map(fleet => (known.has(fleet.id) ? { ...fleet, earlier: noEarlier } : fleet)),
		},
	};
}

/** --demo: servers of our own, or the recording that ships; either is watched like any other fleet. */
async function runDemo(
	flags: Flags,
	settings: Settings,
	configFile: string,
	files: Pick<SessionOptions, 'log' | 'recordFile'>,
	wrongUsage: (text: string) => void,
): Promise<void> {
	let session: Session | undefined;
	const { prepareDemo } = await import('./modes/prepare-demo.ts');
	const prepared = await prepareDemo(flags.demo!, env, flags.mode === 'live', {
		onOver: () => void session?.leave(0),
		onMarker: text => session?.mark(text),
		say: text => stderr.write(`redis-top: ${text}\n`),
	});
	if ('problem' in prepared) return wrongUsage(prepared.problem);
	const seeds = prepared.seeds.map(address => ({ address, isTls: false, fleet: 'demo' }));
	session = await run({ ...flags, seeds, user: undefined, password: undefined }, settings, configFile, {
		...files,
		note: prepared.note,
		playable: prepared.playable,
		onLeave: prepared.stop,
	});
}

/** --at, --from and --to as times of day of this recording. */
async function partOf(playable: Replayable, { from, to, fromName }: NonNullable<Flags['part']>) {
	const span = await playable.span();
	const moment = (name: string, text: string | undefined) => {
		const found = text === undefined ? undefined : momentOf(text, span);
		return typeof found === 'object' ? { problem: `--${name} ${text}: ${found.problem}` } : found;
	};
	const [begin, end] = [moment(fromName, from), moment('to', to)];
	if (typeof begin === 'object') return begin;
	if (typeof end === 'object') return end;
	if (begin !== undefined && end !== undefined && end < begin) return { problem: '--to is before --from' };
	return { ...(begin !== undefined && { from: begin }), ...(end !== undefined && { to: end }) };
}

/** Made where it is not there. Two recorders in one folder would delete each other's files. */
async function openRecordFolder(path: string): Promise<string | undefined> {
	try {
		mkdirSync(path, { recursive: true, mode: 0o700 });
		accessSync(path, constants.W_OK | constants.X_OK);
	} catch (thrown) {
		return `--record: ${path}: ${reasonOf(thrown as NodeJS.ErrnoException)}`;
	}
	const { findRunning } = await import('./modes/mark-socket.ts');
	const other = (await findRunning()).find(({ recording }) => recording === resolve(path));
	return other && `--record: ${path}: process ${other.pid} records there already: name another folder`;
}

/** Its own end: a deploy goes on or stops by the exit code. */
async function mark(text: string, to: string | undefined): Promise<void> {
	const end = await (await import('./modes/mark.ts')).setMark(text, to);
	if (end.isDone) return print(end.text);
	stderr.write(`redis-top: ${end.text}\n`);
	process.exitCode = 1;
}

/** A gate opens soon after it may. */
const waitDelaySeconds = 0.5;

function firstState(
	flags: Flags,
	settings: Settings,
	configFile: string,
	playable: Replayable | undefined,
): State {
	const head = playable?.head;
	const at = head?.at ?? timeNow();
	const fleets = head
		? head.fleets.map(({ id, name, seeds, bounds }) => newFleetTrack(id, name, seeds, at, bounds))
		: fleetsOf(flags.seeds).map((fleet, id) =>
				newFleetTrack(id, fleet.name, fleet.addresses, at, boundsOf(flags, settings, fleet)),
			);
	return {
		at,
		version,
		fleets,
		past: [],
		delaySeconds:
			head?.delaySeconds ??
			flags.delaySeconds ??
			(flags.wait ? waitDelaySeconds : (settings.delaySeconds ?? 1)),
		isFast: false,
		isDiscovering: true,
		isDiscoveryOn: head?.isDiscoveryOn ?? flags.isDiscoveryOn,
		limits: settings.limits,
		size: {
			columns: stdout.columns || Number(env.COLUMNS) || 80,
			rows: stdout.rows || Number(env.LINES) || 24,
		},
		isAscii: flags.isAscii || !isUtf8(),
		isColour: !flags.isColourOff && (settings.isColour ?? true),
		screen: 'fleet',
		isChangesAllowed: flags.isChangesAllowed,
		scanRate: flags.rate,
		scanTop: flags.top,
		scanOnly: flags.scanOnly,
		top: 0,
		sort: settings.sort ?? { by: 'shards', isReversed: false },
		columnSet: settings.columnSet ?? 'overview',
		filter: '',
		replay: head && { speed: 1, isPaused: false },
		note: (flags.recordFile ?? flags.recordFolder) === undefined ? undefined : 'recording',
		configFile,
	};
}

/** As they are now; one that cannot be read at this moment (it may be being renewed) is as it was. */
function readFiles({ files = {}, password, ca, cert, key }: Flags): Partial<Flags> {
	const tried = <T,>(read: () => T): T | undefined => {
		try {
			return read();
		} catch {
			return undefined;
		}
	};
	const bytesOf = (path: string | undefined) =>
		tried(() => (path === undefined ? undefined : readFileSync(path)));
	const word = bytesOf(files.password);
	return {
		password: (word && firstLine(word)) || password,
		ca:
			authorities(
				bytesOf(files.ca),
				tried(() => authoritiesIn(files.caFolder)),
			) ?? ca,
		cert: bytesOf(files.cert) ?? cert,
		key: bytesOf(files.key) ?? key,
	};
}

/** The drawing characters are of ambiguous width in CJK locales: there ASCII keeps the columns straight. */
function isUtf8(): boolean {
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
	return /utf-?8/i.test(locale) && !/^(zh|ja|ko)/i.test(locale);
}

function dialSettings(flags: Flags, seed: Seed): DialSettings {
	return {
		...dialedWith(flags, seed),
		...(flags.files && { readAgain: () => dialedWith({ ...flags, ...readFiles(flags) }, seed) }),
	};
}

function dialedWith(flags: Flags, seed: Seed): DialSettings {
	const credentials = { user: seed.user ?? flags.user, password: seed.password ?? flags.password };
	const isSentinelNamed = flags.sentinelUser !== undefined || flags.sentinelPassword !== undefined;
	return {
		credentials,
		sentinelCredentials: isSentinelNamed
			? { user: flags.sentinelUser, password: flags.sentinelPassword }
			: credentials,
		tls:
			flags.isTls || seed.isTls
				? {
						ca: flags.ca,
						cert: flags.cert,
						key: flags.key,
						serverName: flags.serverName,
						ciphers: flags.ciphers,
						isInsecure: flags.isInsecure,
					}
				: undefined,
		nat: flags.nat,
		// A command may have to log in first, over a slow line and through other hosts.
		connectTimeoutMilliseconds: (seed.via ?? flags.via) === undefined ? 5000 : 15_000,
		...(flags.ipFamily !== undefined && { ipFamily: flags.ipFamily }),
		...(flags.wait && { isReturnAwaited: true }),
		...((seed.via ?? flags.via) !== undefined && { via: seed.via ?? flags.via }),
	};
}

void main(process.argv.slice(2));
