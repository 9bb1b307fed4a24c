// What this user, or the server, refused on one connection: each is tried once, and not again before half a minute has
// gone by or somebody asks for it by hand.

import { performance } from 'node:perf_hooks';
import { refusalOf } from '../core/parse/parse-error.ts';
import type { Refusal, Reply } from '../core/types.ts';
import { errorText } from './client-replies.ts';
import type { Call } from './commands.ts';

const askedAgainMilliseconds = 29_000;
/** Between two times by hand. */
const byHandMilliseconds = 1000;

export class Refusals {
	private refused: readonly Refusal[] = [];
	/** When each of them was last asked for, by its name. */
	private readonly refusedAt = new Map<string, number>();
	/** Commands that were refused and are not worth a word. */
	private readonly unasked = new Set<string>();

	/** All of the connection that is open. */
	get all(): readonly Refusal[] {
		return this.refused;
	}

	/** A new connection: whatever was refused on the last one may be allowed on it. */
	clear(): void {
		this.refused = [];
		this.refusedAt.clear();
		this.unasked.clear();
	}

	/** Somebody says that it is repaired. */
	tryNow(): void {
		for (const [command, at] of this.refusedAt)
			if (performance.now() - at >= byHandMilliseconds) this.refusedAt.set(command, Number.NEGATIVE_INFINITY);
	}

	/** Those that it is time to ask for again, by their names. */
	due(): readonly string[] {
		return this.refused.filter(refusal => this.isDueAgain(refusal)).map(({ command }) => command);
	}

	/** Without the calls that were refused a short while ago. */
	usable(calls: readonly Call[]): readonly Call[] {
		return calls.filter(item => !this.unasked.has(item.name) && !this.isRefused(item));
	}

	/** Remembers what the replies say, one for each call and in their order. */
	learn(calls: readonly Call[], replies: readonly (readonly [string, Reply])[]): void {
		for (const [index, item] of calls.entries()) this.learnOne(item, errorText(replies[index]![1]));
	}

	private learnOne({ name, feature }: Call, text: string | undefined): void {
		// Courtesies that are refused cost no figure, so nobody needs to be asked for them.
		if (name === 'clientNoEvict') return;
		// Worth one event a year: where it is refused, it is not asked again, and nobody is told to allow it.
		if (name === 'aclUsers') {
			if (text !== undefined) this.unasked.add(name);
			return;
		}
		const refusal = text === undefined ? undefined : refusalOf(feature, text);
		// Any other answer than a refusal: the right was granted.
		if (!refusal) this.forget(feature);
		else this.note(refusal);
	}

	private forget(feature: string): void {
		if (this.refused.some(({ command }) => command === feature))
			this.refused = this.refused.filter(({ command }) => command !== feature);
	}

	private note(refusal: Refusal): void {
		this.refusedAt.set(refusal.command, performance.now());
		if (!this.refused.some(({ command }) => command === refusal.command))
			this.refused = [...this.refused, refusal];
	}

	private isRefused({ feature }: Call): boolean {
		return this.refused.some(refusal => refusal.command === feature && !this.isDueAgain(refusal));
	}

	/** A right may be granted at any time; a command that the server does not have stays unknown to it. */
	private isDueAgain({ command, why }: Refusal): boolean {
		return (
			why === 'no-permission' &&
			performance.now() - (this.refusedAt.get(command) ?? 0) >= askedAgainMilliseconds
		);
	}
}
