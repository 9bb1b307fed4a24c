// A figure through time as a small SVG, for the report of an incident: a line, its least and most, markers as dashed
// lines, findings as bands. No script, no link, nothing from outside; names from servers are escaped. Where nothing was
// measured the line is broken.

import { printableText } from '../core/text/printable.ts';

export type ChartPoint = { readonly at: number; readonly value: number | undefined };

export type SvgChart = {
	readonly title: string;
	readonly points: readonly ChartPoint[];
	readonly from: number;
	readonly to: number;
	readonly show: (value: number) => string;
	readonly markers: readonly { readonly at: number; readonly text: string }[];
	readonly bands: readonly { readonly from: number; readonly to: number; readonly isCritical: boolean }[];
};

const width = 800;
const height = 200;
const inside = { left: 70, right: 16, top: 28, bottom: 24 } as const;
/** More points than pixels are put together: of each pixel the least and the most. */
const columns = width - inside.left - inside.right;

export function svgChart({ title, points, from, to, show, markers, bands }: SvgChart): string {
	const values = points.flatMap(({ value }) => value ?? []);
	const most = values.reduce((a, b) => Math.max(a, b), 0);
	const least = Math.min(0, ...values.slice(0, 1));
	const span = Math.max(1, to - from);
	const x = (at: number) => inside.left + (columns * (Math.min(Math.max(at, from), to) - from)) / span;
	const room = height - inside.top - inside.bottom;
	const y = (value: number) => inside.top + room * (1 - (value - least) / (most - least || 1));
	const lines = pathsOf(thinned(points, from, span), x, y);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
		`<rect width="${width}" height="${height}" fill="#fff"/>`,
		...bands.map(
			band =>
				`<rect x="${fixed(x(band.from))}" y="${inside.top}" width="${fixed(Math.max(1, x(band.to) - x(band.from)))}" height="${room}" fill="${band.isCritical ? '#fadbd8' : '#fdf2d0'}"/>`,
		),
		`<text x="${inside.left}" y="18" font-weight="bold">${escaped(title)}</text>`,
		...[most, least].map(
			value =>
				`<text x="${inside.left - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${escaped(values.length > 0 ? show(value) : '-')}</text>`,
		),
		`<path d="M${inside.left} ${inside.top}V${height - inside.bottom}H${width - inside.right}" fill="none" stroke="#999"/>`,
		...lines.map(d => `<path d="${d}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>`),
		...markers.map(
			marker =>
				`<path d="M${fixed(x(marker.at))} ${inside.top}V${height - inside.bottom}" stroke="#444" stroke-dasharray="4 3"/><text x="${fixed(x(marker.at) + 4)}" y="${inside.top + 12}" font-size="10">${escaped(marker.text)}</text>`,
		),
		`<text x="${inside.left}" y="${height - 6}">${clockOf(from)}</text>`,
		`<text x="${width - inside.right}" y="${height - 6}" text-anchor="end">${clockOf(to)} UTC</text>`,
		'</svg>',
	].join('\n');
}

const fixed = (value: number) => value.toFixed(1);
const clockOf = (at: number) => new Date(at).toISOString().slice(11, 19);

/** Of each pixel the first, least, most and last point, in order: an outage of a second stays in an hour's chart. */
function thinned(points: readonly ChartPoint[], from: number, span: number): readonly ChartPoint[] {
	if (points.length <= 2 * columns) return points;
	const cells = new Map<number, ChartPoint[]>();
	for (const point of points) {
		const cell = Math.floor((columns * (point.at - from)) / span);
		cells.set(cell, [...(cells.get(cell) ?? []), point]);
	}
	return [...cells.values()].flatMap(cell => {
		const gap = cell.find(({ value }) => value === undefined);
		const sorted = [...cell].sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
		const kept = new Set([cell[0], sorted[0], sorted.at(-1), cell.at(-1), gap]);
		return cell.filter(point => kept.has(point));
	});
}

function pathsOf(
	points: readonly ChartPoint[],
	x: (at: number) => number,
	y: (value: number) => number,
): readonly string[] {
	const paths: string[] = [];
	let path = '';
	for (const { at, value } of points) {
		if (value === undefined || !Number.isFinite(value)) {
			if (path !== '') paths.push(path);
			path = '';
		} else path += `${path === '' ? 'M' : 'L'}${fixed(x(at))} ${fixed(y(value))}`;
	}
	return path === '' ? paths : [...paths, path];
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => printableText(text, 80).replace(/[&<>"]/g, sign => entities[sign]!);
