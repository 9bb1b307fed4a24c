// Node's `spec` reporter with the ten slowest tests before its summary. The files of failed tests are written down for
// lanes.ts, a line each. It is JavaScript because the runner loads it before any TypeScript loader on Node 20.

import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { spec } from 'node:test/reporters';

const mostShown = 10;

export default async function* report(source) {
	const slow = [];
	let isTold = false;
	async function* withSlowest() {
		for await (const event of source) {
			if (event.type === 'test:pass' || event.type === 'test:fail') note(slow, event.data);
			if (event.type === 'test:fail' && event.data.file && process.env.REDIS_TOP_TEST_FAILURES)
				appendFileSync(process.env.REDIS_TOP_TEST_FAILURES, `${event.data.file}\n`);
			// The summary begins: its first line counts the tests.
			if (!isTold && event.type === 'test:diagnostic' && /^tests \d+$/.test(event.data.message)) {
				isTold = true;
				for (const line of ['the ten slowest:', ...slow.map(lineOf)])
					yield { type: 'test:diagnostic', data: { nesting: 0, message: line } };
			}
			yield event;
		}
	}
	yield* Readable.from(withSlowest()).pipe(new spec());
}

function note(slow, { name, file, details }) {
	if (details.type === 'suite') return;
	slow.push({ name, file, milliseconds: details.duration_ms });
	slow.sort((a, b) => b.milliseconds - a.milliseconds);
	slow.splice(mostShown);
}

const lineOf = ({ name, file, milliseconds }) =>
	`${(milliseconds / 1000).toFixed(1).padStart(6)} s  ${file ? path.relative(process.cwd(), file) : ''}  ${name}`;
