// The man page, as troff: flags, keys, exit codes and files from the same tables as the program itself. The build writes it.

import { flagTable } from '../flag-table.ts';
import { type Group, helpEntries, keyName } from '../view/keymap.ts';
import { screenOf } from '../view/screens.ts';

/** Without a date: the same sources are the same bytes. */
export function manPage(version: string): string {
	return [
		`.TH REDIS-TOP 1 "" "redis-top ${version}" "User Commands"`,
		...section('NAME', [
			'redis-top \\- the top for Redis and Valkey: name one node, see the whole fleet, live',
		]),
		...section('SYNOPSIS', ['.B redis-top', '[\\fIoptions\\fR] [\\fIaddress\\fR ...]']),
		...section('DESCRIPTION', [
			'Polls one or many Redis or Valkey nodes and draws a refreshing view: operations a second, hit rate, evictions,',
			'fragmentation, clients, slots, replication, findings and events. From one node it finds the others: those of a',
			'cluster, of Sentinels, of a primary. Without a terminal it prints text.',
			'.PP',
			'An \\fIaddress\\fR is a host, host:port, redis://, rediss://, sentinel:// or unix:/path; _redis._tcp.NAME is an SRV',
			'record; @NAME is a fleet of the settings file. Several addresses are the seeds of several fleets. Without one it',
			'is 127.0.0.1:6379.',
			'.PP',
			'Nothing that changes a server is sent without \\fB\\-\\-allow\\-changes\\fR and the address of the node typed in full.',
		]),
		...section('OPTIONS', flagTable.flatMap(flagLines)),
		...section('KEYS', ['Of the fleet; the help (\\fB?\\fR) tells those of each screen.', ...keyLines()]),
		...section(
			'EXIT STATUS',
			exits.flatMap(([code, text]) => ['.TP', bold(code), escaped(text)]),
		),
		...section(
			'ENVIRONMENT',
			variables.flatMap(([name, text]) => ['.TP', bold(name), escaped(text)]),
		),
		...section('FILES', [
			'.TP',
			bold('~/.config/redis-top/settings.json'),
			'delay, columns, colours, thresholds, fleets, hooks; written by \\fBW\\fR alone',
		]),
		...section('SEE ALSO', ['\\fBredis\\-cli\\fR(1), \\fBtop\\fR(1)']),
		'',
	].join('\n');
}

const exits = [
	['0', 'done, or left with q'],
	['1', 'wrong usage, a file that cannot be read'],
	['2', 'no node could be reached, or none let us in'],
	['129, 130, 143', 'hang-up, interrupted, terminated'],
	['70', 'a bug, or no memory is left: the terminal is restored first'],
	['--check, --runbook', '0 fine, 1 a warning, 2 critical, 3 unknown'],
	['--wait', '0 it is so, 1 or 2 it is not, 3 wrong usage'],
] as const;

const variables = [
	['REDISCLI_AUTH, VALKEYCLI_AUTH, REDICTCLI_AUTH', 'the password'],
	['NO_COLOR', 'no colours'],
	['XDG_CONFIG_HOME', 'where the settings are, in redis-top/'],
] as const;

const section = (title: string, lines: readonly string[]) => [`.SH ${title}`, ...lines];

/** A dash is typed, not a hyphen; a line must not begin as a request of troff does. */
const escaped = (text: string) =>
	text
		.replaceAll('\\', '\\e')
		.replaceAll('-', '\\-')
		.replace(/^([.'])/, '\\&$1');
const bold = (text: string) => `\\fB${escaped(text)}\\fR`;

function flagLines({ name, short, shown, about }: (typeof flagTable)[number]): string[] {
	const value = shown === undefined ? '' : ` \\fI${escaped(shown)}\\fR`;
	const names = [...(short ? [bold(`-${short}`)] : []), bold(`--${name}`)].join(', ');
	return ['.TP', `${names}${value}`, escaped(about)];
}

const groups: readonly Group[] = ['SCREENS', 'MOVE', 'TABLE', 'TIME', 'ACT', 'REST'];
const { bindings } = screenOf('fleet');

const keyLines = () =>
	groups.flatMap(group =>
		helpEntries(group, bindings, false).flatMap(entry => [
			'.TP',
			bold(entry.keys.map(key => keyName(key, true)).join(' ')),
			escaped(entry.label),
		]),
	);
