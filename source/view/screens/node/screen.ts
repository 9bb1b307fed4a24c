// The screen of one node: who it is and what is wrong with it, then the overview or one part in full. What a node that
// does not answer said last stays, dim, with its age in the head.

import type { State } from '../../../state/state.ts';
import { clock } from '../../format.ts';
import { earlierWords } from '../../parts/earlier.ts';
import { plainMessageLine, type RowsSeen } from '../../parts/message-line.ts';
import { nodePath } from '../../parts/paths.ts';
import { screenFrame } from '../../parts/screen-frame.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { dim, type Line, plain } from '../../theme.ts';
import { allRefused, type NodeFacts, nodeFacts } from './facts.ts';
import { nodeHead } from './head.ts';
import { nodeKeys } from './keys.ts';
import { nodeOverview } from './overview.ts';
import { type NodePanel, nodePanel } from './panel.ts';

export const nodeScreen: Screen = {
	name: 'node',
	title: 'node',
	opens: { keys: ['2'], label: 'node', bar: 'node', rank: 4, pair: 'node' },
	keys: nodeKeys,
	path: state => nodePath(state, state.node, []),
	needs: ({ node }) => node && { fleet: node.fleet, node: node.address, isCluster: false },
	lines: nodeLines,
};

function nodeLines(state: State, seen: SeenScreen): readonly Line[] {
	const facts = nodeFacts(state);
	if (!facts) return screenFrame(state, seen, { head: [], body: [], message: plainMessageLine(state, []) });
	const isOverview = (facts.node.section ?? 'overview') === 'overview';
	const panel = nodePanel(state, facts);
	const lines = isOverview ? nodeOverview(state, facts) : panelLines(facts, panel);
	const body = facts.oldSeconds === undefined ? lines : lines.map(dimmed);
	return screenFrame(state, seen, {
		head: nodeHead(state, facts),
		body,
		message: plainMessageLine(state, quiet(state, facts), isOverview ? undefined : rowsSeen(panel)),
	});
}

function panelLines(facts: NodeFacts, { lines, top, room }: NodePanel): readonly Line[] {
	if (lines.length === 0) return [[dim(facts.info ? 'nothing to see here' : 'nothing read yet')]];
	return lines.slice(top, top + room);
}

/** Old figures have no colour: it is for now. */
const dimmed = (line: Line): Line => line.map(({ text }) => dim(text));

const rowsSeen = ({ lines, top, room }: NodePanel): RowsSeen => ({
	first: top + 1,
	last: Math.min(lines.length, top + room),
	all: lines.length,
});

/** That time stands, that it was stepped back, what this user may not ask. */
function quiet(state: State, facts: NodeFacts): Line {
	if (state.paused?.fleets)
		return [plain(`paused at ${clock(state.paused.at, state.clockOffset)}, still polling. p goes on`)];
	if (!facts.isNow)
		return [
			plain(
				`charts, commands, latency, errors and slow log up to ${clock(facts.window.until, state.clockOffset)}; Esc: now`,
			),
		];
	const isOverview = (facts.node.section ?? 'overview') === 'overview';
	const words = allRefused(facts) ?? (isOverview ? earlierWords(state, facts.fleet) : undefined);
	return words === undefined ? [] : [dim(words)];
}
