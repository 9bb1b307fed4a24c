// How a row of the table of commands (core/commands.ts) becomes a Call. Nothing else can leave the program, for a
// connection takes a Call and only `call` and `changingCall` make one.

import { type AnyCommand, type ChangingName, type CommandName, commandOf } from '../core/commands.ts';

/** One command ready to be sent. Made by `call`, and of those that change a server by `changingCall` alone. */
export type Call = {
	readonly name: AnyCommand;
	readonly words: readonly string[];
	/** Lower case, as readings and the log name it: `sentinel replicas mymaster`. */
	readonly label: string;
	/** As INFO commandstats counts it: `info`, `cluster|nodes`. */
	readonly counted: string;
	/** What a refusal is remembered by: the command without its arguments. */
	readonly feature: string;
};

/** A call of an allowed command with its arguments; of none that changes a server. */
export const call = (name: CommandName, ...args: string[]): Call => made(name, args);

/** A call that changes a server: for change.ts and nobody else. */
export const changingCall = (name: ChangingName, ...args: string[]): Call => made(name, args);

function made(name: AnyCommand, args: readonly string[]): Call {
	const entry = commandOf(name);
	const container = entry.words[0]!.toLowerCase();
	const isContainer = entry.words.length > 1 && container !== 'info';
	const feature = entry.words.join(' ').toLowerCase();
	return {
		name,
		words: [...entry.words, ...args],
		label: entry.isSecret ? feature : [feature, ...args].join(' '),
		counted: isContainer ? entry.words.slice(0, 2).join('|').toLowerCase() : container,
		feature,
	};
}
