// How fast a scan goes and how long it will take, from how far it was a few seconds ago. No clock: it is told the time.

/** A rate is over so long. */
const windowMilliseconds = 5000;
const leastMilliseconds = 100;
const everyMilliseconds = 200;

export type ScanSpeed = {
	/** `now`: milliseconds of any clock. Undefined until there is something to tell from. */
	readonly keysPerSecond: (now: number, scanned: number) => number | undefined;
	/** While nothing is meant to go on there is no speed, and what was before is no part of the next one. */
	readonly pause: () => undefined;
};

export function createScanSpeed(): ScanSpeed {
	const past: { readonly at: number; readonly scanned: number }[] = [];
	return {
		keysPerSecond(now, scanned) {
			if (past.length === 0 || now - past.at(-1)!.at >= everyMilliseconds) past.push({ at: now, scanned });
			while (past.length > 2 && now - past[0]!.at > windowMilliseconds) past.shift();
			const first = past[0]!;
			const milliseconds = now - first.at;
			return milliseconds > leastMilliseconds ? ((scanned - first.scanned) * 1000) / milliseconds : undefined;
		},
		pause() {
			past.length = 0;
			return undefined;
		},
	};
}
