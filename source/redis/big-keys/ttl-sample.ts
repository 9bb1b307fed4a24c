// What the sampled keys answered: of each whether it has a TTL and how many keys it stands for, and by strata (which
// steer the further drawing) how many were asked and which types were seen, and its size by more of its elements. The keys are kept, for their patterns are
// only known when it is known what was folded.

import type { FieldTtls } from '../../core/keys/field-ttls.ts';
import type { Reply } from '../../core/types.ts';
import type { Drawn, Strata } from './strata.ts';

/** `hasTtl`: it goes by itself, be it with its last field. */
export type Sampled = Drawn & { readonly hasTtl: boolean };

/** A key of the sample, sized by more of its elements than `bytes` is. */
export type Resized = Drawn & {
	readonly resizedBytes: number;
	/** Where it was asked. */
	readonly type?: string;
};

export type TtlSample = {
	readonly asked: readonly Sampled[];
	readonly resized: readonly Resized[];
	readonly take: (
		drawn: readonly Drawn[],
		ttls: readonly Reply[],
		types: ReadonlyMap<string, Reply>,
		sizes: readonly Reply[],
		fields: ReadonlyMap<string, FieldTtls>,
	) => void;
	/** Sampled hashes without a TTL with fields that expire, and of how many all do. */
	readonly hashes: { asked: number; fading: number };
};

export function createTtlSample(strata: Strata): TtlSample {
	const asked: Sampled[] = [];
	const resized: Resized[] = [];
	const hashes = { asked: 0, fading: 0 };

	function takeType(one: Drawn, type: Reply | undefined): void {
		if (typeof type !== 'string' || type === 'none') return;
		const stratum = strata.all[one.stratum]!;
		const counted = stratum.types.get(type) ?? { keys: 0, bytes: 0 };
		stratum.types.set(type, counted);
		counted.keys++;
		counted.bytes += one.bytes;
		stratum.typed++;
	}

	return {
		asked,
		resized,
		hashes,
		take(drawn, ttls, types, sizes, fields) {
			for (const [index, one] of drawn.entries()) {
				const stratum = strata.all[one.stratum]!;
				const ttl = ttls[index];
				// -2: gone since it was sized.
				if (typeof ttl === 'number' && ttl !== -2) {
					const expire = fields.get(one.key)?.expire;
					if (expire === 'all' || expire === 'some') hashes.asked++;
					if (expire === 'all') hashes.fading++;
					const stays = ttl === -1 && expire !== 'all';
					stratum.asked++;
					if (stays) stratum.withoutTtl++;
					asked.push({ ...one, hasTtl: !stays });
				} else strata.drawnInVain([one]);
				const size = sizes[index];
				const type = types.get(one.key);
				if (typeof size === 'number')
					resized.push({ ...one, resizedBytes: size, ...(typeof type === 'string' && { type }) });
				takeType(one, types.get(one.key));
			}
		},
	};
}
