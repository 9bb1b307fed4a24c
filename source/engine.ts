// The loop: messages in, `update`, effects out. The only mutable state of the program is here: the current State,
// and one poller a fleet, or the player of a recording in their place. Terminal effects (copy, redraw, quit…) are
// handed on to whoever owns the terminal.

import { sampleOf } from './core/fleet/sample.ts';
import type { Address, Reading, Round } from './core/types.ts';
import { isKeyEffect, lateKeyWork } from './key-work-late.ts';
import type { FleetSource, FleetSourceOptions, SourceRound } from './prometheus/fleet-source.ts';
import type { History } from './prometheus/history.ts';
import type { Replayable } from './recording/replayable.ts';
import type { Recorder } from './recording/tape.ts';
import { timeNow } from './redis/clock.ts';
import type { Call } from './redis/commands.ts';
import { noteKey } from './redis/compiler.ts';
import { type Consent, openConsent } from './redis/consent.ts';
import type { DialSettings } from './redis/dial.ts';
import { Poller } from './redis/poller.ts';
import { createPlayer } from './replay.ts';
import type { Effect, Message, State } from './state/state.ts';
import type { Update } from './update/outside.ts';

/** Effects that are not about servers: the terminal's and the program's own. */
export type OuterEffect = Extract<
	Effect,
	{ type: 'copy' | 'write' | 'save-settings' | 'redraw' | 'suspend' | 'quit' }
>;

export type EngineOptions = {
	readonly state: State;
	readonly update: Update;
	/** One for each fleet of the state, by its id. */
	readonly dials: ReadonlyMap<number, DialSettings>;
	/** What has the time before, of fleets that a Prometheus is named for. */
	readonly historyOf?: (fleet: number) => History | undefined;
	/** The fleets come from there, and servers are dialled that somebody opens. */
	readonly prometheus?: PrometheusFleets;
	readonly onState: (state: State, message: Message) => void;
	readonly perform: (effect: OuterEffect) => void;
	/** Returns why it could not be logged. */
	readonly onSent?: (address: Address, calls: readonly Call[]) => string | undefined;
	/** Takes every round as it came. */
	readonly recorder?: Recorder;
	/** Plays this instead of asking servers, at its own pace or as fast as it can. */
	readonly playable?: Replayable;
	/** Of it only this part: times of day. */
	readonly part?: { readonly from?: number; readonly to?: number };
	readonly isPaced?: boolean;
	/** The recording is over. */
	readonly onOver?: (text: string) => void;
};

export type PrometheusFleets = {
	readonly open: (events: Omit<FleetSourceOptions, 'client' | 'settings'>) => FleetSource;
	readonly dial: DialSettings;
	readonly hasEarlier: boolean;
	/** Why there is no refresh, or no whole one: for ends without a screen. */
	readonly onTrouble: FleetSourceOptions['onTrouble'];
};

export type Engine = {
	readonly dispatch: (message: Message) => void;
	readonly state: () => State;
	/** How the nodes of a fleet are reached, by what is known of them now. */
	readonly dialOf: (fleet: number) => DialSettings;
	/** Our polling connections to a node, as it names them. */
	readonly clientNames: (node: Address) => readonly string[];
	readonly start: () => void;
	/** The next refresh of a fleet is at this time, where that is near it: see the poller. */
	readonly refreshAt: (fleet: number, at: number) => void;
	/** From now on messages are taken by this: a screen has been loaded. */
	readonly updateBy: (update: Update) => void;
	/** Settled when what was begun on servers is taken back. */
	readonly stop: () => Promise<void>;
};

