// The man page: every flag is in it, and only requests that man knows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagTable } from '../../source/flag-table.ts';
import { manPage } from '../../source/output/man-page.ts';

const page = manPage('1.2.3');

test('every flag with its words, and no line that is a request by mistake', () => {
	for (const { name, short, about } of flagTable) {
		const escaped = (text: string) => text.replaceAll('-', '\\-');
		assert.ok(page.includes(`\\fB\\-\\-${escaped(name)}\\fR`), name);
		assert.ok(page.includes(escaped(about).replace(/^([.'])/, '\\&$1')), about);
		if (short) assert.ok(page.includes(`\\fB\\-${short}\\fR`), short);
	}
	const requests = page.split('\n').filter(line => /^[.']/.test(line));
	for (const line of requests) assert.match(line, /^\.(TH|SH|TP|PP|B)( |$)/);
	assert.equal(manPage('1.2.3'), page);
});
