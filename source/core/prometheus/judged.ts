// What nobody can judge by redis_exporter's figures: it needs the servers' own words, several of them, or how long they take
// to answer. Where the figures of a Prometheus are all there is, these are unknown, and a fleet is never called fine.

export const calmSource = "nothing past a limit by Prometheus's figures";

/** In short: of thresholds.ts those that rest on what only a poll reads. */
export const notJudged =
	'unknown: views, slot owners, Sentinels, stalls, latency, logins, pauses (Enter polls a node)';

export const unjudgedWords =
	'views, slot owners, Sentinels, stalls, latency, logins and pauses are not measured';
