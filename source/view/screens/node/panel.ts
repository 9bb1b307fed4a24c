// Which lines of the node screen are seen: of the part that is read all its lines, the first that is drawn, how many
// have room. Shared by the keys and the drawing, so that a page is what is seen. The overview does not scroll: it shows
// of everything what fits, by the heights that are given out here.

import type { NodeSection } from '../../../state/node-screen.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import type { Line } from '../../theme.ts';
import { clientLines } from './clients.ts';
import { commandLines } from './commands.ts';
import { type NodeFacts, nodeFacts } from './facts.ts';
import type { Page } from './lines.ts';
import { errorLines, slowlogLines } from './logs.ts';
import { memoryLines } from './memory.ts';
import { persistenceLines } from './persistence.ts';
import { replicationLines } from './replication.ts';

/** Line 1, three lines of the head, the message line and the key bar. */
const standing = 6;

export const nodeRoom = ({ size }: State): number => Math.max(0, size.rows - standing);

export type NodePanel = {
	readonly lines: readonly Line[];
	readonly top: number;
	readonly room: number;
};

/** Of a part that is read in full; the overview has no lines. */
export function nodePanel(state: State, facts: NodeFacts | undefined = nodeFacts(state)): NodePanel {
	const room = nodeRoom(state);
	const page = { columns: state.size.columns, isAscii: state.isAscii };
	const lines = facts ? sectionLines(facts, facts.node.section ?? 'overview', page) : [];
	const top = Math.min(Math.max(0, facts?.node.top ?? 0), Math.max(0, lines.length - room));
	return { lines, top, room };
}

function sectionLines(facts: NodeFacts, section: NodeSection, page: Page): readonly Line[] {
	switch (section) {
		case 'overview':
			return [];
		case 'memory':
			return memoryLines(facts, page);
		case 'commands':
			return commandLines(facts, page);
		case 'clients':
			return clientLines(facts, page);
		case 'slowlog':
			return slowlogLines(facts, page);
		case 'replication':
			return replicationLines(facts, page);
		case 'persistence':
			return persistenceLines(facts, page);
		case 'errors':
			return errorLines(facts, page);
	}
}

/** How the overview's lines are given out. They add up to the room. */
export type NodeLayout =
	/** Charts two by two, tables side by side. */
	| {
			readonly kind: 'wide';
			readonly chart: number;
			readonly tables: number;
			readonly logs: number;
	  }
	/** Charts two by two, then a line for each part; what is left is for the commands. */
	| { readonly kind: 'standard'; readonly chart: number; readonly facts: number; readonly tables: number }
	/** One chart, then a line for each part. */
	| { readonly kind: 'narrow'; readonly chart: number; readonly facts: number };

const factLines = 6;
const chartLeast = 3;

export function nodeLayout(state: State): NodeLayout {
	const room = nodeRoom(state);
	const { columns } = state.size;
	if (isWide(columns) && room >= 30) return wideLayout(room);
	if (isNarrow(columns)) {
		const chart = room - factLines - 1 >= chartLeast ? room - factLines - 1 : room >= 8 ? chartLeast : 0;
		return { kind: 'narrow', chart, facts: room - (chart === 0 ? 0 : chart + 1) };
	}
	const beside = Math.floor((room - factLines - 2) / 2);
	const chart = beside < chartLeast ? 0 : Math.min(beside, 7);
	const left = room - (chart === 0 ? 0 : 2 * (chart + 1));
	const tables = left - factLines >= 5 ? left - factLines - 1 : 0;
	return { kind: 'standard', chart, facts: left - (tables === 0 ? 0 : tables + 1), tables };
}

/** Two titles of charts and a blank; blank, title; blank, two lines; blank, title: ten lines that are not shared out. */
function wideLayout(room: number): NodeLayout {
	const shared = room - 10;
	const chart = Math.min(12, Math.max(4, Math.floor(shared / 4)));
	const left = shared - 2 * chart;
	const tables = Math.min(12, Math.max(5, Math.ceil(left * 0.58)));
	return { kind: 'wide', chart, tables, logs: left - tables };
}
