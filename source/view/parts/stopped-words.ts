// What line 1, the text and the farewell say of a recording or a log that has failed.

import type { State, StoppedFile } from '../../state/state.ts';

const verbs: Readonly<Record<StoppedFile, string>> = {
	recording: 'recording stopped',
	log: 'log has a gap',
};

/** `recording stopped: the disk is full`, one for each file. */
export const stoppedWords = ({ stopped = {} }: Pick<State, 'stopped'>, isShort = false): readonly string[] =>
	(['recording', 'log'] as const).flatMap(what => {
		const reason = stopped[what];
		if (reason === undefined) return [];
		return [isShort ? verbs[what] : `${verbs[what]}: ${reason}`];
	});
