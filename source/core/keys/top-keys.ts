// The heaviest keys of a stream that is longer than memory: Space-Saving (Metwally, Agrawal, El Abbadi 2005), with
// weights. It never misses a heavy key and says how wrong it may be: the
// true weight of a listed key lies between `count - error` and `count`, and no key that is not listed weighs more
// than `floor`. While there are no more different keys than `capacity` it simply counts, and every error is 0.
// Beside it `Largest`, the N greatest by a number each key brings along. How sure a share is stands in shares.ts.

import { ownText } from '../text/own-text.ts';

export type HeavyKey = {
	readonly key: string;
	/** Never under the true weight. */
	readonly count: number;
	/** `count - error` is never over it. */
	readonly error: number;
};

export type TopKeys = {
	readonly capacity: number;
	/** The weight of all that was added, listed or not. */
	readonly total: () => number;
	/** No key that is not listed weighs more than this; 0 while every key is listed. */
	readonly floor: () => number;
	readonly size: () => number;
	/** Weights that are not above 0 are passed over. The key is kept as it is given: `ownText` if it is cut from a reply. */
	readonly add: (key: string, weight?: number) => void;
	/** Heaviest first, equals by name. */
	readonly top: (limit?: number) => HeavyKey[];
};

type Slot = { key: string; count: number; error: number; place: number };

export function createTopKeys(atMost: number): TopKeys {
	const capacity = Math.max(1, Math.floor(atMost));
	/** Lightest at the root. */
	const heap: Slot[] = [];
	const known = new Map<string, Slot>();
	let floor = 0;
	let total = 0;

	function add(key: string, weight = 1): void {
		if (!(weight > 0)) return;
		total += weight;
		const slot = known.get(key);
		if (slot) {
			slot.count += weight;
			sink(heap, slot.place);
		} else if (heap.length < capacity)
			insert({ key, count: floor + weight, error: floor, place: heap.length });
		else replaceLightest(key, weight);
	}

	function insert(slot: Slot): void {
		heap.push(slot);
		known.set(slot.key, slot);
		rise(heap, slot.place);
	}

	function replaceLightest(key: string, weight: number): void {
		const slot = heap[0]!;
		known.delete(slot.key);
		floor = Math.max(floor, slot.count);
		slot.key = key;
		slot.error = floor;
		slot.count = floor + weight;
		known.set(key, slot);
		sink(heap, 0);
	}

	function top(limit = heap.length): HeavyKey[] {
		const list = [...heap].sort(heaviestFirst).slice(0, limit);
		return list.map(({ key, count, error }) => ({ key, count, error }));
	}

	return { capacity, total: () => total, floor: () => floor, size: () => heap.length, add, top };
}

function heaviestFirst(a: Slot, b: Slot): number {
	return b.count - a.count || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function sink(heap: Slot[], from: number): void {
	const slot = heap[from]!;
	let place = from;
	for (let child = 2 * place + 1; child < heap.length; child = 2 * place + 1) {
		if (child + 1 < heap.length && heap[child + 1]!.count < heap[child]!.count) child++;
		const lighter = heap[child]!;
		if (lighter.count >= slot.count) break;
		heap[place] = lighter;
		lighter.place = place;
		place = child;
	}
	heap[place] = slot;
	slot.place = place;
}

function rise(heap: Slot[], from: number): void {
	const slot = heap[from]!;
	let place = from;
	while (place > 0) {
		const parent = (place - 1) >> 1;
		const heavier = heap[parent]!;
		if (heavier.count <= slot.count) break;
		heap[place] = heavier;
		heavier.place = place;
		place = parent;
	}
	heap[place] = slot;
	slot.place = place;
}

export type Sized<T> = { readonly key: string; readonly size: number; readonly value: T };

export type Largest<T> = {
	/** False where adding it would change nothing: asked with the size alone before a name is made. */
	readonly wants: (size: number, key?: string) => boolean;
	/** A key that is there already keeps its greater size, with the value that came with it. */
	readonly add: (key: string, size: number, value: T) => void;
	/** Largest first, equals by name. */
	readonly list: () => Sized<T>[];
};

/**
 * The `limit` keys of the greatest size, each once: SCAN may return a key twice. The same for any order of the keys.
 * Trimmed when it holds twice as many: one sort for `limit` additions.
 */
export function createLargest<T>(limit: number): Largest<T> {
	let kept = new Map<string, Sized<T>>();
	// What is smaller cannot be among the largest any more.
	let least = Number.NEGATIVE_INFINITY;
	/** Of the least: of equals the first by name are kept, and a million keys may be equals. */
	let lastName: string | undefined;

	const sorted = () =>
		[...kept.values()]
			.sort((a, b) => b.size - a.size || (a.key < b.key ? -1 : 1))
			.slice(0, Math.max(0, limit));

	function add(key: string, size: number, value: T): void {
		if (!wants(size, key)) return;
		const known = kept.get(key);
		if (known && known.size >= size) return;
		const own = known?.key ?? ownText(key);
		kept.set(own, { key: own, size, value });
		if (kept.size < limit * 2 + 16) return;
		const list = sorted();
		kept = new Map(list.map(each => [each.key, each]));
		least = list.at(-1)?.size ?? Number.POSITIVE_INFINITY;
		lastName = list.at(-1)?.key;
	}

	function wants(size: number, key?: string): boolean {
		if (limit <= 0 || size < least) return false;
		return size > least || key === undefined || lastName === undefined || key < lastName;
	}
	return { wants, add, list: sorted };
}
