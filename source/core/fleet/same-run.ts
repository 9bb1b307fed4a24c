// Whether two readings are of one run of a server. Not every server tells a run id (Dragonfly), and one reading may have
// lost it: what was not told is no sign of a restart.

/** False where two run ids differ; a missing one differs from none. */
export const isSameRun = (before: string | undefined, now: string | undefined): boolean =>
	before === undefined || now === undefined || before === now;
