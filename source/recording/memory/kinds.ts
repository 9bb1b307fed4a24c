// How a value that is remembered stands in a recording, and what it has to be when it is read again: one kind for each
// type, made of smaller ones, which packs it and checks it. The compiler holds a kind against its type: a field that
// is added to the type and not to its kind does not compile. A record is a list in the order of its fields, so that a
// recording does not name them a thousand times a day; `told` names them all, and by it a reader knows whether what it
// reads was packed by the same kinds.

import { printableText } from '../../core/text/printable.ts';

export type Packed =
	| null
	| string
	| number
	| boolean
	| readonly Packed[]
	| { readonly [name: string]: Packed };

/** What is packed once and pointed to from many places, and the texts that both sides have already. */
export type Packer = {
	readonly pool: Packed[];
	/** By its kind: an empty list may be many things. */
	readonly known: Map<unknown, Map<unknown, number>>;
	/** The newest INFO of a node, as it stands in the same frame. */
	readonly infoOf: (node: string) => string | undefined;
};

export type Unpacker = {
	readonly pool: readonly unknown[];
	/** What was unpacked of the pool; a value that is in itself is none. */
	readonly made: Map<number, unknown>;
	readonly infoOf: (node: string) => string | undefined;
};

export type Kind<T> = {
	readonly pack: (value: T, into: Packer) => Packed;
	/** Throws a `NotOfKind` for what is none. */
	readonly unpack: (packed: unknown, from: Unpacker) => T;
	readonly told: string;
};

/** Thrown by kinds alone, and made a value where what they make is read (memory.ts, ../asked/asked.ts). */
export class NotOfKind extends Error {}

const refuse = (kind: string): never => {
	throw new NotOfKind(`must be ${kind}`);
};

const plain = <T extends Packed>(told: string, isKind: (value: unknown) => value is T): Kind<T> => ({
	pack: value => value,
	unpack: packed => (isKind(packed) ? packed : refuse(told)),
	told,
});

/** A number that is none (a bucket without a value) has a word. */
export const number: Kind<number> = {
	pack: value => (Number.isFinite(value) ? value : String(value)),
	unpack(packed) {
		if (typeof packed === 'number') return packed;
		return packed === 'NaN' || packed === 'Infinity' || packed === '-Infinity'
			? Number(packed)
			: refuse('a number');
	},
	told: 'number',
};

/** What is counted through, one after the other. */
export const upTo = (most: number): Kind<number> => ({
	pack: value => value,
	unpack: packed =>
		Number.isInteger(packed) && (packed as number) >= 0 && (packed as number) <= most
			? (packed as number)
			: refuse(`a whole number up to ${most}`),
	told: `..${most}`,
});

const latest = 8.64e15;

const checkedTime = (value: unknown): number =>
	typeof value === 'number' && Math.abs(value) <= latest ? value : refuse('a time');

/** Milliseconds since the epoch, of a Date; what a server told may be none, and is refused on both ways. */
export const time: Kind<number> = { pack: checkedTime, unpack: checkedTime, told: 'time' };

export const flag = plain('flag', (value): value is boolean => typeof value === 'boolean');

/** Printable when it is read, whatever stands there. */
export const text: Kind<string> = {
	pack: value => value,
	unpack: packed => (typeof packed === 'string' ? printableText(packed) : refuse('a text')),
	told: 'text',
};

/** As a server or client chose it, one char a byte: what is shown of it becomes printable there. */
export const bytes = plain('bytes', (value): value is string => typeof value === 'string');

export const whole: Kind<bigint> = {
	pack: String,
	unpack: packed =>
		typeof packed === 'string' && /^-?\d{1,40}$/.test(packed) ? BigInt(packed) : refuse('a whole number'),
	told: 'whole',
};

export const oneOf = <T extends string>(...words: readonly T[]): Kind<T> =>
	plain(words.join('|'), (value): value is T => words.includes(value as T));

export const yes: Kind<true> = plain('true', (value): value is true => value === true);

export const maybe = <T>(kind: Kind<T>): Kind<T | undefined> => ({
	pack: (value, into) => (value === undefined ? null : kind.pack(value, into)),
	unpack: (packed, from) => (packed === null || packed === undefined ? undefined : kind.unpack(packed, from)),
	told: `?${kind.told}`,
});