export function createEngine(options: EngineOptions): Engine {
	let { state, update } = options;
	const pollers = new Map<number, Poller>();
	const announcedOf = (fleet: number) => (address: Address) =>
		state.fleets.find(({ id }) => id === fleet)?.tracks.get(address)?.announced;
	const dials = new Map(
		[...options.dials].map(([id, dial]) => [id, { ...dial, announcedOf: announcedOf(id) }] as const),
	);
	const player =
		options.playable &&
		createPlayer({
			playable: options.playable,
			isPaced: options.isPaced ?? true,
			...options.part,
			dispatch: message => dispatch(message),
			prepare(message) {
				[state] = update(state, message);
			},
			state: () => state,
			onEnd(text) {
				dispatch({ type: 'replay-over', text });
				options.onOver?.(text);
			},
		});

	const dispatch = (message: Message) => {
		if (message.type === 'keys') noteKey();
		const [next, effects] = update(state, message);
		state = next;
		options.recorder?.asked(state, 'at' in message ? Math.max(state.at, message.at) : state.at);
		for (const effect of effects) perform(effect);
		options.onState(state, message);
	};

	const keyWork = lateKeyWork({
		dials,
		dispatch: message => dispatch(message),
		state: () => state,
		clientNames: node => clientNames(node),
		onSent: options.onSent,
	});

	let isStopped = false;
	const consents = new Map<number, Consent>();
	/** A log that cannot be written refuses changes. */
	let logProblem: string | undefined;
	const logged = (address: Address, calls: readonly Call[]) => {
		logProblem = options.onSent?.(address, calls) ?? undefined;
		return logProblem;
	};

	const openQuestion = ({ id, fleet, nodes, command }: Extract<Effect, { type: 'consent-open' }>) => {
		const dial = dials.get(fleet);
		if (player || state.isChangesAllowed !== true || !dial) return;
		const onRead = (readings: readonly Reading[], isFinal: boolean) =>
			dispatch({
				...{ type: 'consent', at: timeNow(), id, isFinal, refusal: logProblem },
				samples: readings.map(sampleOf),
			});
		consents.set(id, openConsent({ dial, nodes, command, onRead, onSent: logged }));
	};

	const closeQuestion = (id: number) => {
		consents.get(id)?.close();
		consents.delete(id);
	};

	/** The second lock on what `update` has decided: without --allow-changes nothing is sent, whatever was asked. */
	const change = async ({ id, fleet, node, command }: Extract<Effect, { type: 'change' }>) => {
		const consent = consents.get(id);
		if (player || state.isChangesAllowed !== true || !consent) return;
		consents.delete(id);
		const { text, isDone } = await consent.send(command);
		if (isDone) pollers.get(fleet)?.askNow(node);
		const at = timeNow();
		dispatch({ type: 'changed', at, id, reply: text, isDone });
		const track = state.changes?.find(one => one.id === id);
		if (track) options.recorder?.change(track, at);
	};

	const askEarlier = async ({ fleet, stretch, question }: Extract<Effect, { type: 'ask-earlier' }>) => {
		const answer = await options.historyOf?.(fleet)?.ask(question);
		if (answer && !isStopped) dispatch({ type: 'earlier', at: timeNow(), fleet, stretch, answer });
	};

	const perform = (effect: Effect) => {
		// In a recording there is nobody to ask.
		if (isKeyEffect(effect)) return player ? undefined : keyWork.perform(effect);
		switch (effect.type) {
			case 'watch':
				// Of a Prometheus' fleets nobody is dialled but who is opened; of a recording never anybody.
				return (player ? undefined : (pollers.get(effect.fleet) ?? pollerFor(effect.fleet)))?.watch(
					effect.nodes,
				);
			case 'unwatch':
				return pollers.get(effect.fleet)?.unwatch(effect.nodes);
			case 'rename':
				return pollers.get(effect.fleet)?.rename(effect.from, effect.to);
			case 'focus':
				return pollers.get(effect.fleet)?.setFocus(effect.node, effect.isCluster);
			case 'ask-now':
				for (const node of effect.nodes) pollers.get(effect.fleet)?.askNow(node);
				return;
			case 'ask-clients':
				return pollers.get(effect.fleet)?.askClients(effect.node);
			case 'ask-loss':
				return pollers.get(effect.fleet)?.askLoss(effect.node);
			case 'ask-logins':
				return pollers.get(effect.fleet)?.askLogins(effect.node);
			case 'try-now':
				for (const poller of pollers.values()) poller.tryNow();
				source?.refreshSoon();
				return keyWork.tryNow();
			case 'await':
				return pollers.get(effect.fleet)?.setAwaited(effect.nodes);
			case 'fast':
				return pollers.get(effect.fleet)?.setFast(effect.isFast);
			case 'delay':
				for (const poller of pollers.values()) poller.setDelay(effect.seconds);
				return options.recorder?.delay(effect.seconds, state.at);
			case 'record-marker':
				return options.recorder?.marker(effect.marker);
			case 'consent-open':
				return openQuestion(effect);
			case 'consent-check':
				return void consents.get(effect.id)?.check();
			case 'consent-close':
				return closeQuestion(effect.id);
			case 'change':
				return void change(effect);
			case 'ask-earlier':
				return void askEarlier(effect);
			case 'play':
				return player?.setPaused(effect.isPaused);
			case 'speed':
				return player?.setSpeed(effect.speed);
			case 'advance':
				return void player?.advance(effect.until);
			case 'seek':
				return void player?.seek(effect.to);
			default:
				return options.perform(effect);
		}
	};

	const clientNames = (node: Address) =>
		[...pollers.values()].flatMap(poller => poller.clientName(node) ?? []);

	const pollerFor = (fleet: number) => {
		const poller = new Poller({
			dial: dials.get(fleet)!,
			delaySeconds: state.delaySeconds,
			onRound: onRound(fleet),
			onSent: options.onSent ?? (() => {}),
			besides: keyWork.besides,
		});
		pollers.set(fleet, poller);
		return poller;
	};

	const openSource = ({ open, dial, hasEarlier, onTrouble }: PrometheusFleets) =>
		open({
			delaySeconds: () => state.delaySeconds,
			onFleets(fleets) {
				for (const { id } of fleets) dials.set(id, { ...dial, announcedOf: announcedOf(id) });
				dispatch({ type: 'fleets-found', at: timeNow(), fleets, hasEarlier });
			},
			onRound: (fleet, round) => onRound(fleet)(round),
			onTrouble(text, isPartial) {
				if (text !== state.prometheus?.trouble) dispatch({ type: 'source-trouble', at: timeNow(), text });
				onTrouble(text, isPartial);
			},
		});
	const source = options.prometheus && openSource(options.prometheus);

	const onRound = (fleet: number) => (round: Round | SourceRound) => {
		options.recorder?.round(fleet, round);
		dispatch({
			type: 'round',
			at: round.at,
			fleet,
			samples: round.readings.map(sampleOf),
			isExtra: round.isExtra,
			isSettled: round.isSettled,
			paceSeconds: round.delaySeconds,
			clockOffset: round.clockOffset,
			...('listed' in round && { listed: round.listed, told: round.told }),
		});
	};

	return {
		dispatch,
		updateBy(next) {
			update = next;
		},
		state: () => state,
		dialOf: fleet => dials.get(fleet)!,
		clientNames,
		start() {
			if (player) return player.start();
			source?.start();
			for (const fleet of state.fleets) {
				pollerFor(fleet.id).watch(fleet.seeds.map(address => ({ address, kind: 'data' })));
			}
		},
		refreshAt: (fleet, at) => pollers.get(fleet)?.refreshAt(at),
		async stop() {
			isStopped = true;
			source?.stop();
			player?.stop();
			for (const id of consents.keys()) closeQuestion(id);
			for (const poller of pollers.values()) poller.stop();
			await keyWork.stop();
		},
	};
}
