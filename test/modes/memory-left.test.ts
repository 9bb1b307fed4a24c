// When the program ends for want of memory, and what it says then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterFullCollections, memoryProblem } from '../../source/modes/memory-left.ts';
import { until } from '../servers/until.ts';

test('what is held is too much from four fifths of the limit on', () => {
	const limit = 1000 * 1024 * 1024;
	const said = (share: number) => memoryProblem({ held: share * limit, limit, of: 'that there is' });
	assert.equal(said(0.5), undefined);
	assert.equal(said(0.79), undefined);
	assert.equal(said(0.8), 'out of memory: it holds 800M of the 1000M that there is');
	assert.match(said(1.2)!, /it holds 1\.2G/);
});

test('what is held is looked at after each full collection', async () => {
	let looks = 0;
	afterFullCollections(() => {
		looks++;
	});
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	for (let times = 1; times <= 3; times++) {
		collect();
		await until(() => looks >= times, { what: `a look after collection ${times}` });
	}
});
