// The stream of MONITOR → what was called, by whom, with its first arguments. A busy server sends 100,000 lines a
// second and values of megabytes in them, and whoever reads too slowly fills the server's memory: so it works on the
// bytes, makes text only of the arguments that are wanted, and steps over the rest of a line. Chunks may be cut
// anywhere. Texts it met before are handed out again, so that a hot key is one string however often it comes.
// A line as replicationFeedMonitors writes it: `+1795453576.770000 [0 127.0.0.1:42360] "GET" "hot key"`.

export type MonitorLine = {
	/** The server's clock, milliseconds with fractions. */
	readonly at: number;
	readonly db: number;
	/** `127.0.0.1:42360`, `[::1]:42360`, `unix:/path`; `lua` for a call out of a script or function. */
	readonly client: string;
	readonly isScript: boolean;
	/** Byte strings, the command as it was sent first, as many as were wanted. */
	readonly args: readonly string[];
	/** Wanted arguments are missing: the line is longer than is kept while it comes in pieces. */
	readonly isCut: boolean;
};

export type MonitorParser = {
	/** Calls `visit` for every line that ends in what has come; true from it stops, and the rest of the chunk is lost. */
	readonly push: (chunk: Uint8Array, visit: (line: MonitorLine) => unknown) => void;
	/**
	 * What has been read so far. `strays`: lines that are no call (`+OK`, errors); `unread` of them are calls by their
	 * time, of a form that is not known.
	 */
	readonly read: () => {
		readonly bytes: number;
		readonly lines: number;
		readonly strays: number;
		readonly unread: number;
	};
};

export type MonitorSettings = {
	/** How many arguments of this command are wanted, itself included: `argsNeeded` of command-keys.ts. All unless given. */
	readonly argsWanted?: (command: string) => number;
	/** A line that came in pieces is kept up to so many bytes. */
	readonly longestLine?: number;
	/** Quotes and backslashes stand in it as they are: `leavesQuotes`. */
	readonly hasBareQuotes?: boolean;
};

/**
 * Valkey 8.1.0 and 8.1.1 forget to escape them (valkey#2035): an argument ends where the next one begins, and one that
 * has `" "` in it cannot be told from two.
 */
export const leavesQuotes = (server: string | undefined, version: string | undefined) =>
	server === 'valkey' && /^8\.1\.[01]$/.test(version ?? '');

const defaultLongest = 256 * 1024;
const newline = 10;
const carriageReturn = 13;
const space = 32;
const quote = 34;
const plus = 43;
const dot = 46;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;

