import type { Snapshot } from '../core/fleet/snapshot.ts';
import type { BigKeysProgress, BigKeysResult, ScanLimits, ScanTarget } from '../core/keys/big-keys.ts';
import type { HotKeysStatus, HotTarget } from '../core/keys/hot-keys.ts';
import type { KeyLook } from '../core/keys/key-look.ts';
import type { Marker } from '../core/markers.ts';
import type { EarlierAnswer, EarlierQuestion } from '../core/prometheus/question.ts';
import type { ToldFleet } from '../core/prometheus/told.ts';
import type { Limits } from '../core/thresholds.ts';
import type { Address, Sample } from '../core/types.ts';
import type { Grounds } from '../runbooks/grounds.ts';
import type { Change } from '../runbooks/runbook.ts';
import type { Asked, AskedLook } from './asked.ts';
import type { ClusterState } from './cluster-screen.ts';
import type { CompareState } from './compare-screen.ts';
import type { Stretch } from './earlier.ts';
import type { FleetTrack } from './fleet-track.ts';
import type { KeyFrame } from './key-frame.ts';
import type { BigKeysState, HotKeysState } from './key-screens.ts';
import type { NodeState } from './node-screen.ts';
import type { Overview } from './overview.ts';
import type { ChangeTrack, RunbookId, RunbookState } from './runbook-screen.ts';

export type { FleetSource, FleetTrack } from './fleet-track.ts';

export type ScreenName =
	| 'fleet'
	| 'node'
	| 'cluster'
	| 'runbook'
	| 'hot-keys'
	| 'big-keys'
	| 'compare'
	| 'help';

/** What is asked closely: one node, or the views, slots and migrations of a whole cluster. */
export type Focus = { readonly fleet: number; readonly node?: Address; readonly isCluster: boolean };

/** The question on the message line, with what was typed so far. */
export type Prompt =
	| { readonly kind: 'filter'; readonly text: string; readonly before: string }
	| { readonly kind: 'delay'; readonly text: string }
	/** Where to write what the screen shows; the end of the name says how. */
	| { readonly kind: 'write'; readonly text: string }
	/** In a recording: where to. */
	| { readonly kind: 'seek'; readonly text: string }
	/** The word of a marker; empty is one without. */
	| { readonly kind: 'marker'; readonly text: string }
	/** Whether a change is to be sent: the node's address in full is the yes. Keys before `from` are ignored. */
	| ChangePrompt;

export type ChangePrompt = {
	readonly kind: 'change';
	/** Names the readings that are made for it. */
	readonly id: number;
	readonly text: string;
	readonly change: Change;
	readonly from: number;
	/** The step that offers it. */
	readonly place: RunbookState;
	/** As the node was when the question was asked. */
	readonly grounds: Grounds;
	/** The node as it was read last for this question. */
	readonly live?: { readonly at: number; readonly text: string; readonly now?: string };
	/** It was answered with yes: the node is read once more. */
	readonly isChecking?: boolean;
	/** Why it cannot be answered any more: nothing was sent, and what is typed means nothing. */
	readonly closed?: string;
};

export type Sort = {
	readonly by: 'shards' | 'worst' | 'column';
	readonly column?: string;
	readonly isReversed: boolean;
};

