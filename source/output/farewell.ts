// One paragraph that stays in the scrollback after the screen is gone: how long it watched, what it saw, what is
// still wrong; and each change it made, with what takes it back. Plain text, a few lines.

import { printableText } from '../core/text/printable.ts';
import { counted, duration } from '../core/text/quantity.ts';
import { commandText } from '../runbooks/command-text.ts';
import type { ChangeTrack } from '../state/runbook-screen.ts';
import type { State } from '../state/state.ts';
import { stoppedWords } from '../view/parts/stopped-words.ts';

const findingsTold = 5;

/** `from` and `to` in ms; ends with a newline. */
export function farewell(state: State, from: number, to: number): string {
	const nodes = state.fleets.flatMap(fleet => fleet.now.fleet.nodes);
	const findings = state.fleets.flatMap(fleet => fleet.now.findings);
	const events = state.fleets.flatMap(fleet => fleet.events).filter(event => event.severity !== undefined);
	const names = state.fleets.map(fleet => fleet.name).join(', ');
	const lines = [
		`redis-top watched ${names} (${counted(nodes.length, 'node')}) for ${duration((to - from) / 1000)}:`,
		`  ${counted(events.length, 'event')} worth a look, ` +
			`${findings.length === 0 ? 'no finding now' : `${counted(findings.length, 'finding')} now`}.`,
		...findings
			.slice(0, findingsTold)
			.map(
				finding =>
					`  ${finding.severity === 'crit' ? '!!' : '! '} ${[finding.node, finding.text].filter(Boolean).join(' ')}`,
			),
	];
	if (findings.length > findingsTold) lines.push(`  and ${findings.length - findingsTold} more`);
	const files = stoppedWords(state).map(text => `  !! ${text}`);
	return `${[...lines, ...files, ...changeLines(state)].join('\n')}\n`;
}

/** Whole lines, never cut: they are there to be copied. */
function changeLines({ changes = [] }: State): readonly string[] {
	const sent = changes.length === 1 ? '1 change was' : `${changes.length} changes were`;
	return changes.length === 0 ? [] : [`  ${sent} sent:`, ...changes.flatMap(changeText)];
}

function changeText({ change, reply, isDone, sentAt }: ChangeTrack): readonly string[] {
	const node = printableText(change.node);
	const at = new Date(sentAt).toISOString().slice(0, 19);
	const answer = reply === undefined ? 'no reply came' : printableText(reply);
	const undo = change.undo ? commandText(change.undo) : 'nothing takes it back';
	return [
		`    ${at}Z ${node} ${commandText(change.command)}: ${answer}`,
		// What came back too late, or with an error of the way there, may have been done.
		...(isDone === false ? [] : [`      undo on ${node}: ${undo}`]),
	];
}
