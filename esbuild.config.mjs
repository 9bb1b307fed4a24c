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

// meow can look for a package.json and clean it up, with lists of licences that it sorts when it is loaded. It is given one.
const licences = replaced('licences', /meow[\\/]build[\\/]dependencies\.js$/, text =>
	text
		.replace(/^var normalizeExports = .*$/m, '')
		.replace(/^const normalizePackageData = .*$/m, 'const normalizePackageData = () => {};')
		.replace(
			/^export \{ readPackageUpSync as a, /m,
			'const noPackage = () => undefined;\nexport { noPackage as a, ',
		),
);

// Of ioredis one connection to one server is wanted; its clusters and Sentinels hide which node answered, and would be loaded
// with it.
const ioredis = {
	name: 'ioredis',
	setup(bundle) {
		bundle.onLoad({ filter: /ioredis[\\/]built[\\/]index\.js$/ }, () => ({
			contents: "exports.Redis = require('./Redis').default;",
		}));
		bundle.onLoad(
			{ filter: /ioredis[\\/]built[\\/](cluster|connectors[\\/]SentinelConnector)[\\/]index\.js$/ },
			() => ({
				contents: 'exports.default = class { constructor() { throw new Error("not in this program"); } };',
			}),
		);
	},
};

// What Node itself takes time to load is loaded when it is used: a connection without TLS needs no TLS.
const late = {
	name: 'late',
	setup(bundle) {
		const names = 'assert|child_process|crypto|dns|dns/promises|inspector|stream/promises|tls|zlib'.split(
			'|',
		);
		const filter = new RegExp(`^(node:)?(${names.join('|')})$`);
		bundle.onResolve({ filter }, ({ path, namespace }) =>
			namespace === 'late' ? undefined : { path: path.replace('node:', ''), namespace: 'late' },
		);
		bundle.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => ({
			contents: `
				let loaded;
				const load = () => (loaded ??= process.getBuiltinModule('node:${path}'));
				module.exports = (...args) => load()(...args);
				for (const name of ${JSON.stringify(Object.keys(process.getBuiltinModule(path)))})
					Object.defineProperty(module.exports, name, { get: () => load()[name], enumerable: true, configurable: true });`,
		}));
	},
};

// Segmenters, and expressions that name a property of characters, take up to 15 ms each to make, and a text of ASCII needs
// none of them: they are made when they are first asked. One that is used for more than a test stays as it is.
const characters = replaced(
	'characters',
	/(string-width[\\/]index|wrap-ansi[\\/]index|slice-ansi[\\/]tokenize-ansi|ansi-tokenize[\\/]build[\\/]tokenize|ink[\\/]build[\\/]line-update)\.js$/,
	text => {
		const isOnlyTested = name => text.split(name).length === text.split(`${name}.test(`).length + 1;
		const late = (name, made, method, guard = '') =>
			`let made_${name}; const ${name} = { ${method}: text => ${guard}(made_${name} ??= ${made}).${method}(text) };`;
		return text
			.replaceAll(/^const (\w+) = (new Intl\.Segmenter\(.*\));$/gm, (_, name, made) =>
				late(name, made, 'segment'),
			)
			.replaceAll(/^const (\w+) = (\/.*\\p\{.*\/[uv]+);$/gm, (whole, name, made) =>
				isOnlyTested(name) ? late(name, made, 'test', made.includes('RGI_Emoji') ? mayBeEmoji : '') : whole,
			);
	},
);
/** Lines, boxes and braille are none: the first emoji by itself is U+231A. */
const mayBeEmoji = '!/^[\\0-\\u2319\\u2500-\\u25fc\\u2800-\\u2aff]$/.test(text) && ';

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
	plugins: [devtools, yoga, licences, ioredis, late, characters, inkTable],
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
