// The slot of a key in a cluster, by the cluster's own arithmetic: CRC16 (XMODEM) of the key, or of what stands in
// its first braces where that is not empty, modulo 16384. Keys are byte strings, one char a byte.

import { slotsInCluster } from '../slots.ts';

/** Slot 0..16383 of a key. */
export function slotOf(key: string): number {
	const open = key.indexOf('{');
	const close = open < 0 ? -1 : key.indexOf('}', open + 1);
	const [from, to] = close > open + 1 ? [open + 1, close] : [0, key.length];
	let crc = 0;
	for (let index = from; index < to; index++)
		crc = ((crc << 8) & 0xffff) ^ table[((crc >> 8) ^ key.charCodeAt(index)) & 0xff]!;
	return crc % slotsInCluster;
}

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
	let crc = byte << 8;
	for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
	return crc;
});
