// Sums of sizes, held against what the sample says of them. The walk sizes each key by five of its elements; the listed
// keys were measured again, and stand in a sum with what they really have. Of the others a random sample was sized by
// more of its elements: by how much these differ, the sum of all others is put right, and how far apart they lie is
// its margin. (Without that a sum would come out low: the listed keys are those that five elements made large.) Pure.

import type { KeyGroup } from '../../core/keys/big-keys.ts';
import { sum } from '../../core/sums.ts';

export type SizeSum = Pick<KeyGroup, 'bytes' | 'sizeEstimated' | 'sizeMargin'>;

/** A listed key of the sum. */
export type ListedSize = {
	readonly bytes: number;
	readonly walkedBytes: number;
	readonly sizeEstimated?: boolean;
	readonly sizeMargin?: number;
};

/** A sampled key of the sum that is not listed. */
export type SampledSize = {
	readonly bytes: number;
	readonly weight: number;
	readonly resizedBytes: number;
};

/** With fewer keys' worth of bytes in the sample one more key could turn it over. */
const leastByteKeys = 30;
/** A margin below this is not worth a word: other figures of a scan are older than that. */
const leastMargin = 0.005;

/** `keys`, `walked`: all of the sum, the listed among them, with their bytes as the walk sized them. */
export function sizeSum(
	keys: number,
	walked: number,
	listed: readonly ListedSize[],
	sampled: readonly SampledSize[],
): SizeSum {
	const measured = listed.filter(isMeasured);
	const sure = sum(measured, ({ bytes }) => bytes);
	const rest = Math.max(0, walked - sum(measured, ({ walkedBytes }) => walkedBytes));
	const others = otherSizes(Math.max(0, keys - measured.length), rest, sampled);
	const bytes = Math.round(sure + rest * others.factor);
	// However little is known of them: a sum is no less than the keys that stand in the list.
	const least = sum(listed, key => key.bytes);
	if (bytes < least) return { bytes: Math.round(least), sizeEstimated: true };
	const listedMargin = marginOfListed(measured);
	const isSure = others.margin === 0 && listedMargin === 0;
	if (bytes === 0 || isSure) return { bytes, sizeEstimated: false, sizeMargin: 0 };
	if (others.margin === undefined) return { bytes, sizeEstimated: true };
	const sizeMargin = Math.hypot(rest * others.factor * others.margin, listedMargin) / bytes;
	return { bytes, sizeEstimated: sizeMargin >= leastMargin, sizeMargin };
}

/** One of which nothing can be said is one of the others. */
export const isMeasured = ({ sizeEstimated, sizeMargin }: ListedSize): boolean =>
	!sizeEstimated || sizeMargin !== undefined;

/** In bytes; of several keys as of errors that know nothing of each other. */
const marginOfListed = (listed: readonly ListedSize[]): number =>
	Math.sqrt(
		sum(listed, ({ bytes, sizeEstimated, sizeMargin = 0 }) =>
			sizeEstimated ? (bytes * sizeMargin) ** 2 : 0,
		),
	);

type Others = { readonly factor: number; readonly margin?: number };

function otherSizes(keys: number, rest: number, asked: readonly SampledSize[]): Others {
	if (rest === 0) return { factor: 1, margin: 0 };
	const areAlike = asked.every(({ bytes, resizedBytes }) => bytes === resizedBytes);
	if (areAlike) return { factor: 1, margin: asked.length >= Math.min(keys, 10) ? 0 : undefined };
	const walked = sum(asked, ({ bytes, weight }) => bytes * weight);
	const squares = sum(asked, ({ bytes, weight }) => (bytes * weight) ** 2);
	if (asked.length < keys && walked ** 2 / squares < leastByteKeys) return { factor: 1 };
	const factor = sum(asked, ({ resizedBytes, weight }) => resizedBytes * weight) / walked;
	const errors = sum(
		asked,
		({ bytes, resizedBytes, weight }) => (weight * (resizedBytes - factor * bytes)) ** 2,
	);
	return { factor, margin: (2 * Math.sqrt(errors)) / (walked * factor) };
}

/**
 * Parts of one whole that were put right each by itself: their bytes add up to it again, so that no part is larger
 * than the whole. Those that are no estimates stay as they are where that can be.
 */
export function addingUp<Part extends Pick<SizeSum, 'bytes' | 'sizeEstimated'>>(
	parts: readonly Part[],
	whole: number,
): Part[] {
	const all = sum(parts, ({ bytes }) => bytes);
	if (all === whole) return [...parts];
	const sure = sum(parts, ({ bytes, sizeEstimated }) => (sizeEstimated ? 0 : bytes));
	const isOpen = ({ sizeEstimated }: Part) => sizeEstimated === true || sure > whole || sure === all;
	const fixed = sure > whole || sure === all ? 0 : sure;
	return parts.map(part =>
		isOpen(part) ? { ...part, bytes: Math.round((part.bytes * (whole - fixed)) / (all - fixed)) } : part,
	);
}
