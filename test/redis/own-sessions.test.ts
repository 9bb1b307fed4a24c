// Whose a HOTKEYS session is, by the files that redis-tops leave: also of one that was killed before it knew when its
// session began.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
	forgetPlan,
	forgetSession,
	keepSession,
	ownerOf,
	planSession,
} from '../../source/redis/hot-keys/own-sessions.ts';

const state = mkdtempSync(path.join(tmpdir(), 'redis-top-sessions-'));
const stateBefore = process.env.XDG_STATE_HOME;
process.env.XDG_STATE_HOME = state;
after(() => {
	if (stateBefore === undefined) delete process.env.XDG_STATE_HOME;
	else process.env.XDG_STATE_HOME = stateBefore;
	rmSync(state, { recursive: true });
});

const runId = 'a'.repeat(40);
const files = () => readdirSync(path.join(state, 'redis-top', 'hotkeys'));
/** So long ago that whoever planned it would have reset it: it was killed. */
const over = -3600;

test('a session that was planned and begun is known, also where nobody lived to note when it began', async () => {
	await planSession({ runId, startedAt: 1000 }, over);
	assert.equal(await ownerOf({ runId, startedAt: 1003 }), 'left');
	assert.equal(await ownerOf({ runId, startedAt: 999 }), 'somebody', 'it was there before');
	assert.equal(await ownerOf({ runId, startedAt: 6001 }), 'somebody', 'begun much later');
	assert.equal(await ownerOf({ runId: 'b'.repeat(40), startedAt: 1003 }), 'somebody', 'at another server');
	writeFileSync(path.join(state, 'redis-top', 'hotkeys', `${runId}-1003.json`), '');
	assert.equal(await ownerOf({ runId, startedAt: 1003 }), 'left', 'killed while it noted it');
	await forgetSession({ runId, startedAt: 1003 });
	assert.deepEqual(files(), []);
});

test('of one that is planned now its redis-top lives', async () => {
	await planSession({ runId, startedAt: 15_000 }, 10);
	assert.equal(await ownerOf({ runId, startedAt: 15_001 }), 'sibling');
	await keepSession({ runId, startedAt: 15_001 }, 10);
	assert.equal(files().length, 2);
	await forgetSession({ runId, startedAt: 15_001 });
	assert.deepEqual(files(), [], 'also the plan of one that was killed before it took that away');
	await planSession({ runId, startedAt: 15_000 }, 10);
	await keepSession({ runId, startedAt: 15_001 }, 10);
	await forgetPlan({ runId, startedAt: 15_000 });
	assert.deepEqual(files(), [`${runId}-15001.json`]);
	assert.equal(await ownerOf({ runId, startedAt: 15_001 }), 'sibling');
	assert.equal(await ownerOf({ runId, startedAt: 15_002 }), 'somebody', 'the plan is carried out');
	await forgetSession({ runId, startedAt: 15_001 });
	assert.deepEqual(files(), []);
});
