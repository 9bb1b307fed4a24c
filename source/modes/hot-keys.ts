// --hotkeys: every node of each fleet by its best way, MONITOR where there is no better one, printed as text or JSON.
// Naming the flag is the asking; what it will cost goes to stderr before anything that costs is begun. For that it
// waits for the second reading: before it nobody knows how busy a node is.

import type { HotKeysResult } from '../core/keys/hot-keys.ts';
import type { Ladder } from '../core/keys/hot-ladder.ts';
import { hotTargets } from '../core/keys/hot-targets.ts';
import type { Engine } from '../engine.ts';
import type { Flags } from '../flags.ts';
import { hotPressureOn } from '../key-pressure.ts';
import { hotKeysJson, hotKeysText } from '../output/hot-keys.ts';
import { hotKeysCostLines, hotKeysProgressLine } from '../output/hot-keys-begin.ts';
import { timeNow } from '../redis/clock.ts';
import type { DialSettings } from '../redis/dial.ts';
import { type HotKeysSurvey, surveyHotKeys } from '../redis/hot-keys/survey.ts';
import type { SentLog } from '../sent-log.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { runOnce, showProgress, whyNobody } from './once.ts';

export type HotKeysSessionOptions = {
	readonly flags: Flags;
	readonly state: State;
	readonly dials: ReadonlyMap<number, DialSettings>;
	readonly log?: SentLog;
};

/** With a delay of more seconds than this the second reading is not waited for. */
const longDelaySeconds = 2;

const isReady = ({ delaySeconds, fleets }: State) =>
	delaySeconds > longDelaySeconds || fleets.every(({ rounds }) => rounds >= 1);

export function runHotKeysSession({ flags, state, dials, log }: HotKeysSessionOptions): void {
	let survey: HotKeysSurvey | undefined;
	// On a terminal the line of the progress may stand there.
	const clear = process.stderr.isTTY ? '\r\x1b[K' : '';
	const say = (text: string) => process.stderr.write(`${clear}redis-top: ${text}\n`);

	const perform = async (fleet: FleetTrack, engine: Engine) => {
		const targets = hotTargets(fleet.now.fleet);
		if (targets.length === 0) {
			say(`${fleet.name}: no node to ask: ${whyNobody(fleet)}`);
			return false;
		}
		survey = surveyHotKeys(targets, {
			dial: engine.dialOf(fleet.id),
			rate: flags.rate,
			top: flags.top,
			onSent: log,
			pressure: address => hotPressureOn(engine.state(), address),
			ownClients: engine.clientNames,
			onLadders: ladders => hotKeysCostLines(ladders).forEach(say),
		});
		await showProgress(survey, (progress, columns) => hotKeysProgressLine(progress, timeNow(), columns));
		const result = await survey.result;
		const ladders = survey.ladders();
		if (!result) {
			say(`${fleet.name}: no node to ask: ${ladders[0]?.rungs[0]?.why ?? 'no answer'}`);
			return false;
		}
		const text =
			flags.mode === 'json' ? JSON.stringify(hotKeysJson(result, ladders)) : hotKeysText(result, ladders);
		process.stdout.write(`${text}\n`);
		return !isRefused(result, ladders);
	};

	const stop = () => {
		survey?.stop();
		return survey !== undefined;
	};

	runOnce({ state, dials, log, isReady, perform, stop });
}

/** No node let us look in any way; why stands in the result. */
const isRefused = ({ keys, slots }: HotKeysResult, ladders: readonly Ladder[]) =>
	keys.length + slots.length === 0 &&
	ladders.every(({ rungs }) => rungs.every(({ state }) => state === 'unavailable'));
