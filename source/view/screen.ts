// What a screen is: one record, exported by its folder and listed in screens.ts. What all screens have in common (line 1,
// key bar, help, what is polled for it, what `w` writes) is made from the records. What its keys do to the State stands
// in update/, by the names of the commands.

import type { Failover } from '../core/failover/failover-record.ts';
import type { BigKeysResult } from '../core/keys/big-keys.ts';
import type { HotKeysResult } from '../core/keys/hot-keys.ts';
import type { Ladder } from '../core/keys/hot-ladder.ts';
import type { BigKeysTrack } from '../state/key-screens.ts';
import type { Focus, ScreenName, State } from '../state/state.ts';
import type { Binding } from './keymap.ts';
import type { Line } from './theme.ts';

export type Screen = {
	readonly name: ScreenName;
	/** In the help: `hot keys`. */
	readonly title: string;
	/** The key that opens it from every other; the help alone has one that closes it, too. */
	readonly opens?: Omit<Binding, 'command' | 'group'>;
	/** Its own keys, beside those that are the same everywhere. */
	readonly keys: readonly Binding[];
	/** From the fleet to it, on line 1: `cart-prod`, `shard 2`, `big keys`. */
	readonly path: (state: State) => readonly string[];
	/** It has a pace of its own, which it says itself. */
	readonly hasOwnPace?: boolean;
	/** The scan that it shows: line 1 says how far the others are. */
	readonly scan?: (state: State) => BigKeysTrack | undefined;
	/** What is polled closely while it is seen. */
	readonly needs?: (state: State) => Focus | undefined;
	/** The whole screen, exactly as many lines as the terminal has. `seen` is it; the help gets the screen behind it. */
	readonly lines: (state: State, seen: SeenScreen) => readonly Line[];
	/** What the help of this screen says beside its keys. */
	readonly help?: (state: State) => readonly Line[];
	readonly writes?: Writes;
};

/** A screen with all keys that work on it. */
export type SeenScreen = { readonly screen: Screen; readonly bindings: readonly Binding[] };

/** What `w` writes. */
export type Writes = {
	/** The name proposed for it; undefined while there is nothing to write. */
	readonly file: (state: State) => string | undefined;
	/** Why there is nothing. */
	readonly nothing: string;
	readonly what: (state: State) => Written | undefined;
};

/** A result, whose forms output/ knows, or a page as it is. */
export type Written =
	| { readonly kind: 'big-keys'; readonly found: BigKeysResult }
	| { readonly kind: 'hot-keys'; readonly result: HotKeysResult; readonly ladders: readonly Ladder[] }
	| { readonly kind: 'failover'; readonly failover: Failover }
	| { readonly kind: 'page'; readonly text: string };
