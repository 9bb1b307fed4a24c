// The words of the command line before their values are looked at: each flag by its long name, once, with its value. It
// loads nothing but the table of flags, for --version and --help need no more.

import { flagTable, helpText, versionText } from './flag-table.ts';

export class WrongUsage extends Error {}
/** Ends the reading: the text is the one line that is said. */
export const wrong = (text: string): never => {
	throw new WrongUsage(text);
};

/** What --version and --help print; undefined where the words say more than that, or less. */
export function plainAnswer(argv: readonly string[], version: string): string | undefined {
	// Fleets and scenarios are words whose meaning is known elsewhere.
	if (argv.some(word => word.startsWith('@') || word === '--demo')) return undefined;
	try {
		const { words } = plainWords(argv, () => []);
		if (words.includes('--help')) return helpText();
		return words.includes('--version') ? versionText(version) : undefined;
	} catch (thrown) {
		if (thrown instanceof WrongUsage) return undefined;
		throw thrown;
	}
}

const repeatable = new Set(['nat']);

/** The value of --demo may be left out: a word behind it is its value only where it names a scenario. */
export function withScenario(argv: readonly string[], scenarios: readonly string[]): readonly string[] {
	const at = argv.indexOf('--demo');
	const next = argv[at + 1];
	if (at < 0) return argv;
	const isNamed = next !== undefined && scenarios.includes(next);
	const value = isNamed ? next : (scenarios[0] ?? '');
	return [...argv.slice(0, at), `--demo=${value}`, ...argv.slice(at + (isNamed ? 2 : 1))];
}

type Plain = { readonly words: readonly string[]; readonly addresses: readonly string[] };

/**
 * Long names with their values attached, so that nothing is left to guess: `-bn1` is `--batch --count=1`, and a
 * password may begin with a dash. meow exits with 2 on unknown flags and throws a stack on repeated ones: both are
 * found here, in our words.
 */
export function plainWords(
	argv: readonly string[],
	wordsOfFleet: (word: string) => readonly string[],
): Plain {
	const seen = new Set<string>();
	const words: string[] = [];
	const addresses: string[] = [];
	const rest = [...argv];
	for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
		if (word === '--') return { words, addresses: [...addresses, ...rest] };
		// Only where an address would stand: a password may begin with an @ too.
		if (/^@./.test(word)) {
			if (seen.has(word)) wrong(`${word} is given twice: once is right`);
			seen.add(word);
			rest.unshift(...wordsOfFleet(word));
			continue;
		}
		if (!word.startsWith('-') || word === '-') {
			addresses.push(word);
			continue;
		}
		// Not -h with the host "elp".
		if (flagTable.some(each => each.name.length > 1 && word === `-${each.name}`))
			return wrong(`unknown flag ${word} (-${word}?); redis-top --help lists all`);
		const { name, attached } = nameAndValue(word);
		const flag = flagTable.find(
			each =>
				name === `--${each.name}` || (each.short && name === `-${each.short}`) || isAlso(name, each.name),
		);
		if (!flag) return wrong(`unknown flag ${name}${suggestion(name)}; redis-top --help lists all`);
		if (seen.has(flag.name) && !repeatable.has(flag.name)) wrong(`${name} is given twice: once is right`);
		seen.add(flag.name);
		if (flag.value === 'none') {
			if (attached !== undefined && word.startsWith('--')) wrong(`${name} takes no value`);
			if (attached !== undefined) rest.unshift(`-${attached}`);
			words.push(`--${flag.name}`);
			continue;
		}
		const value = attached ?? rest.shift();
		if (value === undefined || (attached === undefined && /^--./.test(value)))
			return wrong(
				`${name} needs a value: ${name} ${flag.shown}${flag.short === 'h' ? '; --help is the help' : ''}`,
			);
		// A variable of a script that nobody has set.
		if (value === '' && !mayBeEmpty.has(flag.name)) wrong(`${name} is empty: ${name} ${flag.shown}`);
		// meow's parser takes one pair of quotes off a value: with one more, those of a password stay.
		words.push(`--${flag.name}="${value}"`);
	}
	return { words, addresses };
}

/** Without a user or a password; and those that say more. */
const mayBeEmpty = new Set([
	'user',
	'pass',
	'sentinel-user',
	'sentinel-pass',
	'pattern',
	'via',
	'on-finding',
]);

/** valkey-cli has both letters. */
const isAlso = (name: string, flag: string) => name === '-V' && flag === 'version';

/** `--delay=2`, and as top and redis-cli take them `-d2` and `-d=2`. */
function nameAndValue(word: string): { name: string; attached?: string } {
	if (!word.startsWith('--'))
		return {
			name: word.slice(0, 2),
			attached: word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined,
		};
	const equals = word.indexOf('=');
	return equals < 0 ? { name: word } : { name: word.slice(0, equals), attached: word.slice(equals + 1) };
}

function suggestion(name: string): string {
	const word = name.replace(/^-+/, '');
	if (word.length < 2) return '';
	const begun = flagTable.find(flag => flag.name.startsWith(word) || word.startsWith(flag.name));
	const near = begun ?? nearest(word);
	return near ? ` (--${near.name}?)` : '';
}

/** Up to two letters wrong, and fewer than a third of them. */
function nearest(word: string) {
	const most = Math.min(2, Math.floor(word.length / 3));
	const ranked = flagTable.map(flag => ({ flag, letters: distance(word, flag.name) }));
	return ranked.sort((a, b) => a.letters - b.letters).find(({ letters }) => letters <= most)?.flag;
}

/** Letters to add, drop, change or swap with the next (optimal string alignment). */
function distance(a: string, b: string): number {
	const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
	for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
	for (let i = 1; i <= a.length; i++)
		for (let j = 1; j <= b.length; j++) {
			const isSame = a[i - 1] === b[j - 1];
			const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			rows[i]![j] = Math.min(
				rows[i - 1]![j]! + 1,
				rows[i]![j - 1]! + 1,
				rows[i - 1]![j - 1]! + (isSame ? 0 : 1),
				...(isSwapped ? [rows[i - 2]![j - 2]! + 1] : []),
			);
		}
	return rows[a.length]![b.length]!;
}
