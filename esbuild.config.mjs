// Bundles source/cli.tsx into the one file that is shipped: dist/cli.js, and beside it the licences of what is in it and
// the man page.
// ESM because ink has top-level awaits; production React because its development build costs 1.5 times the CPU; ink's
// devtools hook is stubbed.
import { chmod, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));

const stubDevtools = {
	name: 'stub-devtools',
	setup(bundle) {
		bundle.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'devtools', namespace: 'stub' }));
		bundle.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({
			contents: 'export default { initialize() {}, connectToDevTools() {} };',
		}));
	},
};

// ink-table is CommonJS and requires ESM (source/output/ink-table.ts): in the bundle its three requires become imports.
const inkTable = {
	name: 'ink-table',
	setup(bundle) {
		bundle.onLoad({ filter: /source[\\/]output[\\/]ink-table\.ts$/ }, ({ path }) => ({
			contents: "export { default as InkTable } from 'ink-table';",
			resolveDir: dirname(path),
		}));
		bundle.onLoad({ filter: /ink-table[\\/]dist[\\/]index\.js$/ }, async ({ path }) => ({
			contents: [
				"import react from 'react';",
				"import * as ink from 'ink';",
				"import * as hash from 'object-hash';",
				'const required = { react, ink, "object-hash": hash };',
				'const exports = {};',
				(await readFile(path, 'utf8')).replaceAll(/\brequire\(("[^"]+")\)/g, 'required[$1]'),
				'export default exports.default;',
			].join('\n'),
		}));
	},
};

const { metafile } = await build({
	entryPoints: ['source/cli.tsx'],
	outfile: 'dist/cli.js',
	bundle: true,
	minify: true,
	keepNames: false,
	platform: 'node',
	format: 'esm',
	target: 'node20.19',
	jsx: 'automatic',
	legalComments: 'none',
	metafile: true,
	define: {
		'process.env.NODE_ENV': '"production"',
		'process.env.DEV': '"false"',
		REDIS_TOP_VERSION: JSON.stringify(version),
	},
	banner: {
		js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
	},
	plugins: [stubDevtools, inkTable],
});
await chmod('dist/cli.js', 0o755);
// The man page is made from the tables of the program.
const { outputFiles } = await build({
	entryPoints: ['source/output/man-page.ts'],
	bundle: true,
	platform: 'node',
	format: 'esm',
	write: false,
});
const { manPage } = await import(
	`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
await writeFile('dist/redis-top.1', manPage(version));
// What --demo plays where there is no server to start.
await copyFile('media/demo.jsonl.gz', 'dist/demo.jsonl.gz').catch(() => {});

/** The folder of the package that a bundled file is of; undefined for our own. */
const packageOf = path => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];

const isPaper = file => /^(build\/|dist\/)?(licen[cs]es?|notice)([.-][^/]*)?$/i.test(file);

/** What a package says of itself and the text of its licence. One without a text must not be bundled. */
async function notice(folder) {
	const { name, version, license, author } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
	// Some have bundled others and say so in a file of their build.
	const found = (await readdir(folder, { recursive: true })).filter(isPaper);
	const papers = found.filter(file => !file.includes('node_modules')).sort();
	const texts = await Promise.all(papers.map(file => readFile(join(folder, file), 'utf8')));
	const text = texts.join('\n').trim() || (await plainLicence(license, author?.name ?? author));
	if (!text) throw new Error(`${name} ${version} (${license}) has no licence text: it cannot be shipped`);
	return `${'-'.repeat(78)}\n${name} ${version} (${license})\n\n${text}\n`;
}

/** The text of ours with their name: for packages that say MIT and bring no file. */
async function plainLicence(license, holder) {
	if (license !== 'MIT' || !holder) return undefined;
	const ours = await readFile(new URL('LICENSE', import.meta.url), 'utf8');
	return ours.replace(/^Copyright.*$/m, `Copyright (c) ${holder}`).trim();
}

const folders = [...new Set(Object.keys(metafile.inputs).flatMap(path => packageOf(path) ?? []))].sort();
const head = 'dist/cli.js of redis-top holds parts of these packages, each under its own licence.\n';
await writeFile('dist/THIRD-PARTY-NOTICES', [head, ...(await Promise.all(folders.map(notice)))].join('\n'));
// For the test that no package is left out; it is not shipped.
await writeFile('dist/inputs.json', JSON.stringify(Object.keys(metafile.inputs)));
