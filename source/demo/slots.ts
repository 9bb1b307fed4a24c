// Which of the demo's three shards a key lies in: the cluster's own arithmetic (CRC16 of the key, or of what stands
// in its first braces, modulo 16384). The traffic needs it to send each command to the right node at once; a client
// that asked by trial would fill the servers with MOVED.

export const shardCount = 3;
const slotCount = 16_384;

/** All slots of a shard; the shards cut the range evenly. */
export function slotsOfShard(shard: number): number[] {
	const first = firstSlot(shard);
	return Array.from({ length: firstSlot(shard + 1) - first }, (_, offset) => first + offset);
}

export function shardOf(key: string): number {
	const slot = slotOf(key);
	let shard = 0;
	while (slot >= firstSlot(shard + 1)) shard++;
	return shard;
}

/** Of an ASCII key. */
export function slotOf(key: string): number {
	const open = key.indexOf('{');
	const close = open < 0 ? -1 : key.indexOf('}', open + 1);
	return crc16(close > open + 1 ? key.slice(open + 1, close) : key) % slotCount;
}

const firstSlot = (shard: number) => Math.round((slotCount * shard) / shardCount);

/** XMODEM: polynomial 0x1021, from the highest bit, starting at 0. */
function crc16(text: string): number {
	let crc = 0;
	for (let index = 0; index < text.length; index++) {
		crc ^= text.charCodeAt(index) << 8;
		for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
	}
	return crc;
}
