// Do the fields of these hashes expire? Some fields of each are drawn (HRANDFIELD) and their TTLs read (HPTTL), in two
// writes for all of them. It decides nothing: whom to ask, and whether the server has it, is known by its caller.

import { type FieldTtls, fieldNames, fieldsDrawn, fieldTtlsOf } from '../core/keys/field-ttls.ts';
import { isError } from '../core/reply.ts';
import type { Reply } from '../core/types.ts';
import { type Call, call } from './commands.ts';

export type FieldTtlAnswers = {
	/** By key; left out is what could not be learnt. */
	readonly known: ReadonlyMap<string, FieldTtls>;
	/** The first error that was no WRONGTYPE: of a key that is no hash any more. */
	readonly error?: string;
};

/** Names are byte strings; `ask` gives one reply for each call, undefined where the connection is lost. */
export async function askFieldTtls(
	hashes: readonly string[],
	ask: (calls: readonly Call[]) => Promise<readonly Reply[] | undefined>,
): Promise<FieldTtlAnswers> {
	const known = new Map<string, FieldTtls>();
	if (hashes.length === 0) return { known };
	const drawn = await ask(hashes.map(key => call('hrandfield', key, String(fieldsDrawn))));
	const named = hashes.flatMap((key, index) => {
		const names = fieldNames(drawn?.[index]);
		return names ? [{ key, names }] : [];
	});
	if (named.length === 0) return { known, error: errorIn(drawn) };
	const ttls = await ask(
		named.map(({ key, names }) => call('hpttl', key, 'FIELDS', String(names.length), ...names)),
	);
	for (const [index, { key }] of named.entries()) {
		const told = fieldTtlsOf(ttls?.[index]);
		if (told) known.set(key, told);
	}
	return { known, error: errorIn(drawn) ?? errorIn(ttls) };
}

function errorIn(replies: readonly Reply[] | undefined): string | undefined {
	const found = replies?.find(reply => isError(reply) && !reply.error.startsWith('WRONGTYPE'));
	return isError(found) ? found.error : undefined;
}
