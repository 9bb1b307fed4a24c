// The delays there are between two readings of a node, in seconds.

/** Any value between these can be typed or given with -d. */
export const shortestDelay = 0.25;
export const longestDelay = 3600;

/** Of `+` and `-`. */
export const delaySteps = [0.25, 0.5, 1, 2, 5, 10, 30, 60] as const;
