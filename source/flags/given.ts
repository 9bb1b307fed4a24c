// What was given on the command line, before it means anything, and how one value of it is read: numbers, spans of time,
// files. Every mistake is one line that says what is wrong and what would be right.

import { readFileSync } from 'node:fs';
import { wrong } from '../flag-words.ts';
import type { Seed } from '../seed.ts';

/** `service`: --metrics and nothing else, no terminal. */
export type Mode = 'live' | 'batch' | 'json' | 'check' | 'wait' | 'service';

export type Given = {
	readonly flags: Record<string, string | number | boolean | string[] | undefined>;
	readonly addresses: readonly string[];
	/** Addresses that a fleet of the settings file stands for, and its name. */
	readonly fleetNames: ReadonlyMap<string, string>;
	/** How connections to such a fleet are made, by its name. */
	readonly ways: ReadonlyMap<string, Way>;
};

export type Way = Pick<Seed, 'via' | 'ssh'>;

export const dashed = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

export function textOf({ flags }: Given, name: string): string | undefined {
	const value = flags[name];
	const last = Array.isArray(value) ? value.at(-1) : value;
	return last === undefined ? undefined : String(last);
}

/** Of a flag that may be repeated nothing is an empty list. */
export const isGiven = (value: Given['flags'][string]) =>
	value !== undefined && !(Array.isArray(value) && value.length === 0);

export type Text = (name: string) => string | undefined;

/** `10s`, `5m`, `1h`, `250ms`; a number alone is seconds. */
export function secondsOf(name: string, text: string): number {
	const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
	if (number === undefined) return wrong(`${name} ${text}: must be a time like 10s, 5m or 1h`);
	return Number(number) * { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }[unit as 's']!;
}

export const pastModes = ['compare', 'report'] as const;

/** --from prometheus, where it is not the beginning of a part. */
export const asksPrometheus = (text: Text) =>
	text('from') === 'prometheus' && ['replay', ...pastModes].every(name => text(name) === undefined);

export const namesServer = (given: Given, text: Text) =>
	given.addresses.length > 0 || ['host', 'port', 'socket', 'uri'].some(name => text(name) !== undefined);

export function readNamed(name: string, path: string | undefined): Buffer | undefined {
	if (path === undefined) return undefined;
	try {
		return readFileSync(path);
	} catch (thrown) {
		return wrong(`--${name}: cannot read ${path}: ${reasonOf(thrown)}`);
	}
}

export const firstLine = (content: Buffer): string => content.toString('utf8').split(/\r?\n/, 1)[0]!;

export const reasonOf = (thrown: unknown) => {
	const code = (thrown as NodeJS.ErrnoException).code;
	if (code === 'ENOENT') return 'no such file';
	if (code === 'EACCES') return 'no permission';
	return code === 'EISDIR' ? 'it is a folder' : String(code ?? thrown);
};

export function numberOf(
	name: string,
	text: string | undefined,
	least: number,
	most: number,
): number | undefined {
	if (text === undefined) return undefined;
	const value = Number(text);
	if (text.trim() === '' || !Number.isFinite(value))
		wrong(`${name} ${text}: not a number (${least} to ${most})`);
	if (value < least || value > most) wrong(`${name} ${text}: must be ${least} to ${most}`);
	return value;
}

export function wholeNumberOf(
	name: string,
	text: string | undefined,
	least: number,
	most: number,
): number | undefined {
	const value = numberOf(name, text, least, most);
	if (value !== undefined && !Number.isInteger(value)) wrong(`${name} ${text}: must be a whole number`);
	return value;
}
