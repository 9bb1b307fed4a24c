// One row of the table of what redis-top survives: a fault that is made for real, and the figure that shows what became of
// it. A row holds when what must be true is true; the figure is what a reader would want to know.

export type Outcome = { readonly figure: string; readonly holds: boolean };

export type Row = {
	/** The fault and what must come of it, in a few words. */
	readonly what: string;
	/** Why it cannot be made here; it is said, and counts neither way. */
	readonly isNotMade?: string | false;
	readonly run: () => Promise<Outcome>;
};
