// Bytes of a terminal → keys by the names of the table of keys, and pasted text. A slow line splits an escape sequence
// anywhere: its bytes are one key, or none, however far apart they come. What is no key of ours (answers of the
// terminal, mouse reports, focus, function keys nobody asked for) is read to its end and means nothing.
// It knows no time: whoever feeds it waits as long as it says and then tells it that nothing more comes.

import type { Key } from '../state/state.ts';

export type Typed =
	| { readonly type: 'keys'; readonly keys: readonly Key[] }
	| { readonly type: 'paste'; readonly text: string };

export type KeyDecoder = {
	readonly push: (bytes: Uint8Array) => readonly Typed[];
	/** How long the rest of what has begun is waited for, milliseconds; undefined where nothing has. */
	readonly patience: () => number | undefined;
	/** The rest does not come: an escape alone was the key, of all else nothing is left. */
	readonly expire: () => readonly Typed[];
};

const ESC = '\x1b';
const BEL = '\x07';

/** Between the bytes of one key a line that is nearly too slow to work on leaves 100 ms; the key Escape waits so long. */
const escapeMilliseconds = 125;
/** Nobody types these beginnings by hand for a key of ours, so more patience costs nothing. */
const sequenceMilliseconds = 500;
/** A line that stalls within a paste goes on with text. After this long a ^C that comes alone was pressed. */
const stalledMilliseconds = 1000;
/** A paste whose end is lost must not take the keyboard for ever, nor one that seems to begin. */
const lostMilliseconds = 10_000;
/** No sequence of a terminal is longer; what is longer is not one. */
const longestSequence = 4096;
/** No prompt takes more; the rest of what was pasted is passed over. */
const longestPaste = 4096;

const pasteBegin = `${ESC}[200~`;
const pasteEnd = `${ESC}[201~`;

/** What stands at the beginning of the bytes: how long it is and which keys it means, or that its rest is missing. */
type Read = { readonly length: number; readonly keys: readonly Key[] } | 'more';

export function createKeyDecoder(): KeyDecoder {
	/** One character a byte, as mouse reports are no UTF-8. */
	let pending = '';
	let isPasting = false;
	let isStalled = false;
	let pasted = '';
	/** The beginning of the mark of a paste, whose rest did not come in time. */
	let broken = '';

	/** Undefined where its end has not come. */
	const takePaste = (): Typed | undefined => {
		const end = endOfPaste(pending);
		const taken = end < 0 ? pending.length - endBegun(pending) : end;
		if (pasted.length < longestPaste) pasted += pending.slice(0, taken);
		pending = pending.slice(end < 0 ? taken : end + pasteEnd.length);
		return end < 0 ? undefined : finishPaste();
	};

	const finishPaste = (): Typed => {
		const text = Buffer.from(pasted.slice(0, longestPaste), 'latin1').toString('utf8');
		dropPaste();
		return { type: 'paste', text };
	};

	const dropPaste = () => {
		isPasting = false;
		isStalled = false;
		pasted = '';
	};

	return {
		push(bytes) {
			const text = Buffer.from(bytes).toString('latin1');
			if (isStalled && text === '\x03') {
				pending = '';
				dropPaste();
			}
			isStalled = false;
			pending += broken !== '' && (broken + text).startsWith(pasteBegin) ? broken + text : text;
			broken = '';
			const typed: Typed[] = [];
			let keys: Key[] = [];
			const closeKeys = () => {
				if (keys.length > 0) typed.push({ type: 'keys', keys });
				keys = [];
			};
			while (pending !== '') {
				if (isPasting) {
					const paste = takePaste();
					if (!paste) break;
					typed.push(paste);
					continue;
				}
				if (pending.startsWith(pasteBegin)) {
					closeKeys();
					isPasting = true;
					pending = pending.slice(pasteBegin.length);
					continue;
				}
				const read = readOne(pending);
				if (read === 'more') {
					pending = withoutBody(pending);
					break;
				}
				keys.push(...read.keys);
				pending = pending.slice(read.length);
			}
			closeKeys();
			return typed;
		},
		patience() {
			if (isStalled) return lostMilliseconds - stalledMilliseconds;
			if (isPasting) return stalledMilliseconds;
			if (pending === '') return undefined;
			if (/^\x1b\[20?0?$/.test(pending)) return lostMilliseconds;
			return pending === ESC ? escapeMilliseconds : sequenceMilliseconds;
		},
		expire() {
			if (isPasting && !isStalled) {
				isStalled = true;
				return [];
			}
			const isEscape = pending === ESC;
			broken = pasteBegin.startsWith(pending) ? pending : '';
			pending = '';
			if (isPasting) return [finishPaste()];
			return isEscape ? [{ type: 'keys', keys: ['escape'] }] : [];
		},
	};
}

/** Text that was copied may hold the mark of the end itself: of two without a beginning between them the last is the end. */
function endOfPaste(text: string): number {
	const first = text.indexOf(pasteEnd);
	if (first < 0) return first;
	const next = text.indexOf(pasteBegin, first);
	return text.lastIndexOf(pasteEnd, next < 0 ? undefined : next);
}

/** How much of the mark that ends a paste stands at the end. */
function endBegun(text: string): number {
	for (let length = pasteEnd.length - 1; length > 0; length--)
		if (text.endsWith(pasteEnd.slice(0, length))) return length;
	return 0;
}

/** Of an answer that is still coming nothing is kept but how it began, and a last byte that may begin its end. */
function withoutBody(text: string): string {
	if (!/^\x1b[\]PX^_]/.test(text) || text.length < 4) return text;
	return text.slice(0, 2) + (text.endsWith(ESC) ? ESC : '');
}

