// ink-table under today's ink. It is CommonJS and requires ink, whose modules wait at their top level, and no Node lets
// such a module be required: so the ink and react that are loaded are put where `require` looks first. In the bundle,
// where nothing is required, esbuild.config.mjs puts another file in the place of this one.
// It gives the component with prop types of its own, for those of ink-table are of another react.

import { createRequire } from 'node:module';
import * as ink from 'ink';
import react, { type ComponentType, type ReactNode } from 'react';

export type InkTableProps = {
	readonly data: readonly Readonly<Record<string, string>>[];
	/** Keys of `data`, in their order. Their own length counts as a width, too. */
	readonly columns: readonly string[];
	readonly padding: number;
	/** What draws a title and a cell. `children` is the text with its padding, by String.length. */
	readonly header: ComponentType<InkCellProps>;
	readonly cell: ComponentType<InkCellProps>;
	/** What draws the lines between cells and rows. */
	readonly skeleton: ComponentType;
};
export type InkCellProps = { readonly column: number; readonly children?: ReactNode };

const require = createRequire(import.meta.url);

/** As if it had been required already. */
function lend(name: string, exports: unknown): void {
	const filename = require.resolve(name);
	const module = { id: filename, filename, loaded: true, exports, children: [], paths: [], path: '' };
	require.cache[filename] ??= module as unknown as NodeJS.Module;
}

lend('ink', ink);
lend('react', react);

export const InkTable: ComponentType<InkTableProps> = require('ink-table').default;
