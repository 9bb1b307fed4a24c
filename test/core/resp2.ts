// RESP2 bytes, as a server sent them, → Reply. Only for the captured replies under test/fixtures: the program itself
// leaves the wire to its client library. Strings come out as byte strings (one char a byte), like there.

import type { Reply } from '../../source/core/types.ts';

/** The first reply in the bytes; throws where they are not RESP2. */
export function parseResp2(bytes: string): Reply {
	return readReply(bytes, 0)[0];
}

function readReply(bytes: string, start: number): [reply: Reply, next: number] {
	const end = bytes.indexOf('\r\n', start);
	if (end === -1) throw new Error(`no line end after byte ${start}`);
	const line = bytes.slice(start + 1, end);
	switch (bytes[start]) {
		case '+':
			return [line, end + 2];
		case '-':
			return [{ error: line }, end + 2];
		case ':':
			return [Number(line), end + 2];
		case '$':
			return readBulk(bytes, end + 2, Number(line));
		case '*':
			return readArray(bytes, end + 2, Number(line));
		default:
			throw new Error(`no RESP2 type at byte ${start}: ${JSON.stringify(bytes[start])}`);
	}
}

function readBulk(bytes: string, start: number, length: number): [Reply, number] {
	if (length < 0) return [null, start];
	return [bytes.slice(start, start + length), start + length + 2];
}

function readArray(bytes: string, start: number, length: number): [Reply, number] {
	if (length < 0) return [null, start];
	const replies: Reply[] = [];
	let next = start;
	for (let index = 0; index < length; index++) {
		const [reply, after] = readReply(bytes, next);
		replies.push(reply);
		next = after;
	}
	return [replies, next];
}
