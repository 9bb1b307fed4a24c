// Moving in a list or a text: the same keys and the same ends on every screen.

import type { MoveCommand } from '../view/keymap.ts';

/** By how many rows each of them moves; down is positive. A page is `page` rows. */
const rows: Readonly<Record<MoveCommand, (page: number) => number>> = {
	'cursor-up': () => -1,
	'cursor-down': () => 1,
	'page-up': page => -Math.max(1, page),
	'page-down': page => Math.max(1, page),
	first: () => Number.NEGATIVE_INFINITY,
	last: () => Number.POSITIVE_INFINITY,
};

export const isMoving = (command: string): command is MoveCommand => Object.hasOwn(rows, command);

export const rowsMoved = (command: MoveCommand, page: number): number => rows[command](page);

/** An index of a list of so many, moved and stopped at its ends; 0 of an empty one. */
export const movedTo = (from: number, by: number, length: number): number =>
	Math.max(0, Math.min(Math.max(from + by, 0), length - 1));

/** The first line drawn of a text, moved: its end stays at the bottom. */
export const scrolledTo = (
	{ top, room, lines }: { readonly top: number; readonly room: number; readonly lines: readonly unknown[] },
	by: number,
): number => movedTo(top, by, Math.max(0, lines.length - room) + 1);

/** The one beside it; behind the last comes the first. */
export function turned<One>(all: readonly One[], from: One, step: 1 | -1): One {
	return all[(Math.max(0, all.indexOf(from)) + step + all.length) % all.length]!;
}
