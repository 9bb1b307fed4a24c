process.env.TZ = 'UTC';

import { batchText } from '../../source/output/batch.ts';
import { frameOf } from '../../source/ui/frame.tsx';
import * as b from './build-state.ts';

for (const job of process.argv.slice(2)) {
	const [name, c, r, more, mode] = job.split(' ');
	const st = (b as any)[name!]({
		size: { columns: +c!, rows: +r! },
		isColour: false,
		...(more ? JSON.parse(more) : {}),
	});
	if (mode === 'batch') console.log(batchText(st, { refresh: 3, of: 5 }));
	else for (const l of frameOf(st)) console.log(l.replace(/\x1b\[[0-9;]*m/g, ''));
	console.log('='.repeat(+c!));
}
