// Counters by name (commands, error prefixes), as servers list them: those that are zero are left out of the list. So a
// name that is missing is zero, and one that has gone, or a counter that fell, means that all of them started anew: the
// server restarted, or somebody ran CONFIG RESETSTAT. Names may be `constructor` or `__proto__`: only own ones count.

export type Named<Value> = Readonly<Record<string, Value>>;

/** The value that stands under this name, and never what every object has. */
export function entryOf<Value>(named: Named<Value>, name: string): Value | undefined {
	return Object.hasOwn(named, name) ? named[name] : undefined;
}

/** The increase of each counter that moved; undefined where one fell or has gone. */
export function risesBetween(before: Named<number>, now: Named<number>): Map<string, number> | undefined {
	for (const name of Object.keys(before)) if ((entryOf(now, name) ?? -1) < before[name]!) return undefined;
	const rises = new Map<string, number>();
	for (const [name, value] of Object.entries(now)) {
		const rise = value - (entryOf(before, name) ?? 0);
		if (rise > 0) rises.set(name, rise);
	}
	return rises;
}
