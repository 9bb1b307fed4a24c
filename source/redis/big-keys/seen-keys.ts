// Which keys were counted already. SCAN may return a key twice: a table that shrinks while it is scanned makes the
// server visit again what lay near the cursor, FLUSHALL and a refill more than that, and a slot that moves brings its
// keys to a node whose turn is yet to come. Names are not kept, only 64 bits of a hash of each (8 bytes; two of a
// million names collide with a chance of one in 37 million): exact until the memory is used up. Then the older half
// is forgotten, so that at least the last `limit / 3` keys are known. What comes back comes back soon:
// on a shrink by n, the n buckets before the cursor.

const smallest = 1 << 12;
/** Of two tables together. */
const usualLimitBytes = 64 * 1024 * 1024;
const fullest = 0.75;

type Table = { readonly slots: Int32Array; used: number };

const newTable = (entries: number): Table => ({ slots: new Int32Array(entries * 2), used: 0 });

export class SeenKeys {
	/** Keys that came again. */
	repeated = 0;
	private current: Table;
	private older: Table | undefined;
	private readonly largest: number;

	/** `expected`: about so many will come, so that the table need not grow, which is a second place for each. */
	constructor(limitBytes: number = usualLimitBytes, expected = 0) {
		this.largest = Math.max(smallest, 2 ** Math.floor(Math.log2(limitBytes / 16)));
		const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, expected) / fullest + 1));
		this.current = newTable(Math.min(this.largest, Math.max(smallest, wanted)));
	}

	/** Nothing was forgotten until now. */
	get isWhole(): boolean {
		return this.older === undefined;
	}

	get bytes(): number {
		return this.current.slots.byteLength + (this.older?.slots.byteLength ?? 0);
	}

	/** By the two hashes of its name, never both 0. False when it was there. */
	add(low: number, high: number): boolean {
		if (this.older && find(this.older, low, high) < 0) {
			this.repeated++;
			return false;
		}
		const place = find(this.current, low, high);
		if (place < 0) {
			this.repeated++;
			return false;
		}
		this.current.slots[place] = low;
		this.current.slots[place + 1] = high;
		if (++this.current.used > (this.current.slots.length >> 1) * fullest) this.makeRoom();
		return true;
	}

	private makeRoom(): void {
		const entries = this.current.slots.length >> 1;
		if (entries < this.largest) {
			const { slots } = this.current;
			this.current = newTable(entries * 2);
			for (let at = 0; at < slots.length; at += 2) {
				if (slots[at] !== 0 || slots[at + 1] !== 0) insert(this.current, slots[at]!, slots[at + 1]!);
			}
			return;
		}
		const empty = this.older ?? newTable(this.largest);
		empty.slots.fill(0);
		empty.used = 0;
		this.older = this.current;
		this.current = empty;
	}
}

/** Index of the first free place, or -1 when it is there. */
function find({ slots }: Table, low: number, high: number): number {
	const mask = slots.length - 2;
	for (let at = (low << 1) & mask; ; at = (at + 2) & mask) {
		const there = slots[at + 1];
		if (there === 0 && slots[at] === 0) return at;
		if (there === high && slots[at] === low) return -1;
	}
}

function insert(table: Table, low: number, high: number): void {
	const place = find(table, low, high);
	table.slots[place] = low;
	table.slots[place + 1] = high;
	table.used++;
}
