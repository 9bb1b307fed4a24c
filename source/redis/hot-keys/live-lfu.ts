// The LFU counters of one node kept up to date: a walk over all keys, then the top of it again and again, and another
// walk now and then, for a key that turned hot behind the walk is seen by no other. What was found is there from the
// first second on, and says how far the walk has come.

import { performance } from 'node:perf_hooks';
import type { Pressure } from '../../core/keys/big-keys.ts';
import type { HotTarget } from '../../core/keys/hot-keys.ts';
import type { LfuSeen } from '../../core/keys/hot-results.ts';
import { timeNow } from '../clock.ts';
import { isLost, type Lost } from '../lean-connection.ts';
import type { Asked } from './ladder.ts';
import { type CountedKey, LfuWalk, walkTrouble } from './lfu-walk.ts';
import type { NodeLink } from './node-link.ts';

export type LiveLfuOptions = {
	/** Keys a second. */
	readonly rate: number;
	readonly top: number;
	readonly pressure?: () => Pressure | undefined;
	/** There is more to see. */
	readonly onSeen: () => void;
	/** A walk ended before its time: the node is gone, or it does not answer to this any more. */
	readonly onTrouble: (trouble: Lost | 'refused') => void;
};

/** `wasWhole`: the keyspace was read to its end before, so the list has no holes. */
type Walk = {
	readonly lfu: LfuWalk;
	readonly startedAt: number;
	readonly wasWhole: boolean;
	endedAt?: number;
};

const walkAgainMilliseconds = 300_000;
/** A list that grows is told of so often. */
const tellMilliseconds = 1000;

export class LiveLfu {
	seen: LfuSeen | undefined;
	private walk: Walk | undefined;
	/** Of a walk that was cut off. */
	private kept: readonly CountedKey[] = [];
	private toldAt = 0;

	constructor(
		private readonly link: NodeLink,
		private readonly options: LiveLfuOptions,
	) {}

	/** All keys have been read. */
	get isWhole(): boolean {
		return this.walk !== undefined && (this.walk.wasWhole || this.walk.endedAt !== undefined);
	}

	/** One turn: begins a walk, or reads the top again. */
	async refresh(asked: Asked): Promise<Lost | 'refused' | undefined> {
		const { walk } = this;
		const isDue = walk?.endedAt !== undefined && performance.now() - walk.endedAt > walkAgainMilliseconds;
		if (!walk || isDue) {
			this.start(asked);
			return undefined;
		}
		if (walk.endedAt === undefined) return undefined;
		const ended = await walk.lfu.reread();
		if (ended) return isLost(ended) ? ended : 'refused';
		this.tell(asked);
		return undefined;
	}

	/** Keys that something else found hot. */
	async look(db: number, keys: readonly string[]): Promise<void> {
		await this.walk?.lfu.look(db, keys);
	}

	rest(isResting: boolean): void {
		this.walk?.lfu.rest(isResting);
	}

	/** Settled when no key is being read. */
	async isIdle(): Promise<void> {
		await this.walk?.lfu.isIdle();
	}

	/** Ends it; what was found is forgotten. */
	stop(): void {
		this.walk?.lfu.stop();
		this.walk = undefined;
		this.seen = undefined;
	}

	private start(asked: Asked): void {
		const lfu = new LfuWalk(this.link, {
			...{ rate: this.options.rate, top: this.options.top, pressure: this.options.pressure },
			databases: asked.info.databases?.map(({ db }) => db) ?? [0],
			keep: this.walk?.lfu.keys() ?? this.kept,
			onBatch: () => {
				if (performance.now() - this.toldAt >= tellMilliseconds) this.tell(asked);
			},
		});
		const walk: Walk = { lfu, startedAt: performance.now(), wasWhole: this.walk?.endedAt !== undefined };
		this.walk = walk;
		void lfu.run().then(end => {
			if (this.walk !== walk) return;
			walk.endedAt = performance.now();
			if (walkTrouble(end) === undefined) return this.tell(asked);
			this.kept = lfu.keys();
			this.walk = undefined;
			this.options.onTrouble(isLost(end) ? end : 'refused');
		});
	}

	private tell({ facts, info, lfu: settings }: Asked): void {
		const { walk } = this;
		if (!walk) return;
		const now = performance.now();
		this.toldAt = now;
		const target: HotTarget = this.link.target;
		this.seen = {
			...{ target, at: timeNow(), seconds: ((walk.endedAt ?? now) - walk.startedAt) / 1000 },
			...{ endedBy: 'going-on', keys: walk.lfu.keys(), settings },
			...{ walked: walk.lfu.walked, of: facts.keys, isWhole: this.isWhole },
			...{ maxmemoryPolicy: info.maxmemoryPolicy, maxmemoryBytes: info.maxmemoryBytes },
		};
		this.options.onSeen();
	}
}
