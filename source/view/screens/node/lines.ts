// The lines of the parts of the node screen that are read in full, as facts: what stands on each line and not how it
// looks, so that scrolling knows how many there are. A line here is a line on the screen. The parts are put together in
// node-memory.ts, node-commands.ts, node-clients.ts, node-logs.ts, node-replication.ts and node-persistence.ts.

import type { ClientGroup, ClientSum } from '../../../core/node/client-groups.ts';
import type { ClientLoad } from '../../../core/node/client-load.ts';
import type { CommandFold, CommandUse } from '../../../core/node/command-window.ts';
import type { Percentiles } from '../../../core/node/latency-histogram.ts';
import type { ReplicaState } from '../../../core/node/replication-state.ts';
import type { Client } from '../../../core/parse/parse-client-list.ts';
import type { LargeEntry } from '../../../core/parse/parse-commandlog.ts';
import { wrapped } from '../../../core/parse/wrapped.ts';
import type { Severity, SlowlogEntry } from '../../../core/types.ts';

export type NodeTable =
	| 'parts'
	| 'keyspace'
	| 'commands'
	| 'kinds'
	| 'groups'
	| 'clients'
	| 'busy'
	| 'slow'
	| 'large'
	| 'replicas'
	| 'errors';

export type NodeLine =
	| { readonly kind: 'blank' }
	/** `note` stands behind it, dim. */
	| { readonly kind: 'title'; readonly title: string; readonly note?: string }
	/** The titles of the columns; `label` is the first one's where it differs. */
	| { readonly kind: 'head'; readonly table: NodeTable; readonly label?: string }
	/** A sentence, or a piece of one that was broken. */
	| { readonly kind: 'words'; readonly text: string; readonly isDim?: boolean }
	/** Undefined is not measured. */
	| {
			readonly kind: 'fact';
			readonly label: string;
			readonly text: string | undefined;
			readonly note?: string;
			readonly severity?: Severity;
	  }
	| { readonly kind: 'part'; readonly name: string; readonly bytes?: number; readonly share?: number }
	| {
			readonly kind: 'database';
			readonly db: number;
			readonly keys?: number;
			readonly expires?: number;
			readonly avgTtlMilliseconds?: number;
	  }
	| { readonly kind: 'command'; readonly use: CommandUse; readonly times?: Percentiles }
	| { readonly kind: 'command-rest'; readonly rest: CommandFold }
	| { readonly kind: 'sum'; readonly name: string; readonly sum: ClientSum }
	| {
			readonly kind: 'group';
			readonly group: ClientGroup;
			readonly ofMost: number;
			readonly opened: number;
			readonly load?: ClientLoad;
	  }
	| { readonly kind: 'busy'; readonly client: Client; readonly load: ClientLoad }
	| { readonly kind: 'client'; readonly client: Client }
	| { readonly kind: 'slow'; readonly entry: SlowlogEntry; readonly isOld?: boolean }
	| { readonly kind: 'large'; readonly entry: LargeEntry }
	| { readonly kind: 'replica'; readonly replica: ReplicaState }
	| {
			readonly kind: 'error';
			readonly prefix: string;
			readonly count: number;
			readonly perSecond: number;
			readonly share: number;
	  };

export const blankLine: NodeLine = { kind: 'blank' };

export const titled = (title: string, note?: string): NodeLine => ({ kind: 'title', title, note });

/** A sentence as so many lines as it takes, indented as the tables are. */
export const sentences = (text: string, columns: number, isDim = true): readonly NodeLine[] =>
	wrapped(text, Math.max(20, columns - 4)).map(line => ({ kind: 'words', text: line, isDim }));

export const fact = (label: string, text: string | undefined, note?: string): NodeLine => ({
	kind: 'fact',
	...{ label, text, note },
});

/** Blocks under each other with an empty line between them; those without a line are left out. */
export const stacked = (...blocks: readonly (readonly NodeLine[])[]): readonly NodeLine[] =>
	blocks
		.filter(block => block.length > 0)
		.flatMap((block, index) => (index === 0 ? block : [blankLine, ...block]));
