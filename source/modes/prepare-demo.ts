// What --demo shows: a real cluster where there is a server to start, else the recording of that very demo, which
// ships beside the program. Which of the two it is stands on line 1.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDemo } from '../demo/demo.ts';
import { findServer } from '../demo/find-server.ts';
import type { ScenarioName } from '../demo/scenario.ts';
import { openReplayable, type Replayable } from '../recording/replayable.ts';

export type PreparedDemo = {
	/** Empty when a recording is played. */
	readonly seeds: readonly string[];
	readonly note: string;
	readonly playable?: Replayable;
	readonly stop?: () => Promise<void>;
};

export type DemoHooks = {
	/** The scenario is over. Without a screen that is the end. */
	readonly onOver: () => void;
	/** The scenario sets a marker. */
	readonly onMarker: (text: string) => void;
	/** For people, while nothing is drawn yet. */
	readonly say: (text: string) => void;
};

/** Starts the demo's servers, about five seconds, or opens the recording. The problem is one line. */
export async function prepareDemo(
	scenario: string,
	env: Readonly<Record<string, string | undefined>>,
	isLive: boolean,
	{ onOver, onMarker, say }: DemoHooks,
): Promise<PreparedDemo | { readonly problem: string }> {
	const server = findServer(env);
	if (!server) return openDemoRecording();
	say(`starting six ${server.name} servers on this machine for the demo`);
	try {
		const demo = await startDemo({
			scenario: scenario as ScenarioName,
			server,
			repeats: isLive,
			onOver,
			onMarker,
		});
		return { seeds: demo.seeds, note: 'real servers on this machine', stop: demo.stop };
	} catch (thrown) {
		say(`${(thrown as Error).message}: playing the recorded demo`);
		return openDemoRecording();
	}
}

/** In the single executable it is a part of it: written where it can be read, for as long as the program runs. */
function unpackedDemo(): string | undefined {
	const sea = process.getBuiltinModule('node:sea');
	if (!sea?.isSea()) return undefined;
	const folder = mkdtempSync(join(tmpdir(), 'redis-top-demo-'));
	process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
	const path = join(folder, 'demo.jsonl.gz');
	writeFileSync(path, new Uint8Array(sea.getRawAsset('demo.jsonl.gz') as ArrayBuffer), { mode: 0o600 });
	return path;
}

/** Beside the bundle, or in media/ when run from source. */
async function openDemoRecording(): Promise<PreparedDemo | { readonly problem: string }> {
	const places = ['./demo.jsonl.gz', '../media/demo.jsonl.gz'].map(path =>
		fileURLToPath(new URL(path, import.meta.url)),
	);
	const path = places.find(place => existsSync(place)) ?? unpackedDemo();
	if (path === undefined)
		return { problem: '--demo: no redis-server or valkey-server on the PATH, and no recorded demo' };
	const playable = await openReplayable(path);
	if ('problem' in playable) return playable;
	return { seeds: [], note: 'recorded: no redis-server here', playable };
}
