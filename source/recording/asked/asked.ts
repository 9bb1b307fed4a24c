// What was asked for beside the polling (state/asked.ts) as a line of a recording, and read again. It stands there by the
// names of its fields: a redis-top that knows more or fewer of them reads the rest, and what it cannot read at all it
// leaves out and says so.

import type { Asked } from '../../state/asked.ts';
import { looksTold, scansTold, watchesTold } from '../../state/asked.ts';
import { runbookIds } from '../../state/runbook-screen.ts';
import {
	few,
	maybe,
	NotOfKind,
	named,
	number,
	oneOf,
	type Packed,
	type Packer,
	text,
	time,
	type Unpacker,
} from '../memory/kinds.ts';
import { watch } from './hot-kinds.ts';
import { look } from './look-kinds.ts';
import { scan } from './scan-kinds.ts';

/** Changes stand beside it, in the words that they have in rounds. */
type Written = Omit<Asked, 'changes'>;

const asked = named<Written>({
	at: time,
	scans: maybe(few(scan, scansTold)),
	watches: maybe(few(watch, watchesTold)),
	looks: maybe(few(look, looksTold)),
	closed: maybe(few(number, looksTold)),
	runbook: maybe(
		named<NonNullable<Asked['runbook']>>({
			fleet: number,
			address: text,
			runbook: oneOf(...runbookIds, 'lost-data'),
			startedAt: time,
		}),
	),
});

const into = (): Packer => ({ pool: [], known: new Map(), infoOf: () => undefined });
const from: Unpacker = { pool: [], made: new Map(), infoOf: () => undefined };

export const packAsked = (told: Written): Packed => asked.pack(told, into());

/** Undefined where it is none that is known here. */
export function unpackAsked(packed: unknown): Written | undefined {
	try {
		return asked.unpack(packed, from);
	} catch (thrown) {
		if (thrown instanceof NotOfKind) return undefined;
		throw thrown;
	}
}
