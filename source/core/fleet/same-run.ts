// Whether two readings are of one run of a server. Not every server tells a run id (Dragonfly), and one reading may have
// lost it: what was not told is no sign of a restart.

/** Uptimes are whole seconds, by clocks that are set now and then: a few more prove nothing. */
const toleranceSeconds = 5;

type Run = { readonly runId?: string; readonly uptimeSeconds?: number };

/**
 * Whether one process told both, `seconds` apart. Where no run id was told the uptime is the sign: it went back, or has
 * grown by less than the time that went by.
 */
export function isSameProcess(before: Run, now: Run, seconds: number): boolean {
	if (before.runId !== undefined && now.runId !== undefined) return before.runId === now.runId;
	const [was, is] = [before.uptimeSeconds, now.uptimeSeconds];
	if (was === undefined || is === undefined) return true;
	return is >= was && is + toleranceSeconds >= was + seconds;
}

/** False where two run ids differ; a missing one differs from none. */
export const isSameRun = (before: string | undefined, now: string | undefined): boolean =>
	before === undefined || now === undefined || before === now;