export type State = {
	/** On the program's own clock, which nobody sets; the time of day is this and `clockOffset`. */
	readonly at: number;
	/** Undefined where the machine's clock was not set since the start. */
	readonly clockOffset?: number;
	readonly version: string;
	readonly fleets: readonly FleetTrack[];
	/** Newest last; bounded by nodes kept, not by time alone. */
	readonly past: readonly Snapshot[];
	/** Oldest first, of all fleets, a bounded number: see core/markers.ts. */
	readonly markers?: readonly Marker[];
	/** As asked for. */
	readonly delaySeconds: number;
	/** The delay that is kept, where that is longer: so many nodes that a round does not fit into the one asked for. */
	readonly paceSeconds?: number;
	/** Polling at 0.25 s because a failover is under way. */
	readonly isFast: boolean;
	readonly isDiscovering: boolean;
	/** False with --no-discover: only what was named is watched. */
	readonly isDiscoveryOn: boolean;
	readonly limits: Limits;
	// the screen
	readonly size: { readonly columns: number; readonly rows: number };
	readonly isAscii: boolean;
	readonly isColour: boolean;
	readonly screen: ScreenName;
	/** The screen that the help was opened from, and goes back to. */
	readonly helpFrom?: ScreenName;
	/** The screens of one node, of the cluster and of a runbook; undefined until they were opened. */
	readonly node?: NodeState;
	readonly cluster?: ClusterState;
	readonly runbook?: RunbookState;
	/** The screen of before and after. */
	readonly compare?: CompareState;
	/** --allow-changes: without it nothing that changes a server can be sent. */
	readonly isChangesAllowed?: boolean;
	/** Sent by this program, oldest first. */
	readonly changes?: readonly ChangeTrack[];
	/** What is asked closely now. */
	readonly focus?: Focus;
	/** The key screens; undefined until they were opened. */
	readonly bigKeys?: BigKeysState;
	readonly hotKeys?: HotKeysState;
	/** In a recording: the keys that were looked at, oldest first. */
	readonly looks?: readonly AskedLook[];
	/** Of the last scan, watch or look: see `nextId`. */
	readonly lastId?: number;
	/** --rate and --top of the command line, for scans from the keyboard. */
	readonly scanRate: number;
	readonly scanTop: number;
	/** --pattern and --db, likewise; a runbook's scan reads all keys. */
	readonly scanOnly?: ScanLimits;
	/** Identity, never an index. Undefined until a node is known. */
	readonly cursor?: Address;
	/** First row drawn of the table. */
	readonly top: number;
	/** First line drawn of the help; the screen stops it at the end. */
	readonly helpTop?: number;
	readonly sort: Sort;
	readonly columnSet: ColumnSetName;
	/** Of the charts of the fleet screen, index in `chartWindows`; undefined follows what there is. */
	readonly chartWindow?: number;
	/** Of the second line in the charts, index in `comparisons`; undefined is none. */
	readonly comparison?: number;
	readonly filter: string;
	readonly prompt?: Prompt;
	/** One sentence on the message line until `until`. */
	/** `isCopy`: it says what was copied, and waits to be told where to. */
	readonly toast?: { readonly text: string; readonly until: number; readonly isCopy?: boolean };
	/** Where time stands; undefined is now. Polling goes on. */
	readonly paused?: {
		readonly at: number;
		readonly snapshot: Snapshot;
		/** The fleets as they were when the screen was stopped; undefined of moments that were stepped back to. */
		readonly fleets?: readonly FleetTrack[];
	};
	/** A recording is played; its time is `at`. */
	readonly replay?: {
		/** `Infinity` is as fast as it can. */
		readonly speed: number;
		readonly isPaused: boolean;
		readonly endText?: string;
		/** Undefined until it is read, and of a recording without key frames. */
		readonly overview?: Overview;
	};
	/** The fleets come from this Prometheus, and why it tells nothing now. */
	readonly prometheus?: { readonly url: string; readonly trouble?: string };
	/** Groups whose nodes are seen one by one, by the id of the fleet; undefined where nothing is folded. */
	readonly unfolded?: ReadonlySet<number>;
	/** Said on line 1 all the time: `demo`, `recording`. */
	readonly note?: string;
	/** What of our own files has failed, and why: on line 1 until the end. */
	readonly stopped?: Readonly<Partial<Record<StoppedFile, string>>>;
	/** The order of the rows held for 3 s after the cursor moved, so that nothing moves under it. */
	readonly heldOrder?: { readonly until: number; readonly order: readonly Address[] };
	/** The settings file, shown when they are written. */
	readonly configFile?: string;
};

export type ColumnSetName = 'overview' | 'memory' | 'traffic' | 'clients' | 'replication' | 'persistence';

export type StoppedFile = 'recording' | 'log';

/** A fleet of a recorded session. */
export type SegmentFleet = Pick<FleetTrack, 'id' | 'name' | 'seeds' | 'bounds'>;

