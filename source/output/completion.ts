// Completions for a shell, made from the table of flags: names, what may stand behind one, files where a file is meant,
// and the fleets of the settings file as they are when the shell is started.

import { flagTable, type Shell } from '../flag-table.ts';

/** The script for `source <(redis-top --completion bash)` and its like. `fleets` are names without the `@`. */
export function completion(shell: Shell, fleets: readonly string[]): string {
	const safe = fleets.filter(name => /^[\w.:-]+$/.test(name));
	return { bash, zsh, fish }[shell](safe);
}

type Flag = (typeof flagTable)[number];

const isFile = ({ shown = '' }: Flag) => shown === 'FILE' || shown === 'PATH';
const isFolder = ({ shown }: Flag) => shown === 'DIR';
const names = (flag: Flag) => [`--${flag.name}`, ...(flag.short ? [`-${flag.short}`] : [])];
const takesValue = ({ value }: Flag) => value !== 'none';

function bash(fleets: readonly string[]): string {
	const choices = flagTable
		.filter(flag => flag.choices)
		.map(
			flag =>
				`\t\t${names(flag).join('|')}) COMPREPLY=($(compgen -W '${flag.choices!.join(' ')}' -- "$cur")); return ;;`,
		);
	const pattern = (flags: readonly Flag[]) => flags.flatMap(names).join('|');
	const others = flagTable.filter(
		flag => takesValue(flag) && !flag.choices && !isFile(flag) && !isFolder(flag),
	);
	// An = and an @ are words of their own here.
	return `# bash completion for redis-top
_redis_top() {
	local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} before=
	[ "$COMP_CWORD" -gt 1 ] && before=\${COMP_WORDS[COMP_CWORD-2]}
	COMPREPLY=()
	if [ "$cur" = = ]; then cur=
	elif [ "$prev" = = ]; then prev=$before
	fi
	case $prev in
${choices.join('\n')}
		${pattern(flagTable.filter(isFile))}) local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null; return ;;
		${pattern(flagTable.filter(isFolder))}) local IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null; return ;;
		${pattern(others)}) return ;;
		@) COMPREPLY=($(compgen -W '${fleets.join(' ')}' -- "$cur")); return ;;
	esac
	case $cur in
		-*) COMPREPLY=($(compgen -W '${flagTable.flatMap(names).join(' ')}' -- "$cur")) ;;
		@*) COMPREPLY=($(compgen -W '${fleets.join(' ')}' -- "\${cur#@}"))
			[ "$cur" = @ ] || COMPREPLY=("\${COMPREPLY[@]/#/@}") ;;
	esac
}
complete -F _redis_top redis-top`;
}

function zsh(fleets: readonly string[]): string {
	const quoted = (text: string) =>
		text.replaceAll(/[[\]\\:']/g, letter => (letter === "'" ? "'\\''" : `\\${letter}`));
	const after = (flag: Flag) => {
		if (!takesValue(flag)) return '';
		const what = flag.choices
			? `(${flag.choices.join(' ')})`
			: isFile(flag)
				? '_files'
				: isFolder(flag)
					? '_files -/'
					: ' ';
		return `:${quoted((flag.shown ?? '').replace(/[[\]]/g, ''))}:${what}`;
	};
	const specs = flagTable.flatMap(flag =>
		names(flag).map(
			name =>
				`\t'${name === '--nat' ? '*' : ''}${name}${takesValue(flag) && name.startsWith('--') ? '=' : ''}[${quoted(flag.about)}]${after(flag)}'`,
		),
	);
	return `#compdef redis-top
_redis_top_address() {
	local -a fleets=(${fleets.map(name => `@${name}`).join(' ')})
	compadd -a fleets || _hosts
}
_redis_top() {
	_arguments -s \\
${specs.map(spec => `\t${spec} \\`).join('\n')}
		'*:address:_redis_top_address'
}
# Sourced, or found by its name in the path of functions.
if [ "$funcstack[1]" = _redis_top ]; then _redis_top "$@"; else compdef _redis_top redis-top; fi`;
}

function fish(fleets: readonly string[]): string {
	const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
	const lines = flagTable.map(flag => {
		const short = flag.short ? ` -s ${flag.short}` : '';
		const value = !takesValue(flag)
			? ''
			: flag.choices
				? ` -x -a ${quoted(flag.choices.join(' '))}`
				: isFile(flag) || isFolder(flag)
					? ' -r -F'
					: ' -x';
		return `complete -c redis-top -l ${flag.name}${short}${value} -d ${quoted(flag.about)}`;
	});
	const addresses =
		fleets.length > 0
			? [`complete -c redis-top -f -a ${quoted(fleets.map(name => `@${name}`).join(' '))}`]
			: [];
	return ['# fish completion for redis-top', 'complete -c redis-top -f', ...addresses, ...lines].join('\n');
}
