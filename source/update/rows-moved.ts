// The keys that move, the same on every screen: by how many rows.

import type { Command } from '../view/keymap.ts';

const moving = ['cursor-up', 'cursor-down', 'page-up', 'page-down', 'first', 'last'] as const;
type MovingCommand = (typeof moving)[number];

export const isMoving = (command: Command): command is MovingCommand =>
	(moving as readonly Command[]).includes(command);

/** Down is positive. A page is `page` rows. */
export function rowsMoved(command: MovingCommand, page: number): number {
	switch (command) {
		case 'cursor-up':
			return -1;
		case 'cursor-down':
			return 1;
		case 'page-up':
			return -Math.max(1, page);
		case 'page-down':
			return Math.max(1, page);
		case 'first':
			return Number.NEGATIVE_INFINITY;
		case 'last':
			return Number.POSITIVE_INFINITY;
	}
}
