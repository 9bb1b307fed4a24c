// Test files as they are run in a lane: bundled, each into one file of JavaScript beside its source map. Loaded as they are
// written, by tsx, a file is a second of work before its first test begins, and a lane has hundreds of them.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin, stop } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a module says of itself stays true: what lies beside it is looked for there, and started from there. */
const ownPlace: Plugin = {
	name: 'own place',
	setup(bundle) {
		bundle.onLoad({ filter: /\.tsx?$/ }, async ({ path: file }) => {
			const text = await readFile(file, 'utf8');
			const url = JSON.stringify(pathToFileURL(file).href);
			const loader = file.endsWith('x') ? 'tsx' : 'ts';
			return { contents: text.replaceAll('import.meta.url', url), loader };
		});
	},
};

/**
 * Writes each of `files` (TypeScript or JavaScript, absolute) as a file of JavaScript into the folder `into`, which must lie
 * in the project: packages are not bundled, and found from there. In the order of `files`, the paths of what was written.
 * Rejects where one does not compile.
 */
export async function bundle(files: readonly string[], into: string): Promise<readonly string[]> {
	const names = files.map(file => path.relative(root, file).replace(/\.[^.]+$/, ''));
	await build({
		entryPoints: files.map((file, index) => ({ in: file, out: names[index]! })),
		outdir: into,
		outExtension: { '.js': '.mjs' },
		bundle: true,
		packages: 'external',
		platform: 'node',
		format: 'esm',
		target: 'node20',
		sourcemap: 'linked',
		sourcesContent: false,
		plugins: [ownPlace],
	});
	await stop();
	return names.map(name => path.join(into, `${name}.mjs`));
}
