// The size of a collection from some of its elements: what is asked next, when it is whole, and that the margin holds
// in 95 of 100 for the shapes that elements have in the field: one in twenty large, one in a thousand, spread over
// decades. Simulated as servers count it (object.c, objectComputeSize: the first n elements, their mean times all).
// A hash of which a few fields are large: https://github.com/redis/redis/issues/3638 and 4579 (lists, the same kind).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
	isWhole,
	keySize,
	mostMicroseconds,
	nextSamples,
	type SizeReading,
} from '../../../source/core/keys/size-estimate.ts';
import { randomFrom } from '../../big-keys/random.ts';
import { often } from '../../lane.ts';

/** What a server answers for elements of these sizes. */
const server = (sizes: readonly number[]) => {
	const sums = [0];
	for (const size of sizes) sums.push(sums.at(-1)! + size);
	return (samples: number): SizeReading => {
		const many = Math.min(samples, sizes.length);
		return { samples, bytes: Math.round((sums[many]! / many) * sizes.length) };
	};
};

/** Asks until there is no better answer, at so many microseconds an element. */
function measured(
	sizes: readonly number[],
	each: number,
	items?: number,
	type = 'hash',
): readonly SizeReading[] {
	const ask = server(sizes);
	const readings = [ask(5)];
	let spent: number | undefined;
	for (let next = nextSamples(readings, { type, items }, spent); next !== undefined; ) {
		readings.push(ask(next));
		spent = Math.min(next, sizes.length) * each;
		assert.ok(spent <= mostMicroseconds * 1.2, `${spent} us at once`);
		next = nextSamples(readings, { type, items }, spent);
	}
	return readings;
}

describe('the size of a collection', () => {
	const small = Array.from({ length: 10_000 }, (_, index) => 80 + (index % 20 === 7 ? 4096 : 10));

	test('10,000 fields are walked whole, with their number known or not', () => {
		const sum = small.reduce((all, size) => all + size, 0);
		for (const items of [10_000, undefined])
			assert.deepEqual(keySize(measured(small, 0.06, items), { type: 'hash', items }), {
				...{ bytes: sum, isEstimated: false },
			});
		// With their number known that is one question.
		assert.deepEqual(
			measured(small, 0.3, 10_000).map(({ samples }) => samples),
			[5, 11_016],
		);
	});

	test('without their number it is walked whole three times, to know that it was', () => {
		assert.deepEqual(
			measured(small, 0.06).map(({ samples }) => samples),
			[5, 61, 251, 1021, 8191, 16_381, 32_749, 65_521],
		);
	});

	test('a size that does not change is whole only where elements differ', () => {
		const at = (bytes: number, ...samples: readonly number[]) =>
			samples.map(each => ({ samples: each, bytes }));
		const hash = { type: 'hash' };
		const same = at(1_000_000, 5, 61, 251, 1021, 4093);
		assert.equal(isWhole(same, hash), false);
		assert.equal(keySize(same, hash)?.isEstimated, true);
		const other = [...at(900_000, 5), ...at(1_000_000, 61, 1021, 4093)];
		assert.equal(isWhole(other, hash), false, 'few elements');
		const more = [...other, ...at(1_000_000, 8191)];
		assert.equal(isWhole(more, hash), true);
		assert.equal(isWhole(more, { ...hash, items: 40_000 }), false, 'there are more');
		// Of a stream the mean is cut to whole bytes, and of what is of no known type it may be.
		for (const type of ['stream', undefined]) {
			assert.equal(isWhole(more, { type }), false);
			assert.equal(isWhole([...more, ...at(1_000_000, 16_381)], { type }), true);
		}
		assert.equal(isWhole([{ samples: 61, bytes: 976 }]), true, 'no 61 elements fit in it');
	});

	test('two sizes in any proportion and order: what was not walked whole is never taken for whole', () => {
		const random = randomFrom(11);
		for (let round = 0; round < often(20, 400); round++) {
			const many = 20_000 + Math.floor(random() * 100_000);
			const large = random() ** 6;
			const [a, b] = [16 + 8 * Math.floor(random() * 4), 64 + 64 * Math.floor(random() * 64)];
			// Now by chance, now as regular as can be.
			const every = Math.max(2, Math.round(1 / large));
			const isRegular = random() < 0.5;
			const sizes = Array.from({ length: many }, (_, at) =>
				(isRegular ? at % every === 0 : random() < large) ? b : a,
			);
			const readings = measured(sizes, 0.05);
			const sum = sizes.reduce((all, one) => all + one, 0);
			if (isWhole(readings, { type: 'hash' })) assert.equal(readings.at(-1)!.bytes, sum);
		}
	});

	test('five samples say no margin', () => {
		assert.deepEqual(keySize([{ samples: 5, bytes: 100_000 }]), { bytes: 100_000, isEstimated: true });
	});

	const shapes: Readonly<Record<string, (random: () => number) => number>> = {
		'one in twenty of 4 kB': random => 60 + (random() < 0.05 ? 4096 : 10),
		'one in a hundred of 10 kB': random => 60 + (random() < 0.01 ? 10_000 : 10),
		'one in a thousand of 100 kB': random => 60 + (random() < 0.001 ? 100_000 : 10),
		'over decades': random => 60 + Math.exp(3 + 2 * normal(random)),
		'nearly alike': random => 60 + random() * 50,
	};
	for (const [name, shape] of Object.entries(shapes))
		test(`the margin of a large one holds in 95 of 100: ${name}`, () => {
			const random = randomFrom(7);
			let held = 0;
			const rounds = often(40, 200);
			for (let round = 0; round < rounds; round++) {
				const sizes = Array.from({ length: 60_000 }, () => shape(random));
				const size = keySize(measured(sizes, 0.3, sizes.length), { type: 'hash', items: sizes.length })!;
				assert.equal(size.isEstimated, true);
				const sum = sizes.reduce((all, one) => all + one, 0);
				if (Math.abs(size.bytes - sum) <= size.margin! * size.bytes) held++;
			}
			assert.ok(held >= 0.95 * rounds, `${held} of ${rounds}`);
		});
});

const normal = (random: () => number) =>
	Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
