// What the lower part of the cluster screen is put together from: titles, sentences with a mark, short names of nodes.

import { printableText } from '../../../core/text/printable.ts';
import type { Address, Severity } from '../../../core/types.ts';
import type { FleetTrack } from '../../../state/state.ts';
import { gutterWidth, isWide } from '../../columns.ts';
import { hostOf } from '../../format.ts';
import { wrapped } from '../../parts/text-lines.ts';
import { bold, dim, type Line, plain, type Span, type Style } from '../../theme.ts';

export type ClusterMark = '' | '!' | '!!' | '*' | '>';

const styles: Readonly<Record<ClusterMark, Style | undefined>> = {
	...{ '!!': 'crit', '!': 'warn', '*': 'changed' },
	...{ '>': undefined, '': undefined },
};

export const markOf = (severity: Severity | undefined): ClusterMark =>
	severity === 'crit' ? '!!' : severity === 'warn' ? '!' : '';

/** ` !! `, in colour where it is so now: of a failover that is over it is history. */
export function gutter(columns: number, mark: ClusterMark = '', isPast = false): readonly Span[] {
	const rest = plain(' '.repeat(Math.max(0, gutterWidth(columns) - 1 - mark.length)));
	if (mark === '') return [plain(' '), rest];
	return [plain(' '), { text: mark, style: isPast ? undefined : styles[mark] }, rest];
}

/** A heading with what it comes to. */
export const titled = (title: string, text: string, mark: ClusterMark = ''): Line => [
	bold(title),
	plain('  '),
	...(mark === '' ? [] : [{ text: mark, style: styles[mark] }, plain(' ')]),
	plain(text),
];

type TextMore = {
	readonly mark?: ClusterMark;
	/** Dim. */
	readonly isQuiet?: boolean;
	/** The titles of columns. */
	readonly isHead?: boolean;
};

/** One line of text. */
export function textLine(text: string, columns: number, { mark, isQuiet, isHead }: TextMore = {}): Line {
	const safe = printableText(text, 600);
	return [...gutter(columns, mark), isHead ? bold(safe) : isQuiet ? dim(safe) : plain(safe)];
}

/** A sentence on as many lines as it needs; the mark stands at the first. */
export const sentence = (text: string, columns: number, more: TextMore = {}): readonly Line[] =>
	wrapped(text, columns - gutterWidth(columns) - 2).map((line, index) =>
		index === 0
			? textLine(line, columns, more)
			: textLine(`  ${line}`, columns, { ...more, mark: undefined }),
	);

/**
 * Short names of the nodes of a fleet: the host where each has its own, the port where all are on one host and the
 * screen is not wide, else the whole address.
 */
export function namesOf(fleet: FleetTrack, columns: number): (address: Address) => string {
	const hosts = new Map<string | undefined, number>();
	const data = [...fleet.tracks.values()].filter(track => track.kind === 'data');
	for (const { address } of data) hosts.set(hostOf(address), (hosts.get(hostOf(address)) ?? 0) + 1);
	const isOneHost = hosts.size === 1 && data.length > 1 && !isWide(columns);
	return address => {
		const host = hostOf(address);
		if (host === undefined || !hosts.has(host)) return address;
		if (isOneHost) return address.slice(host.length);
		return hosts.get(host) === 1 && fleet.tracks.get(address)?.kind === 'data' ? host : address;
	};
}
