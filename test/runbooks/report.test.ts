// Reports: complete, and safe to paste. What a server named stands in them as a name: no markup, no control byte, no
// link, no mention, whatever it is called.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worstOf } from '../../source/modes/runbook.ts';
import { commandText } from '../../source/runbooks/command-text.ts';
import { auditFleet } from '../../source/runbooks/config-audit.ts';
import { highMemory } from '../../source/runbooks/high-memory.ts';
import { code, prose } from '../../source/runbooks/markdown.ts';
import { auditReport, type Run, runReport, runSteps } from '../../source/runbooks/report.ts';
import type { RunbookInput } from '../../source/runbooks/runbook.ts';
import {
	eatenByClient,
	fullOfData,
	keyOf,
	megabyte,
	patternOf,
	primary,
	scanOf,
	start,
	unboundedHash,
} from './build.ts';

const runOf = (input: RunbookInput, more: Partial<Run> = {}): Run => ({
	runbook: highMemory,
	fleetName: 'cart-prod',
	node: primary,
	startedAt: start,
	endedAt: start + 30_000,
	writtenBy: 'redis-top 0.1.0',
	steps: runSteps(highMemory, input, start),
	changesMade: [],
	findings: [],
	...more,
});

test('a run has its node, its times, six verdicts, facts with their command, and says that nothing was changed', () => {
	const text = runReport(runOf(fullOfData()));
	assert.match(
		text,
		/^# Memory runbook of `10\.0\.1\.12:6379`\n\nFleet `cart-prod`, 2027-01-15T08:00:00Z to 2027-01-15T08:00:30Z, by redis-top 0\.1\.0\. /,
	);
	assert.match(text, /^1\. \*\*ACT\*\* How bad is it/m);
	for (let step = 1; step <= 6; step++) assert.match(text, new RegExp(`^## ${step}\\. `, 'm'));
	assert.match(text, /^- used of maxmemory: `4\.0G of 4\.0G, 100%` \(.*\), from `INFO memory`$/m);
	assert.match(
		text,
		/^- `CONFIG SET maxmemory 6174015488` on `10\.0\.1\.12:6379`: raise maxmemory to 5\.8G$/m,
	);
	assert.match(
		text,
		/^ {2}- undo: `CONFIG SET maxmemory 4294967296`; lost at a restart unless CONFIG REWRITE$/m,
	);
	assert.match(text, /^- `BGREWRITEAOF` .*not offered, it frees disk, not memory, and forks$/m);
	assert.match(text, /## Changes\n\nNone was made\./);
	assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
});

test('what is hurt, why, and what to do first stand before everything else', () => {
	const shortOf = (input: RunbookInput) => {
		const text = runReport(runOf(input, { inShort: highMemory.inShort!(input) }));
		return text.slice(0, text.indexOf('\n## Verdicts')).split('\n').slice(4).join('\n');
	};
	assert.match(
		shortOf(fullOfData()),
		/^## In short\n\n- what: Writes are refused with OOM.*\n- why: The server counts \S+ of \S+ used as data\. 600k of 1\.0M keys .*\n- now: Writes fail until .*`CONFIG SET maxmemory \d+` on `10\.0\.1\.\d+:6379` \(/,
	);
	assert.match(shortOf(eatenByClient()), /\n- why: The cause is client buffers.* 10\.0\.3\.7:51422 /);
	assert.match(
		shortOf(eatenByClient()),
		/\n- now: Free the buffers first.*`CLIENT KILL ID 812 ADDR 10\.0\.3\.7:51422` on /,
	);
	assert.match(shortOf(unboundedHash()), /\n- why: It is data.*One key stands out: the hash cart:all/);
});

test('a change that was made stands with its time, reply, effect and undo; findings with theirs', () => {
	const input = fullOfData();
	const change = highMemory.steps[4]!.changes!(input).find(({ id }) => id === 'raise-maxmemory')!;
	const changesMade = [{ change, at: start + 5000, reply: 'OK', before: 'used 100%', after: 'used 70%' }];
	const findings = [
		{ id: 'oom-errors', severity: 'crit' as const, node: primary, since: start, text: 'writes refused' },
	];
	const text = runReport(runOf(input, { changesMade, findings }));
	assert.match(
		text,
		/- 2027-01-15T08:00:05Z `CONFIG SET maxmemory \d+` on `10\.0\.1\.12:6379`: reply `OK`\n {2}- before: `used 100%`\n {2}- a minute later: `used 70%`\n {2}- undo: `CONFIG SET maxmemory 4294967296`/,
	);
	assert.match(text, /- \*\*critical\*\* `oom-errors` `10\.0\.1\.12:6379`: writes refused, since 2027-/);
});

const spans: readonly [text: string, span: string][] = [
	['used', '`used`'],
	['a`b', '`` a`b ``'],
	['``', '``` `` ```'],
	['`', '`` ` ``'],
	['', '`  `'],
	['a\nb', '`"a\\nb"`'],
	['\x1b[31mred', '`"\\x1b[31mred"`'],
];
for (const [text, span] of spans)
	test(`code span of ${JSON.stringify(text)}`, () => assert.equal(code(text), span));

const sentences: readonly [text: string, escaped: string][] = [
	['used_memory at 93%', 'used_memory at 93%'],
	['a `b` *c* _d_ [e](f) <g>', 'a \\`b\\` \\*c\\* \\_d\\_ \\[e\\](f) \\<g\\>'],
	['# no heading', '\\# no heading'],
	['- no list', '\\- no list'],
	['1. no list', '1\\. no list'],
	['1.2k keys and 10.0.0.1:6379', '1.2k keys and 10.0.0.1:6379'],
	['https://evil.example', 'https\\://evil.example'],
	['hello @team', 'hello `@`team'],
	['a | b &lt; ~~c~~', 'a \\| b \\&lt; \\~\\~c\\~\\~'],
];
for (const [text, escaped] of sentences)
	test(`prose of ${JSON.stringify(text)}`, () => assert.equal(prose(text), escaped));

test('a key that is markup stays a name', () => {
	const key = '`](https://evil.example) <img src=x> **@ops**\n# owned';
	const scan = scanOf([keyOf(key, 900 * megabyte)], [patternOf(key, 1, 900 * megabyte)]);
	const text = runReport(runOf({ ...unboundedHash(), scan, earlierScan: undefined }));
	assert.ok(text.includes('evil.example'));
	assert.equal(text.includes('\n# owned'), false);
	for (const line of outsideCode(text).split('\n')) {
		assert.doesNotMatch(line, /(?<!\\)[<>]|(?<!\\)\]\(|https?:\/\/|(?<!\\)\*\*\\?@|@ops/);
	}
});

/** The text without its code spans, by the rule of CommonMark: a run of backticks closes at the next of equal length. */
function outsideCode(text: string): string {
	return text
		.split('\n')
		.map(line => line.replace(/(?<![\\`])(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, 'CODE'))
		.join('\n');
}

const words: readonly [words: readonly string[], text: string][] = [
	[['CONFIG', 'SET', 'maxmemory', '1'], 'CONFIG SET maxmemory 1'],
	[
		['CONFIG', 'SET', 'client-output-buffer-limit', 'normal 1 2 3'],
		'CONFIG SET client-output-buffer-limit "normal 1 2 3"',
	],
	[['CONFIG', 'SET', 'save', ''], 'CONFIG SET save ""'],
];
for (const [command, text] of words)
	test(`as typed: ${text}`, () => assert.equal(commandText(command), text));

test('the audit: faults with their cure, and what was looked at and is well', () => {
	const input = eatenByClient();
	const lines = auditFleet({ fleet: input.fleet!, tracks: input.tracks!, extras: input.extras! });
	const text = auditReport({
		fleetName: 'cart-prod',
		at: start,
		writtenBy: 'redis-top 0.1.0',
		nodeCount: 2,
		lines,
	});
	assert.match(text, /^# Configuration audit\n\nFleet `cart-prod`, 2 nodes, 2027-/);
	assert.match(text, /\*\*\d+ to act on, \d+ to look at, \d+ unknown, \d+ fine\.\*\*/);
	assert.match(
		text,
		/^- \*\*look\*\* `audit-output-buffers` on `10\.0\.1\.12:6379, 10\.0\.1\.22:6379`: `client-output-buffer-limit normal 0 0 0, maxmemory-clients 0`\n {2}- means: .*\n {2}- better: .*\n {2}- how: `CONFIG SET maxmemory-clients 10%`$/m,
	);
	assert.match(text, /^- fine `audit-tcp-keepalive`: `tcp-keepalive 300`\. Dead connections are noticed\.$/m);
});

test('the audit of many nodes that are well is not a line for each', () => {
	const line = (set: string) => ({
		id: 'audit-x',
		topic: 'clients' as const,
		severity: 'fine' as const,
		nodes: [primary],
		set,
		means: 'Well.',
	});
	const lines = ['1', '2', '3', '4'].map(line);
	const text = auditReport({ fleetName: 'x', at: start, writtenBy: 'redis-top', nodeCount: 4, lines });
	assert.match(text, /^- fine `audit-x`: `1`, `2` and 2 more\. Well\.$/m);
});

test('of several fleets the exit code is the worst: critical, a warning, not known, well', () => {
	assert.deepEqual(
		([[0, 3, 1, 2], [3, 2], [3, 1, 0], [0, 3], [0, 0], []] as const).map(codes => worstOf(codes)),
		[2, 2, 1, 3, 0, 3],
	);
});
