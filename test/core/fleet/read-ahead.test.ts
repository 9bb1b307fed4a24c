// Replies that are too long to be read in one go: read in steps that are short, each of them, they become what they
// become in one go; whoever asks for them next does not read them again, and of another text is told nothing of theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAhead } from '../../../source/core/fleet/read-ahead.ts';
import { parseClientList } from '../../../source/core/parse/parse-client-list.ts';
import { joinCluster } from '../../../source/core/parse/parse-cluster.ts';
import { finish, longText } from '../../../source/core/steps.ts';

const idOf = (index: number) => index.toString(16).padStart(40, '0');

/** CLUSTER NODES of the first of so many primaries; the last one does not answer it. */
function nodesText(nodes: number, epoch = 1): string {
	let text = '';
	for (let index = 0; index < nodes; index++) {
		const flags = index === 0 ? 'myself,master' : 'master';
		const ping = index === nodes - 1 ? 1000 : 0;
		const slot = index < 16_384 ? ` ${index}` : '';
		text += `${idOf(index)} 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:6379@16379 ${flags} - ${ping} 9000 ${epoch} connected${slot}\n`;
	}
	return text;
}

const clientsText = (clients: number) =>
	Array.from(
		{ length: clients },
		(_, id) => `id=${id} addr=10.0.0.1:${1024 + id} name=n${id} flags=N\n`,
	).join('');

function stepsOf(command: string, text: string): number {
	let steps = 0;
	for (const _ of readAhead('a:1', [[command, text]])) steps++;
	return steps;
}

test('50,000 lines are read in hundreds of steps, and nothing that is short is read ahead', () => {
	const view = nodesText(50_000);
	assert.ok(stepsOf('cluster nodes', view) >= (3 * 50_000) / 500);
	assert.ok(stepsOf('client list', clientsText(50_000)) >= 500);
	const short = nodesText(100);
	assert.ok(short.length < longText);
	assert.equal(stepsOf('cluster nodes', short), 0);
	assert.equal(stepsOf('info', view), 0, 'no view');
});

test('what was read ahead is what one reading gives, and is not read again', () => {
	const text = nodesText(5000);
	finish(readAhead('b:1', [['cluster nodes', text]]));
	const ahead = joinCluster(undefined, text, 'b:1');
	assert.deepEqual(ahead, joinCluster(undefined, text, 'c:1'));
	assert.deepEqual(ahead?.unanswered, joinCluster(undefined, text)?.unanswered);
	assert.equal(ahead?.unanswered?.[0], idOf(4999));
	finish(readAhead('b:1', [['cluster nodes', text]]));
	assert.equal(joinCluster(undefined, text, 'b:1')?.peers, ahead?.peers, 'the same view is the same list');
	const clients = clientsText(10_000);
	const all = parseClientList(clients);
	finish(readAhead('b:1', [['client list', clients]]));
	assert.deepEqual(parseClientList(clients), all);
	assert.deepEqual(parseClientList(clients), all, 'and asked once more');
});

test('of another text nothing of it is told', () => {
	const text = nodesText(3000);
	finish(readAhead('d:1', [['cluster nodes', text]]));
	assert.equal(joinCluster(undefined, nodesText(3), 'd:1')?.peers?.length, 3);
	assert.equal(joinCluster(undefined, nodesText(3000, 7), 'd:1')?.peers?.[5]?.epoch, 7);
	finish(readAhead('d:1', [['client list', clientsText(5000)]]));
	assert.equal(parseClientList(clientsText(2)).length, 2);
});

test('a line of more slots than there are, and a view of more ranges than there are, fill no memory', () => {
	const line = `${idOf(0)} 10.0.0.1:6379@16379 myself,master - 0 0 1 connected${' 7'.repeat(1_000_000)}\n`;
	const slots = (view: ReturnType<typeof joinCluster>) =>
		view!.peers!.reduce((sum, peer) => sum + peer.slots.length, 0);
	assert.ok(slots(joinCluster(undefined, line, 'e:1')) <= 16_385);
	const many = Array.from({ length: 100 }, (_, index) => line.replace(idOf(0), idOf(index))).join('');
	assert.ok(slots(joinCluster(undefined, many, 'e:1')) <= 5 * 16_384);
});

test('any text, also one that is cut anywhere, is read ahead as it is read', () => {
	const whole = `${nodesText(3000)}${'x'.repeat(1000)}\n\n 1 2 3\n`;
	fc.assert(
		fc.property(fc.nat(whole.length), fc.nat(whole.length), (from, to) => {
			const text = whole.slice(from % 2000) + whole.slice(0, to);
			finish(readAhead('f:1', [['cluster nodes', text]]));
			assert.deepEqual(joinCluster(undefined, text, 'f:1'), joinCluster(undefined, text));
		}),
		{ numRuns: 5 },
	);
});
