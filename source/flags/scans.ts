// Scans for big and hot keys, and the runbooks: each is a mode of its own, whose flags mean nothing without it.

import type { ScanLimits } from '../core/keys/big-keys.ts';
import { wrong } from '../flag-words.ts';
import type { Seed } from '../seed.ts';
import { runbookIds, runbookNamed } from '../state/runbook-screen.ts';
import { dashed, type Given, type Text, wholeNumberOf } from './given.ts';

/** A scan is a mode of its own; its flags mean nothing without it. */
export function checkScan(given: Given, text: Text): void {
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
export function databaseOf(seeds: readonly Seed[]): number | undefined {
	const named = new Set(seeds.flatMap(({ db }) => db ?? []));
	if (named.size > 1)
		wrong('the URLs name several databases: a scan is of one, or of all; give one with --db');
	return [...named][0];
}

export function limitsOf(text: Text, ofUrl: number | undefined): ScanLimits | undefined {
	const pattern = text('pattern');
	const db = wholeNumberOf('--db', text('db'), 0, mostDatabases) ?? ofUrl;
	if (pattern === '') wrong('--pattern is empty: give a glob, e.g. user:*');
	if (pattern === undefined && db === undefined) return undefined;
	return { ...(pattern !== undefined && { pattern: asBytes(pattern) }), ...(db !== undefined && { db }) };
}

/** Names of keys are byte strings here. */
const asBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

/** A runbook without the screen is a mode of its own, and reads only. */
export function checkRunbook(given: Given, text: Text): void {
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
