// The demo's stories as data: what happens how many seconds after the start. The first step is the calm from which
// each begins and to which it returns, so that a story can be told again and again. It does nothing itself: demo.ts
// plays it.

import type { Mix } from './traffic.ts';

export type Step = {
	/** Seconds from the start. */
	readonly at: number;
	readonly mix?: Mix;
	/** `kill` the primary of one shard; `revive` what was killed; `tidy` away what filled the memory. */
	readonly act?: 'kill' | 'revive' | 'tidy';
	/** A marker is set from outside, as a script that deploys does it. */
	readonly marker?: string;
};

export type Scenario = {
	readonly summary: string;
	readonly steps: readonly Step[];
	/** When it is over, or begins again. */
	readonly seconds: number;
};

export const calm: Mix = { opsPerSecond: 3000, pagesPerSecond: 0 };
/** 20 MB to the limit of one shard in eight seconds. */
const filling: Mix = { opsPerSecond: 3300, pagesPerSecond: 300 };
/** At the limit: what comes in pushes out what was not read for long. */
const evicting: Mix = { opsPerSecond: 3300, pagesPerSecond: 90 };
/** A new version of the shop's web servers, with three mistakes in it: see traffic.ts. */
export const deployed: Mix = { ...calm, version: 'new' };
/** A little less, or a minute would evict as many keys as there are, which is another story. */
const evictingLess: Mix = { opsPerSecond: 3300, pagesPerSecond: 40 };

export const scenarios = {
	story: {
		summary: 'calm, memory fills, a failover, calm again',
		steps: [
			{ at: 15, mix: filling },
			{ at: 22.5, mix: evicting },
			{ at: 30, mix: evictingLess, act: 'kill' },
			{ at: 42, act: 'revive' },
			{ at: 50, mix: calm, act: 'tidy' },
		],
		seconds: 60,
	},
	calm: { summary: 'nothing goes wrong', steps: [], seconds: 60 },
	memory: {
		summary: 'the memory of one shard fills, keys are evicted',
		steps: [
			{ at: 5, mix: filling },
			{ at: 12.5, mix: evicting },
			{ at: 20, mix: evictingLess },
			{ at: 35, mix: calm, act: 'tidy' },
		],
		seconds: 45,
	},
	failover: {
		summary: 'a primary dies, its replica takes over',
		steps: [
			{ at: 5, act: 'kill' },
			{ at: 17, act: 'revive' },
		],
		seconds: 30,
	},
	deploy: {
		summary: 'a new version doubles a command, leaks connections, drops a TTL',
		steps: [
			{ at: 75, marker: 'v42 start' },
			{ at: 135, mix: deployed },
			{ at: 285, mix: calm, marker: 'v42 rolled back' },
		],
		seconds: 360,
	},
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as readonly ScenarioName[];