/** Not kept: it is the same for all, or made again of the rest. */
export const left = <T>(value: NoInfer<T>): Kind<T> => ({ pack: () => null, unpack: () => value, told: '-' });

const listIn = (packed: unknown): readonly unknown[] => (Array.isArray(packed) ? packed : refuse('a list'));

export const list = <T>(kind: Kind<T>): Kind<readonly T[]> => ({
	pack: (values, into) => values.map(value => kind.pack(value, into)),
	unpack: (packed, from) => listIn(packed).map(each => kind.unpack(each, from)),
	told: `[${kind.told}]`,
});

export const pair = <A, B>(first: Kind<A>, second: Kind<B>): Kind<readonly [A, B]> => ({
	pack: ([a, b], into) => [first.pack(a, into), second.pack(b, into)],
	unpack(packed, from) {
		const [a, b] = listIn(packed);
		return [first.unpack(a, from), second.unpack(b, from)];
	},
	told: `(${first.told},${second.told})`,
});

export function mapOf<Key, T>(key: Kind<Key>, kind: Kind<T>): Kind<ReadonlyMap<Key, T>> {
	const entries = list(pair(key, kind));
	return {
		pack: (map, into) => entries.pack([...map], into),
		unpack: (packed, from) => new Map(entries.unpack(packed, from)),
		told: `map${entries.told}`,
	};
}

export function setOf<T>(kind: Kind<T>): Kind<ReadonlySet<T>> {
	const values = list(kind);
	return {
		pack: (set, into) => values.pack([...set], into),
		unpack: (packed, from) => new Set(values.unpack(packed, from)),
		told: `set${values.told}`,
	};
}

/** By names that a server chose. */
export function dictionary<T>(kind: Kind<T>): Kind<Readonly<Record<string, T>>> {
	const entries = list(pair(bytes, kind));
	return {
		pack: (value, into) => entries.pack(Object.entries(value), into),
		unpack: (packed, from) => Object.fromEntries(entries.unpack(packed, from)),
		told: `{*:${kind.told}}`,
	};
}

type Fields<T> = { readonly [K in keyof T]-?: Kind<T[K]> };

export function record<T extends object>(fields: Fields<T>): Kind<T> {
	const kinds = Object.entries(fields) as readonly [string, Kind<unknown>][];
	return {
		pack(value, into) {
			const packed = kinds.map(([name, kind]) => kind.pack((value as Record<string, unknown>)[name], into));
			return packed.slice(0, packed.findLastIndex(each => each !== null) + 1);
		},
		unpack(packed, from) {
			const values = listIn(packed);
			const made: Record<string, unknown> = {};
			for (const [index, [name, kind]] of kinds.entries()) {
				const value = kind.unpack(values[index] ?? null, from);
				if (value !== undefined) made[name] = value;
			}
			return made as T;
		},
		told: `{${kinds.map(([name, { told }]) => `${name}:${told}`).join(',')}}`,
	};
}

const namesIn = (packed: unknown): Readonly<Record<string, unknown>> =>
	typeof packed === 'object' && packed !== null && !Array.isArray(packed)
		? (packed as Record<string, unknown>)
		: refuse('an object');

/**
 * A record by the names of its fields: longer, and read also by a redis-top that knows more or fewer of them. What is
 * left out is not known.
 */
export function named<T extends object>(fields: Fields<T>): Kind<T> {
	const kinds = Object.entries(fields) as readonly [string, Kind<unknown>][];
	return {
		pack(value, into) {
			const packed: Record<string, Packed> = {};
			for (const [name, kind] of kinds) {
				const field = kind.pack((value as Record<string, unknown>)[name], into);
				if (field !== null) packed[name] = field;
			}
			return packed;
		},
		unpack(packed, from) {
			const values = namesIn(packed);
			const made: Record<string, unknown> = {};
			for (const [name, kind] of kinds) {
				const value = kind.unpack(Object.hasOwn(values, name) ? values[name] : null, from);
				if (value !== undefined) made[name] = value;
			}
			return made as T;
		},
		told: `{${kinds.map(([name, { told }]) => `${name}:${told}`).join(',')}}`,
	};
}

/** Of a union the records with this word in that field. */
export type TaggedOf<T extends object, Tag extends keyof T, Word extends string> = T extends {
	readonly [K in Tag]: infer Words;
}
	? Word extends Words
		? T
		: never
	: never;

