// Objects with many names that are made by the thousand: V8 keeps one that grew name by name as a table from its thirteenth
// on, six times as large and slow to read. Copies of one that was made whole have its shape, and are made in a microsecond.

/** An object with all these names, each undefined, to be copied with `{ ...shape }`. */
export function shapeOf(names: readonly string[]): Record<string, undefined> {
	// What is parsed is made whole.
	const made = JSON.parse(`{${names.map(name => `${JSON.stringify(name)}:null`).join()}}`);
	for (const name of names) made[name] = undefined;
	// Beyond 128 what is parsed is a table, too; the copy of a table is none.
	return { ...made };
}
