// One file of many: what esbuild splits is put behind loader.cjs, each part in a comment, so that a run compiles only what
// it needs.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Script } from 'node:vm';
import { transform } from 'esbuild';

/** `./chunk-ABC.js` as it is asked for: the file's name alone. */
const nameOf = path => path.replace(/^.*[\\/]/, '').replace(/\.js$/, '');

const partOf = from => (from.startsWith('.') ? nameOf(from) : from);

/** Keeps what would end a comment from ending it. */
const mask = '\x7f';

/** A text of one byte a character is read and kept at half the cost; in strings and regular expressions it says the same. */
const inAscii = code =>
	code.replace(/[^\0-\x7f]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const importStatement =
	/(?<=^|[;}\n])import(?: ([\w$]+))?,?(?:\*as ([\w$]+))?(?:\{([^}]*)\})?(?: ?from)?"([^"]+)";/g;
const exportStatement = /(?<=^|[;}\n])export\{([^}]*)\};?\s*$/;

/**
 * A chunk as a function of `require` and `exports`. What it imports becomes constants of its own, which is all that is needed
 * where no chunk imports one that imports it, and nothing that is exported changes later.
 */
function functionOf(text) {
	const pairs = names => names.split(',').map(each => each.split(' as '));
	const body = text
		.replace(exportStatement, (_, names) => {
			const fields = pairs(names).map(([own, as = own]) => `${as}:${own}`);
			return `Object.assign(exports,{${fields.join()}});`;
		})
		.replaceAll(importStatement, (_, usual, all, names, from) => {
			const required = `require(${JSON.stringify(partOf(from))})`;
			const fields = names ? pairs(names).map(([name, as = name]) => `${name}:${as}`) : [];
			const usually = usual ? [`${usual}=${required}`] : [];
			const named = fields.length > 0 ? [`{${fields.join()}}=${required}`] : [];
			const whole = all ? [`${all}=${required}`] : [];
			const declared = [...usually, ...named, ...whole];
			return declared.length > 0 ? `const ${declared.join()};` : `${required};`;
		})
		.replaceAll(
			/\bimport\("([^"]+)"\)/g,
			(_, from) => `Promise.resolve().then(()=>require(${JSON.stringify(partOf(from))}))`,
		)
		.replaceAll(/\bimport\.meta\.url\b/g, 'moduleUrl()');
	return inAscii(`(function(require,exports,moduleUrl){"use strict";${body}\n})`);
}

/** Where one part needs another that needs it, neither could be first, and its constants would be undefined. */
function checkOrder(parts) {
	const needs = new Map(
		parts.map(([name, code]) => [
			name,
			[...code.matchAll(/(?:[={,;]|const [^;]*=)require\("([^"]+)"\)/g)].map(([, from]) => from),
		]),
	);
	const done = new Set();
	const visit = (name, path) => {
		if (path.includes(name)) throw new Error(`parts need each other: ${[...path, name].join(' ')}`);
		if (done.has(name)) return;
		for (const from of needs.get(name) ?? []) visit(from, [...path, name]);
		done.add(name);
	};
	for (const name of needs.keys()) visit(name, []);
}

/** The chunks of a build (ESM, none that waits at its top level) as one program. */
export async function oneFile(outputs) {
	const parts = outputs.map(({ path, text }) => [nameOf(path), functionOf(text)]);
	checkOrder(parts);
	const head = [
		'#!/usr/bin/env node',
		'// redis-top. The parts that the last line loads are in the comments; THIRD-PARTY-NOTICES has what is of others.',
	];
	const table = {};
	let body = '/**/';
	let lines = head.length;
	for (const [name, code] of parts) {
		// It fails here where a statement of a module is left in it.
		new Script(code, { filename: name });
		if (code.includes(mask)) throw new Error(`${name} holds the character that masks`);
		const masked = code.replaceAll('*/', `*${mask}/`);
		const from = body.length - '/**/'.length + '/*'.length;
		table[name] = [from, from + masked.length, lines, ...(masked === code ? [] : [1])];
		body += `/*${masked}*/`;
		lines += masked.split('\n').length - 1;
	}
	const { code } = await transform(await readFile(new URL('loader.cjs', import.meta.url), 'utf8'), {
		minify: true,
		target: 'node20.19',
	});
	const key = createHash('sha256').update(body).digest('hex').slice(0, 16);
	// The key first: the name of a part ends with eight letters of chance, which may hold that word too.
	const loader = code
		.trim()
		.replaceAll('KEY', key)
		.replace('PARTS', () => JSON.stringify(table));
	const end = loader.lastIndexOf('})()');
	if (end < 0 || loader.includes('\n') || loader.includes('*/'))
		throw new Error('the loader is not one plain line');
	return `${[...head, loader.slice(0, end)].join('\n')}${body}${loader.slice(end)}\n`;
}