/** One of several records by their names, told apart by the word in one field. */
export function tagged<T extends object, const Tag extends keyof T & string>(
	tag: Tag,
	kinds: {
		readonly [Word in T[Tag] & string]: Kind<Omit<TaggedOf<T, Tag, Word>, Tag>>;
	},
): Kind<T> {
	const known = kinds as unknown as Readonly<Record<string, Kind<object>>>;
	return {
		pack(value, into) {
			const word = value[tag] as string;
			return { [tag]: word, ...(known[word]!.pack(value, into) as { readonly [name: string]: Packed }) };
		},
		unpack(packed, from) {
			const values = namesIn(packed);
			const word = values[tag];
			if (typeof word !== 'string' || !Object.hasOwn(known, word)) return refuse('of a kind that is known');
			return { [tag]: word, ...known[word]!.unpack(values, from) } as unknown as T;
		},
		told: `${tag}(${Object.entries(known)
			.map(([word, { told }]) => `${word}=${told}`)
			.join('/')})`,
	};
}

/** At most so many of a list, the first; what is none of the kind, since a newer redis-top wrote it, is left out. */
export const few = <T>(kind: Kind<T>, most: number): Kind<readonly T[]> => ({
	pack: (values, into) => values.slice(0, most).map(value => kind.pack(value, into)),
	unpack: (packed, from) =>
		listIn(packed)
			.slice(0, most)
			.flatMap(each => {
				try {
					return [kind.unpack(each, from)];
				} catch (thrown) {
					if (thrown instanceof NotOfKind) return [];
					throw thrown;
				}
			}),
	told: `[..${most} ${kind.told}]`,
});

/** `null` is a value of its own here, and has a word. */
export const orNone = <T>(kind: Kind<T>): Kind<T | null> => ({
	pack: (value, into) => (value === null ? 'none' : kind.pack(value, into)),
	unpack: (packed, from) => (packed === 'none' ? null : kind.unpack(packed, from)),
	told: `none|${kind.told}`,
});

/** Always this value: nothing of it stands in a file but that it is so. */
export const only = <const T extends string | boolean>(value: T): Kind<T> =>
	plain(`=${value}`, (packed): packed is T => packed === value);

/** Of a union the record with this word in its field `kind`, which may have others in it too. */
export type VariantOf<T extends { readonly kind: string }, Word extends string> = T extends {
	readonly kind: infer Words;
}
	? Word extends Words
		? T
		: never
	: never;

/** One of several records, told apart by the word in their field `kind`. */
export function variants<T extends { readonly kind: string }>(
	kinds: {
		readonly [Word in T['kind']]: Kind<Omit<VariantOf<T, Word>, 'kind'>>;
	},
): Kind<T> {
	const known = kinds as Readonly<Record<string, Kind<object>>>;
	return {
		pack: (value, into) => [value.kind, known[value.kind]!.pack(value, into)],
		unpack(packed, from) {
			const [kind, value] = listIn(packed);
			if (typeof kind !== 'string' || !Object.hasOwn(known, kind)) return refuse('of a kind that is known');
			return { kind, ...known[kind]!.unpack(value, from) } as unknown as T;
		},
		told: Object.entries(known)
			.map(([word, { told }]) => `${word}=${told}`)
			.join('/'),
	};
}

/** Packed once, however often it is pointed to, and one value again when it is read. */
export const shared = <T>(kind: Kind<T>): Kind<T> => ({
	pack(value, into) {
		const known = into.known.get(kind) ?? new Map<unknown, number>();
		into.known.set(kind, known);
		const place = known.get(value);
		if (place !== undefined) return place;
		const packed = kind.pack(value, into);
		const index = into.pool.push(packed) - 1;
		known.set(value, index);
		return index;
	},
	unpack(packed, from) {
		if (typeof packed !== 'number' || !Object.hasOwn(from.pool, packed)) return refuse('in the pool');
		if (!from.made.has(packed)) {
			from.made.set(packed, undefined);
			from.made.set(packed, { value: kind.unpack(from.pool[packed], from), kind });
		}
		const made = from.made.get(packed) as { readonly value: T; readonly kind: unknown } | undefined;
		return made?.kind === kind ? made.value : refuse('one value of one kind');
	},
	told: `&${kind.told}`,
});
