// Bundles source/cli.tsx into the one file that is shipped: dist/cli.js. ESM because ink has top-level awaits;
// production React because its development build costs 1.5 times the CPU; ink's devtools hook is stubbed.
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
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

await build({
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
// What --demo plays where there is no server to start.
await copyFile('media/demo.jsonl.gz', 'dist/demo.jsonl.gz').catch(() => {});
