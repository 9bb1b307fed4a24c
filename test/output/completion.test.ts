// Completions: what a real bash makes of them, and that every flag is in each of the three.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { flagTable, shells } from '../../source/flag-table.ts';
import { completion } from '../../source/output/completion.ts';

for (const shell of shells)
	test(`${shell}: every flag, every choice, and the fleets`, () => {
		const script = completion(shell, ['prod', 'stage-1', 'bad name; rm', '$(x)']);
		const dashes = shell === 'fish' ? '-l ' : '--';
		for (const { name, choices = [] } of flagTable) {
			assert.ok(script.includes(`${dashes}${name}`), name);
			for (const choice of choices) assert.ok(script.includes(choice), choice);
		}
		for (const name of ['prod', 'stage-1']) assert.ok(script.includes(name), name);
		for (const unsafe of ['rm', '$(x)'])
			assert.ok(!script.includes(` ${unsafe} `) && !script.includes('$(x)'), unsafe);
	});

/** What bash offers behind these words. */
function offered(...words: readonly string[]): string[] {
	const script = `${completion('bash', ['prod', 'stage'])}
COMP_WORDS=(redis-top "$@"); COMP_CWORD=$#; _redis_top; printf '%s\\n' "\${COMPREPLY[@]}"`;
	const out = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
	return out.split('\n').filter(line => line !== '');
}

const cases: readonly [readonly string[], readonly string[]][] = [
	[['--run'], ['--runbook']],
	[
		['--runbook', ''],
		['memory', 'high-memory', 'config-audit'],
	],
	[['--runbook', 'c'], ['config-audit']],
	[
		['--runbook', '=', ''],
		['memory', 'high-memory', 'config-audit'],
	],
	[['--runbook', '=', 'h'], ['high-memory']],
	[['--completion', 'f'], ['fish']],
	[['--wait', ''], ['healthy']],
	[['--delay', ''], []],
	[['-d', ''], []],
	[['@'], ['prod', 'stage']],
	[['@', 'st'], ['stage']],
	[['@p'], ['@prod']],
	[['--cacert', '/etc/hostn'], ['/etc/hostname']],
	[['10.0.0.1', '--js'], ['--json']],
];
for (const [words, expected] of cases)
	test(`bash: ${words.join(' ')}`, () => assert.deepEqual(offered(...words), expected));

test('bash: a file with a blank in its name is one', () => {
	const folder = mkdtempSync(path.join(tmpdir(), 'completion-'));
	try {
		const file = path.join(folder, 'our ca.pem');
		writeFileSync(file, '');
		assert.deepEqual(offered('--cacert', path.join(folder, 'our')), [file]);
	} finally {
		rmSync(folder, { recursive: true });
	}
});
