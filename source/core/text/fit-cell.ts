// What stands in a cell of fixed width, where it may be a number. A name loses its end or its middle and is still told
// from others; a number that loses a digit is another number: `100%` is not `10…`, nor `12.3M` `12…`. So a number
// that does not fit is written shorter where that is the same number, and else is `*`: there is one, and no room for it.

import { displayWidth, fit } from './display-width.ts';
import { count } from './quantity.ts';

type Cut = (text: string, width: number, isAscii?: boolean) => string;

/** `~12.3M`, `1,024`, `<1%`, `-3`, `41ms`, `12k/s`; not an address, a version or a time. */
const figure = /^([~<>+-]{0,2})(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?((?:%|[a-zA-Zµ]{1,2})?(?:\/s)?)$/;

/** The text in at most `width` cells; `cut` is for what is no number. */
export function fitCell(text: string, width: number, isAscii = false, cut: Cut = fit): string {
	if (displayWidth(text) <= width) return text;
	const number = figure.exec(text);
	if (number) return shorter(number, width);
	return text.split(' ').some(word => figure.test(word))
		? wholeNumbers(text, width, isAscii)
		: cut(text, width, isAscii);
}

/** Cut at its end; in front of a number that the cut would go through. */
function wholeNumbers(text: string, width: number, isAscii: boolean): string {
	const shown = fit(text, width, isAscii);
	const head = shown.slice(0, -1);
	const begin = head.lastIndexOf(' ') + 1;
	const [word = ''] = text.slice(begin).split(' ');
	// Right behind a number the mark would be a part of it.
	const isThrough = figure.test(word) && head.length > begin;
	if (!isThrough) return shown;
	return begin === 0 ? fitCell(word, width, isAscii) : wholeNumbersBefore(text, begin, width, isAscii);
}

function wholeNumbersBefore(text: string, begin: number, width: number, isAscii: boolean): string {
	const mark = isAscii ? '~' : '…';
	const before = text.slice(0, begin);
	const last = before.trimEnd().split(' ').at(-1)!;
	if (displayWidth(before) < width) return `${before}${mark}`;
	return figure.test(last) ? before.trimEnd() : `${before.trimEnd().slice(0, -1)}${mark}`;
}

function shorter(
	[, sign = '', digits = '', decimals = '', unit = '']: RegExpExecArray,
	width: number,
): string {
	const whole = Number(`${digits.replaceAll(',', '')}${decimals}`);
	const rounded = Math.round(whole);
	const forms = [
		`${sign}${digits.replaceAll(',', '')}${decimals}${unit}`,
		`${sign}${rounded}${unit}`,
		// Of a plain number only: 1000k would be 1M, and of what is counted in other units nobody knows.
		...(unit === '' ? [`${sign}${count(rounded)}`, `${sign}${count(rounded).replace(/\.\d/, '')}`] : []),
	];
	// `<1` and the like would not be rounded but turned round.
	const kept = /[<>]/.test(sign) ? forms.slice(0, 1) : forms;
	return kept.find(form => displayWidth(form) <= width) ?? (width >= 1 ? '*' : '');
}
