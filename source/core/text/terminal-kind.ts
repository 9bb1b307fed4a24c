// Whether a screen can be drawn on the terminal that TERM names, and what to say where it cannot. Names are known by
// their beginning, for a small container has no table of terminals; of any other name that table is asked.

/** Terminals, as TERM names them, that place a cursor as we do. */
const known =
	/^(xterm|screen|tmux|rxvt|linux|vt[12345]\d\d|alacritty|kitty|foot|st$|st-|stterm|wezterm|ghostty|konsole|gnome|vte|putty|cygwin|mintty|ms-terminal|ansi|iterm|nsterm|eterm|mlterm|contour|terminator|teraterm|cons25|pcansi|rio|zellij|bvterm|sun-color)/i;
/** They have an entry in the table, and no cursor to place. */
const without = /^(dumb|unknown|network|dialup|emacs|ethernet|lpr|printer|glasstty|tty\d*|patch)/i;

/** `exists` tells whether a file is there. */
export function canDrawOn(
	env: Readonly<Record<string, string | undefined>>,
	exists: (path: string) => boolean,
): boolean {
	const term = env.TERM ?? '';
	if (term === '' || without.test(term) || /[/\s]/.test(term)) return false;
	if (known.test(term)) return true;
	const folders = [
		env.TERMINFO,
		env.HOME && `${env.HOME}/.terminfo`,
		...(env.TERMINFO_DIRS ?? '').split(':'),
		...['/etc/terminfo', '/lib/terminfo', '/usr/share/terminfo', '/usr/share/misc/terminfo'],
	];
	const first = term[0]!;
	return folders.some(
		folder =>
			folder &&
			[first, first.charCodeAt(0).toString(16)].some(letter => exists(`${folder}/${letter}/${term}`)),
	);
}

/** What is said once where a terminal gets text in place of the screen. */
export const textOnlyNote = (term: string | undefined): string =>
	`${term ? `TERM is ${JSON.stringify(term.slice(0, 40))}, which has no screen` : 'TERM is not set'}: text follows; for the screen set TERM, as in TERM=xterm-256color`;