function readOne(text: string): Read {
	if (text[0] !== ESC) return readCharacter(text, 0);
	const second = text[1];
	if (second === undefined) return 'more';
	if (second === ESC) return { length: 1, keys: ['escape'] };
	if (second === '[') return readControl(text);
	if (second === 'O') return readFunction(text);
	if (/[\]PX^_]/.test(second)) return readAnswer(text);
	// Escape and a key close together are Alt and that key: an operator who types fast meant both.
	const key = readCharacter(text, 1);
	return key === 'more' ? key : { ...key, keys: ['escape', ...key.keys] };
}

const nothing = (length: number): Read => ({ length, keys: [] });
const one = (length: number, key: Key | undefined): Read =>
	key === undefined ? nothing(length) : { length, keys: [key] };

/** One character at `at`, which may be several bytes. */
function readCharacter(text: string, at: number): Read {
	const length = lengthOfCharacter(text.charCodeAt(at));
	if (length === 1) return one(at + 1, keyOfByte(text[at]!));
	const bytes = text.slice(at, at + length);
	const broken = bytes.slice(1).search(/[^\x80-\xbf]/);
	if (broken >= 0) return nothing(at + 1 + broken);
	if (bytes.length < length) return 'more';
	const character = Buffer.from(bytes, 'latin1').toString('utf8');
	return one(at + length, /^[^\p{Cc}\ufffd]$/u.test(character) ? character : undefined);
}

function lengthOfCharacter(code: number): number {
	if (code < 0xc2) return 1;
	if (code < 0xe0) return 2;
	if (code < 0xf0) return 3;
	return code < 0xf5 ? 4 : 1;
}

const controls: Readonly<Record<string, Key>> = {
	'\0': 'ctrl-space',
	'\r': 'enter',
	'\n': 'enter',
	'\t': 'tab',
	' ': 'space',
	'\x7f': 'backspace',
	'\b': 'backspace',
};

function keyOfByte(character: string): Key | undefined {
	const control = controls[character];
	if (control !== undefined) return control;
	const code = character.charCodeAt(0);
	if (code >= 0x80) return undefined;
	return code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : character;
}

/** `ESC [ parameters letter`: keys, and most of what a terminal answers. */
function readControl(text: string): Read {
	// The console of Linux names its first five function keys so.
	if (text[2] === '[') return text.length < 4 ? 'more' : one(4, text[3] === 'A' ? 'f1' : undefined);
	let at = 2;
	while (at < text.length && at < longestSequence && /[\x20-\x3f]/.test(text[at]!)) {
		// rxvt ends a key so that is pressed with Shift.
		if (text[at] === '$' && /^[235678]$/.test(text.slice(2, at))) break;
		at++;
	}
	if (at >= longestSequence) return nothing(at);
	const final = text[at];
	if (final === undefined) return 'more';
	// A key was pressed, or another sequence begins, where the end should be.
	if (!/[$\x40-\x7e]/.test(final)) return nothing(at);
	const parameters = text.slice(2, at);
	if (final === 'M' && parameters === '') return readMouse(text);
	return one(at + 1, keyOfControl(parameters, final));
}

/** The old mouse report: button, column and row as one byte each. */
function readMouse(text: string): Read {
	const strange = text.slice(3, 6).search(/[\x00-\x1f]/);
	if (strange >= 0) return nothing(3 + strange);
	return text.length < 6 ? 'more' : nothing(6);
}

const letters: Readonly<Record<string, Key>> = {
	A: 'up',
	B: 'down',
	C: 'right',
	D: 'left',
	H: 'home',
	F: 'end',
	P: 'f1',
	Z: 'shift-tab',
};

const numbered: Readonly<Record<string, Key>> = {
	1: 'home',
	7: 'home',
	4: 'end',
	8: 'end',
	3: 'backspace',
	5: 'pageup',
	6: 'pagedown',
	11: 'f1',
};

/** With Shift, Ctrl or Alt an arrow is an arrow. */
function keyOfControl(parameters: string, final: string): Key | undefined {
	if (/[~^@$]/.test(final))
		return /^\d+(;\d+)?$/.test(parameters) ? numbered[parameters.split(';')[0]!] : undefined;
	return /^(1(;\d+)?)?$/.test(parameters) ? letters[final] : undefined;
}

/** `ESC O letter`: the same keys where the terminal is in its other mode. */
function readFunction(text: string): Read {
	let at = 2;
	while (at < text.length && at < longestSequence && /[\d;]/.test(text[at]!)) at++;
	const final = text[at];
	if (at >= longestSequence) return nothing(at);
	if (final === undefined) return 'more';
	if (!/[\x40-\x7e]/.test(final)) return nothing(at);
	return one(at + 1, final === 'M' ? 'enter' : letters[final]);
}

/** What a terminal answers at length: to BEL or `ESC \`. A key pressed within breaks it off. */
function readAnswer(text: string): Read {
	for (let at = 2; at < text.length; at++) {
		const character = text[at]!;
		if (character === BEL) return nothing(at + 1);
		if (character === ESC && at + 1 === text.length) return 'more';
		if (character === ESC) return nothing(text[at + 1] === '\\' ? at + 2 : at);
		if (character < ' ') return nothing(at);
	}
	return 'more';
}