/** One for each connection. It never throws, whatever the bytes. */
export function createMonitorParser(settings: MonitorSettings = {}): MonitorParser {
	const { argsWanted = () => Number.POSITIVE_INFINITY, longestLine = defaultLongest } = settings;
	const hasBareQuotes = settings.hasBareQuotes === true;
	const textOf = createTextCache();
	const scratch: number[] = [];
	const counts = { bytes: 0, lines: 0, strays: 0, unread: 0 };
	let held: Uint8Array | undefined;
	let heldLength = 0;
	/** The line was handed out or given up already; its end is still to come. */
	let isSkipping = false;
	/** The line that was read last begins as a call does. */
	let hasTime = false;

	function push(chunk: Uint8Array, visit: (line: MonitorLine) => unknown): void {
		counts.bytes += chunk.length;
		let start = 0;
		while (start < chunk.length) {
			const end = chunk.indexOf(newline, start);
			if (end < 0) {
				keep(chunk, start, visit);
				return;
			}
			const isDone = endLine(chunk, start, end, visit);
			start = end + 1;
			if (isDone) return;
		}
	}

	function endLine(
		chunk: Uint8Array,
		start: number,
		end: number,
		visit: (line: MonitorLine) => unknown,
	): boolean {
		if (isSkipping) {
			isSkipping = false;
			return false;
		}
		if (heldLength === 0) return hand(readLine(chunk, start, end, false), visit);
		const isWhole = heldLength + end - start <= longestLine;
		hold(chunk, start, end);
		const length = heldLength;
		heldLength = 0;
		return hand(readLine(held!, 0, length, !isWhole), visit);
	}

	function keep(chunk: Uint8Array, start: number, visit: (line: MonitorLine) => unknown): void {
		if (isSkipping) return;
		hold(chunk, start, chunk.length);
		if (heldLength < longestLine) return;
		isSkipping = true;
		const length = heldLength;
		heldLength = 0;
		hand(readLine(held!, 0, length, true), visit);
	}

	function hold(chunk: Uint8Array, start: number, end: number): void {
		held ??= new Uint8Array(longestLine);
		const length = Math.min(end - start, longestLine - heldLength);
		held.set(chunk.subarray(start, start + length), heldLength);
		heldLength += length;
	}

	function hand(line: MonitorLine | undefined, visit: (line: MonitorLine) => unknown): boolean {
		if (!line) {
			counts.strays++;
			if (hasTime) counts.unread++;
			return false;
		}
		counts.lines++;
		return visit(line) === true;
	}

	// `[start, end)` is a line without its \n; of a cut one what has come of it.
	function readLine(bytes: Uint8Array, from: number, to: number, isPart: boolean): MonitorLine | undefined {
		let at = bytes[from] === plus ? from + 1 : from;
		hasTime = at > from && isDigit(bytes[at]!);
		let seconds = 0;
		for (; isDigit(bytes[at]!) && at < to; at++) seconds = seconds * 10 + bytes[at]! - 48;
		let fraction = 0;
		let unit = 1000;
		if (bytes[at] === dot)
			for (at++; isDigit(bytes[at]!) && at < to; at++) {
				unit /= 10;
				fraction += (bytes[at]! - 48) * unit;
			}
		if (bytes[at] !== space || bytes[at + 1] !== openBracket || at === from) return undefined;
		let db = 0;
		for (at += 2; isDigit(bytes[at]!) && at < to; at++) db = db * 10 + bytes[at]! - 48;
		// Kvrocks tells a namespace there, by its name: keys without a database are of the first.
		if (bytes[at] !== space) {
			db = 0;
			for (const end = Math.min(to, at + longestNamespace); at < end && isOfNamespace(bytes[at]!); at++);
		}
		if (bytes[at] !== space) return undefined;
		const clientStart = ++at;
		// The path of a socket may hold brackets: the client ends where the first argument begins.
		while (at + 2 < to && !(bytes[at] === closeBracket && bytes[at + 1] === space && bytes[at + 2] === quote))
			at++;
		if (at + 2 >= to) return undefined;
		const client = textOf(bytes, clientStart, at);
		const args: string[] = [];
		const isWhole = readArgs(bytes, at + 2, to, args);
		if (args.length === 0) return undefined;
		const isCut = isPart ? !isWhole : false;
		return { at: seconds * 1000 + fraction, db, client, isScript: client === 'lua', args, isCut };
	}

	/** False where the bytes ended before all that was wanted. */
	function readArgs(bytes: Uint8Array, from: number, to: number, args: string[]): boolean {
		let at = from;
		let wanted = 1;
		while (at < to && bytes[at] === quote) {
			const start = ++at;
			let isEscaped = false;
			while (at < to && !(bytes[at] === quote && (!hasBareQuotes || isLastQuote(bytes, at, to)))) {
				if (bytes[at] === backslash) {
					isEscaped = true;
					if (!hasBareQuotes) at++;
				}
				at++;
			}
			if (at >= to) return false;
			args.push(isEscaped ? decodeEscapes(bytes, start, at) : textOf(bytes, start, at));
			if (args.length === 1) wanted = argsWanted(args[0]!);
			if (args.length >= wanted) return true;
			at += 2;
		}
		return false;
	}

	function decodeEscapes(bytes: Uint8Array, from: number, to: number): string {
		const codes = new Uint8Array(to - from);
		let length = 0;
		for (let at = from; at < to; at++) {
			let code = bytes[at]!;
			if (code === backslash && at + 1 < to) {
				code = bytes[++at]!;
				if (code === 120 && at + 2 < to && hexOf(bytes[at + 1]!) >= 0 && hexOf(bytes[at + 2]!) >= 0) {
					code = hexOf(bytes[at + 1]!) * 16 + hexOf(bytes[at + 2]!);
					at += 2;
				} else if (hasBareQuotes && escapes[code] === undefined) {
					code = backslash;
					at--;
				} else code = escapes[code] ?? code;
			}
			codes[length++] = code;
		}
		return textOf(codes, 0, length);
	}

	// Texts in a table by their hash, the newest of each place: what comes often is found, what is rare makes room.
	function createTextCache(): (bytes: Uint8Array, from: number, to: number) => string {
		const slots = 4096;
		const texts = new Array<string>(slots).fill('');
		return (bytes, from, to) => {
			const length = to - from;
			if (length > longestCached) return decode(bytes, from, to);
			let hash = length;
			for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
			const slot = (hash ^ (hash >>> 12)) & (slots - 1);
			const known = texts[slot]!;
			if (known.length === length && isSame(known, bytes, from)) return known;
			const text = decode(bytes, from, to);
			texts[slot] = text;
			return text;
		};
	}

	function decode(bytes: Uint8Array, from: number, to: number): string {
		let text = '';
		for (let start = from; start < to; start += atOnce) {
			const end = Math.min(to, start + atOnce);
			scratch.length = end - start;
			for (let at = start; at < end; at++) scratch[at - start] = bytes[at]!;
			const piece = String.fromCharCode.apply(null, scratch);
			text = start === from ? piece : text + piece;
		}
		return text;
	}

	return { push, read: () => ({ ...counts }) };
}

const longestCached = 256;
const atOnce = 4096;

function isSame(text: string, bytes: Uint8Array, from: number): boolean {
	for (let index = 0; index < text.length; index++)
		if (text.charCodeAt(index) !== bytes[from + index]) return false;
	return true;
}

/** Behind it the next argument begins or the line ends. */
function isLastQuote(bytes: Uint8Array, at: number, to: number): boolean {
	if (at + 1 >= to || (bytes[at + 1] === carriageReturn && at + 2 >= to)) return true;
	return bytes[at + 1] === space && bytes[at + 2] === quote;
}

const longestNamespace = 256;
const isOfNamespace = (code: number) => code > space && code !== closeBracket && code !== quote;

const isDigit = (code: number) => code >= 48 && code <= 57;

/** What sdscatrepr writes with a letter. */
const escapes: Readonly<Record<number, number>> = { 110: 10, 114: 13, 116: 9, 97: 7, 98: 8 };

function hexOf(code: number): number {
	if (isDigit(code)) return code - 48;
	const lower = code | 32;
	return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
