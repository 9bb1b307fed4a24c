// The numbers by which the runbooks judge and that are no finding's, each with its reason. What is also a finding
// (memory-high, fragmented, volatile-without-ttl …) is judged by the table in core/thresholds.ts, as everywhere.

const megabyte = 1024 * 1024;

export const runbookLimits = {
	/** Where a trend begins to mean something: half a minute of buckets of 5 s. */
	trendBuckets: 6,
	/** A longer look mixes last hour's load with now. */
	trendSeconds: 900,
	/** Growth under this share of the limit over the whole window is the jitter of buffers. */
	trendShare: 0.001,
	/** jemalloc's background thread gives pages back within about 10 s (measured): what stays for 30 s stays. */
	retainedSeconds: 30,
	/** A key of this share of the limit decides by itself whether there is room. */
	keyShareAct: 0.2,
	keyShareLook: 0.05,
	/** Under this share of the limit a key is not worth a line of its own. */
	keyShareTold: 0.01,
	keyBytesLook: 100 * megabyte,
	/** A pattern of this share of what was sized is where to look for space. */
	patternShareLook: 0.25,
	/** More keys than this without a TTL is worth a question where memory runs out. */
	withoutTtlShare: 0.5,
	/** The server's own word for an expiry cycle that falls behind (ACTIVE_EXPIRE_CYCLE_ACCEPTABLE_STALE is 10%). */
	staleShare: 0.1,
	/** Fewer expired keys than this in a scan are those that expire at any moment. */
	expiredKeys: 1000,
	expiredShare: 0.1,
	/** So long the figures of before a scan stand where it has emptied the node: as long as somebody reads its report. */
	scanEffectSeconds: 600,
	/** Where the tables take this share of used memory the keys are smaller than what it takes to find them. */
	tablesShare: 0.4,
	tablesBytes: 10 * megabyte,
	/** A scan that found less than this share of what the server counts as data did not miss it: it is in no key. */
	unexplainedShare: 0.5,
	/** One client with this share of the limit, or this much without a limit, is named and may be disconnected. */
	clientShare: 0.05,
	clientBytes: 32 * megabyte,
	/** Of used memory, for a fork that was never measured: copy-on-write is the pages written while the child lives. */
	cowShare: 0.25,
	/** Kept free on a host for everything that is not Redis. */
	hostReserveShare: 0.1,
	/** A raise aims at this share of maxmemory in use: below the alert at 75%. */
	targetShare: 0.7,
	alertShare: 0.75,
	/** Raising by less than this buys nothing. */
	raiseShare: 0.05,
	/** Used memory moves while somebody types: so much more than was shown is still what was shown. */
	moreEvictedTimes: 1.2,
	moreEvictedBytes: 16 * megabyte,
	/** What a size is planned for. */
	forecastDays: 30,
	/** A growth measured over less time than this is no forecast for days: it is given with that warning. */
	forecastSeconds: 3600,
} as const;
