// What a Sentinel says by itself: its pub/sub channels (+sdown, +odown, +switch-master…), on a second connection,
// because one that subscribes can ask nothing else. Told the moment it comes; what is true is still what polling says,
// for a message that was missed is not told again. Opened anew with every connection of the node, given up silently:
// without it the same is seen at the next refresh.

import type { Redis } from 'ioredis';
import type { Address, Reply } from '../core/types.ts';
import { timeNow } from './clock.ts';
import { type Call, call } from './commands.ts';
import { type Credentials, type DialSettings, openClient, type Route } from './dial.ts';

export type SentinelEventsOptions = {
	readonly node: Address;
	/** The way that its first connection took. */
	readonly route: Route;
	readonly settings: DialSettings;
	readonly credentials: Credentials;
	/** Something was said; `take` has it. */
	readonly onTold: () => void;
	readonly onSent: (address: Address, calls: readonly Call[]) => void;
};

/** Messages kept until they are taken: a Sentinel that says more in one refresh repeats itself. */
const mostKept = 1000;

export class SentinelEvents {
	private readonly client: Redis;
	private told: [string, Reply][] = [];

	constructor(private readonly options: SentinelEventsOptions) {
		this.client = openClient(options.route, options.settings, () => {});
		this.client.on('pmessageBuffer', (_pattern: Buffer, channel: Buffer, text: Buffer) =>
			this.keep(channel.toString('latin1'), text.toString('latin1')),
		);
		// Refused, lost or unreachable: the polling beside it says so.
		this.subscribe().catch(() => this.close());
	}

	/** What was said since the last time, as replies of a reading: `event MILLISECONDS` and [channel, text]. */
	take(): readonly [string, Reply][] {
		const told = this.told;
		this.told = [];
		return told;
	}

	isOpen(): boolean {
		return this.client.status !== 'end';
	}

	close(): void {
		this.client.disconnect();
	}

	private async subscribe(): Promise<void> {
		const { user, password } = this.options.credentials;
		await this.client.connect();
		const auth =
			password === undefined ? [] : [call('auth', ...(user === undefined ? [] : [user]), password)];
		const calls = [...auth, call('clientSetname', 'redis-top'), call('psubscribe', '*')];
		this.options.onSent(this.options.node, calls);
		// A Sentinel before 6.2 knows no CLIENT SETNAME, one without a password no AUTH: the subscription decides.
		// The client knows a subscription by its name in small letters only.
		const answers = await Promise.allSettled(
			calls.map(item => this.client.callBuffer(item.words[0]!.toLowerCase(), ...item.words.slice(1))),
		);
		const last = answers.at(-1)!;
		if (last.status === 'rejected') throw last.reason;
	}

	private keep(channel: string, text: string): void {
		// Sentinels greet each other on it every 2 s through the masters; not an event.
		if (channel === '__sentinel__:hello') return;
		if (this.told.length < mostKept) this.told.push([`event ${timeNow()}`, [channel, text]]);
		this.options.onTold();
	}
}
