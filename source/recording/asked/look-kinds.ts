// A key that was opened, as it stands in a recording: what it was found to be. Its elements are an application's own
// values, and are left out; that they were read is said.

import type { FieldTtls } from '../../core/keys/field-ttls.ts';
import type { KeyLook, KeyNote } from '../../core/keys/key-look.ts';
import type { IdempotentProducers, StreamGroup } from '../../core/keys/stream-groups.ts';
import type { Refusal } from '../../core/types.ts';
import type { AskedLook } from '../../state/asked.ts';
import {
	bytes,
	few,
	flag,
	type Kind,
	left,
	maybe,
	named,
	number,
	oneOf,
	tagged,
	text,
	time,
} from '../memory/kinds.ts';
import { key, name, scope } from './scan-kinds.ts';

const mostGroups = 200;
const mostNotes = 20;

export const refusal = named<Refusal>({
	command: bytes,
	why: oneOf('no-permission', 'unknown-command'),
	word: bytes,
});

const words = named<{ readonly text: string }>({ text: bytes });
const none = named<object>({});

const note = tagged<KeyNote, 'kind'>('kind', {
	moved: named<{ readonly node: string }>({ node: text }),
	'slot-on-its-way': none,
	lost: words,
	error: words,
	'not-allowed': named<{ readonly refusals: readonly Refusal[] }>({ refusals: few(refusal, mostNotes) }),
	touched: none,
	'no-elements': named<{ readonly type: string }>({ type: bytes }),
	'large-elements': named<{ readonly bytes: number }>({ bytes: number }),
	'elements-not-kept': none,
});

const known = named<KeyLook>({
	at: time,
	node: text,
	owner: maybe(text),
	slot: maybe(number),
	exists: maybe(flag),
	isTouched: maybe(flag),
	...key,
	bytes: maybe(number),
	isExact: maybe(flag),
	samples: maybe(number),
	sizeMargin: maybe(number),
	serverBytes: maybe(number),
	groups: maybe(
		few(
			named<StreamGroup>({
				name,
				consumers: maybe(number),
				pending: maybe(number),
				lag: maybe(number),
				lastDeliveredId: maybe(bytes),
				oldestPendingAt: maybe(time),
				idleSeconds: maybe(number),
			}),
			mostGroups,
		),
	),
	producers: maybe(
		named<IdempotentProducers>({ producers: number, marks: maybe(number), duplicates: maybe(number) }),
	),
	idleSeconds: maybe(number),
	isIdleSinceWrite: maybe(flag),
	frequency: maybe(number),
	fields: maybe(
		named<FieldTtls>({
			expire: oneOf('all', 'some', 'none'),
			drawn: number,
			lastMilliseconds: maybe(number),
		}),
	),
	notes: few(note, mostNotes),
	elements: left<KeyLook['elements']>(undefined),
});

const withoutValues: Kind<KeyLook> = {
	...known,
	pack({ elements, notes, ...look }, into) {
		const said: readonly KeyNote[] = elements ? [...notes, { kind: 'elements-not-kept' }] : notes;
		return known.pack({ ...look, notes: said }, into);
	},
};

export const look = named<AskedLook>({
	id: number,
	screen: oneOf('big-keys', 'hot-keys'),
	scope,
	key: named<AskedLook['key']>({ key: name, node: text, db: number }),
	look: maybe(withoutValues),
});
