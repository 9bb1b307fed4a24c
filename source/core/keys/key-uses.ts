// How one key was used in a sample of commands: by which, reading or writing, by how many clients, and when, in bounded
// memory. It does not know the key, nor what all the others did.

export type KeyUses = {
	hits: number;
	writes: number;
	/** A command is here once for its reads and once for its writes of the key. */
	readonly commands: { readonly name: string; readonly isWrite: boolean; times: number }[];
	/** -1: none known yet. The set is made with the second. */
	client: number;
	clients: Set<number> | undefined;
	/** Index of the piece of the sample and hits in it, by turns. */
	readonly pieces: number[];
};

export type HowUsed = {
	/** Of the hits those that only read, 0 to 1. */
	readonly readShare: number;
	/** Lower case. */
	readonly topCommand: string;
	readonly topCommandShare: number;
	readonly topWrite?: string;
	/** Different connections seen using it; not told apart beyond a thousand. */
	readonly clients: number;
};

const mostClients = 1000;
/** What is beyond is in the hits and has no name. */
const mostCommands = 12;

export const newUses = (): KeyUses => ({
	...{ hits: 0, writes: 0, commands: [], client: -1, clients: undefined, pieces: [] },
});

/** Pieces come in their order; `client` is a number for a connection. */
export function countUse(
	uses: KeyUses,
	use: {
		readonly command: string;
		readonly isWrite: boolean;
		readonly client: number | undefined;
		readonly piece: number;
	},
): void {
	uses.hits++;
	if (use.isWrite) uses.writes++;
	countCommand(uses, use.command, use.isWrite);
	if (use.client !== undefined) countClient(uses, use.client);
	const { pieces } = uses;
	if (pieces[pieces.length - 2] === use.piece) pieces[pieces.length - 1]!++;
	else pieces.push(use.piece, 1);
}

export function howUsed({ hits, writes, commands, client, clients }: KeyUses): HowUsed {
	const sorted = [...commands].sort((a, b) => b.times - a.times);
	return {
		readShare: hits > 0 ? 1 - writes / hits : 0,
		topCommand: sorted[0]?.name ?? '',
		topCommandShare: hits > 0 ? (sorted[0]?.times ?? 0) / hits : 0,
		topWrite: sorted.find(({ isWrite }) => isWrite)?.name,
		clients: clients?.size ?? (client < 0 ? 0 : 1),
	};
}

function countCommand({ commands }: KeyUses, name: string, isWrite: boolean): void {
	for (const known of commands) {
		if (known.name !== name || known.isWrite !== isWrite) continue;
		known.times++;
		return;
	}
	if (commands.length < mostCommands) commands.push({ name, isWrite, times: 1 });
}

function countClient(uses: KeyUses, client: number): void {
	if (uses.client === client) return;
	if (uses.client < 0) uses.client = client;
	else if (!uses.clients) uses.clients = new Set([uses.client, client]);
	else if (uses.clients.size < mostClients) uses.clients.add(client);
}
