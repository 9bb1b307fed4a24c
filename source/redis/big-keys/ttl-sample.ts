// What the sampled keys answered: of each whether it has a TTL and how many keys it stands for, and by strata (which
// steer the further drawing) how many were asked and which types were seen. The keys are kept, for their patterns are
// only known when it is known what was folded.

import type { Reply } from '../../core/types.ts';
import type { Drawn, Strata } from './strata.ts';

export type Sampled = Drawn & { readonly hasTtl: boolean };

export type TtlSample = {
	readonly asked: readonly Sampled[];
	readonly take: (drawn: readonly Drawn[], ttls: readonly Reply[], types: ReadonlyMap<string, Reply>) => void;
};

export function createTtlSample(strata: Strata): TtlSample {
	const asked: Sampled[] = [];

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
		take(drawn, ttls, types) {
			for (const [index, one] of drawn.entries()) {
				const stratum = strata.all[one.stratum]!;
				const ttl = ttls[index];
				// -2: gone since it was sized.
				if (typeof ttl === 'number' && ttl !== -2) {
					stratum.asked++;
					if (ttl === -1) stratum.withoutTtl++;
					asked.push({ ...one, hasTtl: ttl !== -1 });
				}
				takeType(one, types.get(one.key));
			}
		},
	};
}
