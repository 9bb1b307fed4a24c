// One paragraph that stays in the scrollback after the screen is gone: how long it watched, what it saw, what is
// still wrong. Plain text, a few lines.

import { duration } from '../core/quantity.ts';
import type { State } from '../state/state.ts';

const findingsTold = 5;

/** `from` and `to` in ms; ends with a newline. */
export function farewell(state: State, from: number, to: number): string {
	const nodes = state.fleets.flatMap(fleet => fleet.now.fleet.nodes);
	const findings = state.fleets.flatMap(fleet => fleet.now.findings);
	const events = state.fleets.flatMap(fleet => fleet.events).filter(event => event.severity !== undefined);
	const names = state.fleets.map(fleet => fleet.name).join(', ');
	const lines = [
		`redis-top watched ${names} (${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}) for ${duration((to - from) / 1000)}:`,
		`  ${events.length} ${events.length === 1 ? 'event' : 'events'} worth a look, ` +
			`${findings.length === 0 ? 'no finding now' : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'} now`}.`,
		...findings
			.slice(0, findingsTold)
			.map(
				finding =>
					`  ${finding.severity === 'crit' ? '!!' : '! '} ${[finding.node, finding.text].filter(Boolean).join(' ')}`,
			),
	];
	if (findings.length > findingsTold) lines.push(`  and ${findings.length - findingsTold} more`);
	return `${lines.join('\n')}\n`;
}
