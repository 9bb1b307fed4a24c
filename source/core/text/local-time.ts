// Times of day as the operator's wall clock has them, which is what a screen shows. The zone is named once, in the help;
// what others read elsewhere (JSON, Markdown, logs) is in UTC. `offset` is what the machine's clock was set since the
// start, for times of our own: see redis/clock.ts.

const two = (value: number) => String(value).padStart(2, '0');

const partsOf = (at: number, offset: number) => {
	const time = new Date(at + offset);
	return [time.getHours(), time.getMinutes(), time.getSeconds()].map(two);
};

/** `14:33:20` */
export const clock = (at: number, offset = 0): string => partsOf(at, offset).join(':');

/** `143320`, for names of files. */
export const clockDigits = (at: number, offset = 0): string => partsOf(at, offset).join('');

/** `2026-11-23`: the day of `clock`. */
export function localDay(at: number, offset = 0): string {
	const time = new Date(at + offset);
	return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** `UTC`, `UTC+1`, `UTC-3:30`: what `clock` is ahead of UTC at this time of the year. */
export function zone(at: number, offset = 0): string {
	const minutes = -new Date(at + offset).getTimezoneOffset();
	if (minutes === 0 || !Number.isFinite(minutes)) return 'UTC';
	const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
	return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${two(rest)}`}`;
}
