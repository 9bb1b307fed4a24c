// What differs between the lanes that tests run in (lanes.ts says which there are). A test says it here and nowhere else.

/** `live` and `measured` are named by lanes.ts; everything else is `npm test`, also a file run by hand. */
export const lane = process.env.REDIS_TOP_TEST_LANE ?? 'test';

/** Have we the machine to ourselves? */
export const isMeasured = lane === 'measured';

/**
 * Holds what rests on how fast a machine is and what else it does (how long something took, how often it came) where
 * that can be measured. Elsewhere the same test holds everything but this.
 */
export function measured(check: () => void): void {
	if (isMeasured) check();
}

/** How many of the same are tried: a few that find most faults in `npm test`, as many as it takes in `test:live`. */
export const often = (few: number, many: number): number => (lane === 'live' ? many : few);
