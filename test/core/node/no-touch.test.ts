// To whom CLIENT NO-TOUCH may be sent. The versions are those of which it was seen what they do with it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNoTouchSafe } from '../../../source/core/node/no-touch.ts';

const cases: readonly (readonly [what: string, lines: readonly string[], isSafe: boolean])[] = [
	['standalone, whatever it is', ['redis_version:8.0.2', 'redis_mode:standalone'], true],
	['Redis 8.0 in a cluster dies of it', ['redis_version:8.0.2', 'redis_mode:cluster'], false],
	['Redis 8.6 does not', ['redis_version:8.6.3', 'redis_mode:cluster'], true],
	['10 is newer than 8.6', ['redis_version:10.0.0', 'redis_mode:cluster'], true],
	['a later minor version', ['redis_version:8.10.0', 'redis_mode:cluster'], true],
	[
		'Valkey 8.1 dies of it',
		['redis_version:7.2.4', 'server_name:valkey', 'valkey_version:8.1.1', 'server_mode:cluster'],
		false,
	],
	['Valkey 9.1 does not', ['redis_version:7.2.4', 'valkey_version:9.1.2', 'server_mode:cluster'], true],
	[
		'a fork is not its compatibility number',
		['redis_version:9.9.9', 'valkey_version:8.0.0', 'redis_mode:cluster'],
		false,
	],
	['Redict', ['redict_version:7.3.6', 'redis_version:7.2.4', 'redict_mode:cluster'], true],
	['no mode is told', ['redis_version:8.0.2'], false],
	['nothing is told', [], false],
	['a version that is none', ['redis_version:new', 'redis_mode:cluster'], false],
];
for (const [what, lines, isSafe] of cases)
	test(what, () => assert.equal(isNoTouchSafe(['# Server', ...lines, ''].join('\r\n')), isSafe));
