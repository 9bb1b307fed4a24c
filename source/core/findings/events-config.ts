// What somebody changed on a server while it ran: settings, modules, function libraries, the number of ACL users. Read
// from what is asked every minute and from INFO; told with the old and the new value. Settings that follow from others,
// and all that differs because another process answers now, are no change of anybody's.

import { processChange } from '../fleet/process-change.ts';
import { printableText } from '../text/printable.ts';
import { count } from '../text/quantity.ts';
import type { FleetEvent, NodeTrack } from '../types.ts';

type Told = Omit<FleetEvent, 'at' | 'node' | 'shard'>;

const longestValue = 60;
const mostTold = 8;

/** Empty where either was not read. */
export function configChanges(before: NodeTrack | undefined, now: NodeTrack | undefined): readonly Told[] {
	if (!before || !now) return [];
	const change =
		before.lastGood && now.lastGood && before.lastGood !== now.lastGood
			? processChange(before.lastGood, now.lastGood)
			: undefined;
	if (change === 'other-server') return [];
	const isSame = change === undefined;
	const changes = [...settingChanges(before, now, isSame), ...(isSame ? otherChanges(before, now) : [])];
	const told = changes.slice(0, mostTold);
	const more = changes.length - told.length;
	return more > 0 ? [...told, event(`${more} more settings changed`)] : told;
}

const event = (text: string, isBad = false): Told => ({
	kind: 'config-changed',
	...(isBad && { severity: 'warn' as const }),
	text,
});

/** After a restart it is worth the same: the file it started with says something else than what ran. */
function settingChanges(before: NodeTrack, now: NodeTrack, isSame: boolean): Told[] {
	if (before.config === now.config || !before.config || !now.config) return [];
	return Object.entries(now.config).flatMap(([name, value]) => {
		const was = Object.hasOwn(before.config!, name) ? before.config![name]! : undefined;
		if (was === undefined || was === value) return [];
		const words = `${printableText(name)} ${valueText(was)} to ${valueText(value)}${isSame ? '' : ' since its restart'}`;
		return [event(words, isLossy(name, value))];
	});
}

/** Nothing is written to disk from now on. */
const isLossy = (name: string, value: string) =>
	(name === 'save' && value === '') || (name === 'appendonly' && value === 'no');

function valueText(value: string): string {
	const text = printableText(value);
	if (text === '') return '""';
	return text.length > longestValue ? `${text.slice(0, longestValue - 3)}...` : text;
}

function otherChanges(before: NodeTrack, now: NodeTrack): Told[] {
	const [was, is] = [before.lastGood?.info, now.lastGood?.info];
	return [
		...numberChange('function libraries', was?.functionLibraries, is?.functionLibraries),
		...moduleChanges(was?.modules, is?.modules),
		...numberChange('ACL users', before.seldom?.aclUsers, now.seldom?.aclUsers),
	];
}

const numberChange = (what: string, was: number | undefined, is: number | undefined): Told[] =>
	was === undefined || is === undefined || was === is ? [] : [event(`${what} ${count(was)} to ${count(is)}`)];

function moduleChanges(was: readonly string[] | undefined, is: readonly string[] | undefined): Told[] {
	if (!was || !is) return [];
	return [
		...is.filter(name => !was.includes(name)).map(name => event(`module ${name} loaded`)),
		...was.filter(name => !is.includes(name)).map(name => event(`module ${name} unloaded`)),
	];
}