export type Message =
	| {
			readonly type: 'round';
			readonly at: number;
			readonly fleet: number;
			readonly samples: readonly Sample[];
			/** Between two rounds at the delay: a node just found, or the fast phase of a failover. */
			readonly isExtra: boolean;
			/** Nothing new was found in it: discovery is done. */
			readonly isSettled: boolean;
			/** The delay that the poller keeps. */
			readonly paceSeconds?: number;
			readonly clockOffset?: number;
			/** From a Prometheus: every node that it knows in this fleet. */
			readonly listed?: readonly Address[];
			/** And what redis-tops as services say of it. */
			readonly told?: ToldFleet;
	  }
	/** A Prometheus has fleets that were not there before. */
	| {
			readonly type: 'fleets-found';
			readonly at: number;
			readonly fleets: readonly { readonly id: number; readonly name: string }[];
			/** There is a history of them as well. */
			readonly hasEarlier: boolean;
	  }
	/** Why a Prometheus gives no refresh; undefined when it does again. */
	| { readonly type: 'source-trouble'; readonly at: number; readonly text?: string }
	| { readonly type: 'keys'; readonly at: number; readonly keys: readonly Key[] }
	/** Pasted, not typed: text for a prompt, whatever it holds, and never a key. */
	| { readonly type: 'paste'; readonly at: number; readonly text: string }
	| { readonly type: 'clock'; readonly at: number }
	| { readonly type: 'resize'; readonly at: number; readonly columns: number; readonly rows: number }
	| { readonly type: 'told'; readonly at: number; readonly text: string }
	/** Where what was copied went. */
	| { readonly type: 'copied'; readonly at: number; readonly where: string }
	/** A scan for big keys: how far it is, and now and then what it has so far. */
	| {
			readonly type: 'scan';
			readonly at: number;
			readonly id: number;
			readonly progress: BigKeysProgress;
			readonly found?: BigKeysResult;
			readonly isOver: boolean;
	  }
	/** What is known of hot keys now. */
	| { readonly type: 'hot-keys'; readonly at: number; readonly id: number; readonly status: HotKeysStatus }
	/** An opened key was asked. */
	| { readonly type: 'key-look'; readonly at: number; readonly id: number; readonly look: KeyLook }
	/** Opens a runbook for a node, as its key does: for --runbook. */
	| {
			readonly type: 'open-runbook';
			readonly at: number;
			readonly fleet: number;
			readonly node: Address;
			readonly runbook: RunbookId;
	  }
	/**
	 * The nodes that the offer of an open question rests on, read on connections of its own: while it is open, and once
	 * more when it was answered (`isFinal`). `refusal`: why nothing may be sent, whatever was read.
	 */
	| {
			readonly type: 'consent';
			readonly at: number;
			readonly id: number;
			readonly samples: readonly Sample[];
			readonly isFinal: boolean;
			readonly refusal?: string;
	  }
	/** A change was answered. In a recording it stands whole, for nothing was sent here. */
	| {
			readonly type: 'changed';
			readonly at: number;
			readonly id: number;
			readonly reply: string;
			readonly isDone: boolean;
			readonly recorded?: ChangeTrack;
	  }
	/** In a recording: what was asked for beside the polling, and what came of it. */
	| { readonly type: 'asked'; readonly at: number; readonly asked: Asked }
	/** In a recording: it begins here, with all that whoever recorded it knew. */
	| {
			readonly type: 'begin';
			readonly at: number;
			readonly frame: KeyFrame;
			readonly samples: readonly { readonly fleet: number; readonly sample: Sample }[];
	  }
	/** In a recording: a later session begins, which was added to the file. */
	| {
			readonly type: 'segment';
			readonly at: number;
			/** It was gone back to: what came later is not known there. */
			readonly isAnew?: boolean;
			readonly delaySeconds: number;
			readonly fleets: readonly SegmentFleet[];
	  }
	/** Sets a marker now: from outside, or by a signal, which has no word. */
	| { readonly type: 'mark'; readonly at: number; readonly text?: string }
	/** In a recording: one that was set. */
	| { readonly type: 'marker'; readonly marker: Marker }
	/** What a Prometheus has of a stretch of time, or why it has not. */
	| {
			readonly type: 'earlier';
			readonly at: number;
			readonly fleet: number;
			readonly stretch: Stretch;
			readonly answer: EarlierAnswer;
	  }
	/** A recording or a log takes nothing any more, or has a gap. */
	| { readonly type: 'file-stopped'; readonly what: StoppedFile; readonly reason: string }
	/** It goes on after a gap. */
	| { readonly type: 'file-goes-on'; readonly what: StoppedFile }
	/** In a recording: it was gone to another moment. */
	| { readonly type: 'replay-at'; readonly at: number }
	/** In a recording: what there is of it in all. */
	| { readonly type: 'overview'; readonly at: number; readonly overview: Overview }
	/** In a recording: the operator had set another delay. */
	| { readonly type: 'delay-was'; readonly at: number; readonly seconds: number }
	/** The recording is over; why, in words. */
	| { readonly type: 'replay-over'; readonly text: string };

/** One key as the table of keys names it: `a`, `A`, `up`, `enter`, `escape`, `tab`, `shift-tab`, `ctrl-c`, `pageup`, `space`, `f1`… */
export type Key = string;

