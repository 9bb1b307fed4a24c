// Bundles source/entry.ts into the one file that is shipped: dist/cli.js, and beside it the licences of what is in it and
// the man page. It is split by what each way to run needs (parts.mjs).
// Production React because its development build costs 1.5 times the CPU; ink's devtools hook is left out.
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { oneFile } from './parts.mjs';

const { version } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));

/** A file of a package as it is bundled; it must have what is replaced. */
const replaced = (name, filter, change) => ({
	name,
	setup(bundle) {
		bundle.onLoad({ filter }, async ({ path }) => {
			const text = await readFile(path, 'utf8');
			const contents = change(text);
			if (contents === text) throw new Error(`${name}: ${path} is not what it was`);
			return { contents };
		});
	},
});

// Nothing may wait at its top level, and this would, for the sake of React's debugger.
const devtools = replaced('devtools', /ink[\\/]build[\\/]reconciler\.js$/, text =>
	text.replaceAll(/^if \(process\.env\['DEV'\] === 'true'\) \{\n.*?^\}\n/gms, ''),
);

// yoga's WebAssembly is in its file as a URL, which it fetches: that loads a client for HTTP, and waits. Made of bytes it
// is there at once.
const yoga = {
	name: 'yoga',
	setup(bundle) {
		const data = /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"/;
		bundle.onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, async ({ path }) => {
			const text = await readFile(path, 'utf8');
			const bytes = data.exec(text)?.[1];
			if (!bytes) throw new Error(`yoga: ${path} is not what it was`);
			return {
				contents: `export const wasm = "${bytes}";\n${text.replace(data, '""').replace('import.meta.url', '""')}`,
			};
		});
		bundle.onLoad({ filter: /yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/ }, () => ({
			contents: `
				import loadYoga, { wasm } from '../binaries/yoga-wasm-base64-esm.js';
				import wrapAssembly from './wrapAssembly.js';
				const module = {
					instantiateWasm(imports, done) {
						const made = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasm, 'base64')), imports);
						done(made);
						return made.exports;
					},
				};
				loadYoga(module);
				export default wrapAssembly(module);
				export * from './generated/YGEnums.js';`,
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

const { metafile, outputFiles: chunks } = await build({
	entryPoints: ['source/entry.ts'],
	outdir: 'dist',
	bundle: true,
	splitting: true,
	write: false,
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
	plugins: [devtools, yoga, inkTable],
});
await mkdir('dist', { recursive: true });
await writeFile('dist/cli.js', await oneFile(chunks));
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
