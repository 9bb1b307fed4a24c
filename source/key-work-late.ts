// The work of the key screens (key-work.ts) is loaded when the first of it is asked for: most runs scan nothing.

import type { KeyEffect, KeyWork, KeyWorkOptions } from './key-work.ts';
import type { Effect } from './state/state.ts';

export const isKeyEffect = (effect: Effect): effect is KeyEffect =>
	/^(scan|hot-keys)-|^key-look$/.test(effect.type);

/** The same, which is loaded by the first effect. Effects are performed in their order. */
export function lateKeyWork(options: KeyWorkOptions): KeyWork {
	let loading: Promise<KeyWork> | undefined;
	let work: KeyWork | undefined;
	let isStopped = false;
	const load = async () => {
		const { createKeyWork } = await import('./key-work.ts');
		work = createKeyWork(options);
		return work;
	};
	return {
		perform(effect) {
			if (work) return work.perform(effect);
			loading ??= load();
			void loading.then(loaded => {
				if (!isStopped) loaded.perform(effect);
			});
		},
		besides: node => work?.besides(node),
		tryNow: () => work?.tryNow(),
		async stop() {
			isStopped = true;
			await work?.stop();
		},
	};
}