/** What the engine is to do. Data, so that a test can prove what no key can ever do. */
export type Effect =
	| { readonly type: 'watch'; readonly fleet: number; readonly nodes: readonly Target[] }
	| { readonly type: 'unwatch'; readonly fleet: number; readonly nodes: readonly Address[] }
	| { readonly type: 'rename'; readonly fleet: number; readonly from: Address; readonly to: Address }
	| { readonly type: 'delay'; readonly seconds: number }
	/** What a screen looks at closely is asked more: one node, or all of a cluster about slots and migrations. */
	| {
			readonly type: 'focus';
			readonly fleet: number;
			readonly node?: Address;
			readonly isCluster: boolean;
	  }
	| { readonly type: 'fast'; readonly fleet: number; readonly isFast: boolean }
	/** These at once, with their settings: what is shown of them is known to be old. */
	| { readonly type: 'ask-now'; readonly fleet: number; readonly nodes: readonly Address[] }
	/** CLIENT LIST once, of a node with too many clients for it to be asked by itself. */
	| { readonly type: 'ask-clients'; readonly fleet: number; readonly node: Address }
	/** Who deleted: INFO commandstats, SLOWLOG GET and, of a node with not too many clients, CLIENT LIST, once. */
	| { readonly type: 'ask-loss'; readonly fleet: number; readonly node: Address }
	/** ACL LOG and, where they are not too many, CLIENT LIST of one node, once. */
	| { readonly type: 'ask-logins'; readonly fleet: number; readonly node: Address }
	/** These are tried again many times a second while nothing listens there; all others as usual. */
	| { readonly type: 'await'; readonly fleet: number; readonly nodes: readonly Address[] }
	/** The Prometheus of a fleet is asked for a stretch of time. */
	| {
			readonly type: 'ask-earlier';
			readonly fleet: number;
			readonly stretch: Stretch;
			readonly question: EarlierQuestion;
	  }
	| { readonly type: 'play'; readonly isPaused: boolean }
	| { readonly type: 'speed'; readonly speed: number }
	| { readonly type: 'advance'; readonly until: 'round' | 'event' }
	| { readonly type: 'seek'; readonly to: SeekTo }
	| { readonly type: 'copy'; readonly text: string }
	| {
			readonly type: 'scan-start';
			readonly id: number;
			readonly fleet: number;
			readonly targets: readonly ScanTarget[];
			readonly rate: number;
			readonly top: number;
			readonly isExact: boolean;
			readonly only?: ScanLimits;
			/** It goes on where this one ended. */
			readonly earlier?: BigKeysResult;
	  }
	| { readonly type: 'scan-pause' | 'scan-resume' | 'scan-stop'; readonly id: number }
	/** Asks which rungs of the ladder there are, and keeps those going that cost next to nothing. */
	| {
			readonly type: 'hot-keys-watch';
			readonly id: number;
			readonly fleet: number;
			readonly targets: readonly HotTarget[];
	  }
	/** The screen was left: what refreshes by itself rests, what `a` asked for goes on. */
	| { readonly type: 'hot-keys-rest'; readonly id: number }
	/** One MONITOR window; a second one while it is open ends it. */
	| { readonly type: 'hot-keys-sample' | 'hot-keys-stop'; readonly id: number }
	| { readonly type: 'hot-keys-repeat'; readonly id: number; readonly isOn: boolean }
	| {
			readonly type: 'key-look';
			readonly id: number;
			readonly fleet: number;
			readonly node: Address;
			readonly db: number;
			/** A byte string. */
			readonly key: string;
			/** A few elements as well: only when asked for. */
			readonly withElements: boolean;
	  }
	/** Reads these nodes now and every second until the question is closed, on connections of their own. */
	| {
			readonly type: 'consent-open';
			readonly id: number;
			readonly fleet: number;
			/** Where the change would be sent comes first. */
			readonly nodes: readonly Target[];
			readonly command: readonly string[];
	  }
	/** Once more, and at once: it was answered with yes. */
	| { readonly type: 'consent-check' | 'consent-close'; readonly id: number }
	/**
	 * Exactly these words to exactly this node, on the connection of the question. Only where changes are allowed, its
	 * address was typed in full, and what was read just now is what was shown.
	 */
	| {
			readonly type: 'change';
			readonly id: number;
			readonly fleet: number;
			readonly node: Address;
			readonly command: readonly string[];
	  }
	/** What the screen shows, to a file. */
	| { readonly type: 'write'; readonly screen: ScreenName; readonly path: string }
	/** Into the recording, where there is one. */
	| { readonly type: 'record-marker'; readonly marker: Marker }
	| { readonly type: 'save-settings' }
	| { readonly type: 'redraw' }
	/** Whoever does not let us in, or does not allow us something, is tried at once. */
	| { readonly type: 'try-now' }
	| { readonly type: 'suspend' }
	| { readonly type: 'quit'; readonly code: number };

/** A moment as it is typed (`<` and `>` before it are back and on from here), or the next or prior of a kind. */
export type SeekTo =
	| { readonly kind: 'moment'; readonly text: string }
	| { readonly kind: 'event' | 'finding' | 'marker'; readonly step: 1 | -1 };

/** A node to poll. */
export type Target = { readonly address: Address; readonly kind: 'data' | 'sentinel' };

/** What a key or a message leads to. */
export type Step = [State, Effect[]];
