// The question on the message line: what is typed or pasted into it, and what Enter does with it.

import { delayLimits } from '../core/thresholds.ts';
import type { ChangePrompt, Key, Prompt, State, Step } from '../state/state.ts';
import { rowsOf } from '../view/screens/fleet/rows.ts';
import { answerConsent } from './change.ts';
import { setMarker } from './markers.ts';
import { seekTo, setDelay } from './time.ts';
import { say } from './toast.ts';

const longestPrompt = 60;
const longestPath = 200;

/** Pasted text is text: its first line goes into what is asked, no line end accepts it, and elsewhere it does nothing. */
export function pasteInto(state: State, text: string): State {
	const { prompt } = state;
	if (!prompt) return say(state, 'what is pasted goes into questions only   ? help');
	if (
		prompt.kind === 'change' &&
		(state.at < prompt.from || prompt.closed !== undefined || prompt.isChecking)
	)
		return state;
	const line = text.split(/[\r\n]+/).find(each => each.trim() !== '') ?? '';
	const characters = [...line.replaceAll('\t', ' ')].filter(each => !/\p{Cc}/u.test(each));
	const pasted = characters.reduce((all, each) => edited(all, each, longestOf(prompt)), prompt.text);
	return withText(state, prompt, pasted);
}

export function typeInto(state: State, prompt: Prompt, key: Key): Step {
	// What was typed at the moment the question came up was meant for what was there before.
	if (prompt.kind === 'change' && key !== 'escape' && state.at < prompt.from) return [state, []];
	if (prompt.kind === 'change' && (prompt.closed !== undefined || prompt.isChecking))
		return typeIntoOver(state, prompt, key);
	if (key === 'escape')
		return [{ ...state, prompt: undefined, filter: prompt.kind === 'filter' ? '' : state.filter }, []];
	if (key === 'enter') return accept({ ...state, prompt: undefined, toast: undefined }, prompt);
	return [withText(state, prompt, edited(prompt.text, key, longestOf(prompt))), []];
}

const longestOf = ({ kind }: Prompt) => (kind === 'write' || kind === 'change' ? longestPath : longestPrompt);

function withText(state: State, prompt: Prompt, text: string): State {
	const next: State = { ...state, prompt: { ...prompt, text } };
	return prompt.kind === 'filter' ? { ...next, filter: text } : next;
}

/** What is still typed of an address acts on nothing: only Enter and Escape lead away. */
function typeIntoOver(state: State, { closed }: ChangePrompt, key: Key): Step {
	const isAway = key === 'escape' || (key === 'enter' && closed !== undefined);
	return [isAway ? { ...state, prompt: undefined } : state, []];
}

function edited(text: string, key: Key, longest: number): string {
	if (key === 'backspace') return [...text].slice(0, -1).join('');
	if (key === 'ctrl-u') return '';
	const typed = key === 'space' ? ' ' : key;
	return [...typed].length === 1 && text.length < longest ? text + typed : text;
}

function accept(state: State, prompt: Prompt): Step {
	if (prompt.kind === 'filter') {
		const isEmpty = prompt.text !== '' && rowsOf(state).length === 0;
		return [isEmpty ? say(state, `nothing matches ${prompt.text}: Esc clears the filter`) : state, []];
	}
	if (prompt.kind === 'change') return answerConsent(state, prompt);
	if (prompt.kind === 'marker') return setMarker(state, prompt.text);
	if (prompt.text.trim() === '') return [state, []];
	if (prompt.kind === 'seek') return seekTo(state, prompt.text.trim());
	if (prompt.kind === 'write')
		return [state, [{ type: 'write', screen: state.screen, path: prompt.text.trim() }]];
	const seconds = Number(prompt.text.replace(',', '.'));
	if (!(seconds >= delayLimits.shortest && seconds <= delayLimits.longest))
		return [say(state, `delay must be ${delayLimits.shortest} to ${delayLimits.longest} seconds`), []];
	return seconds === state.delaySeconds ? [state, []] : setDelay(state, seconds);
}
