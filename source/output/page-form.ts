// How a printed result is laid out: as text for a terminal, or as Markdown for a ticket, with the same words. Names come
// from anybody and are made safe for a terminal by whoever prints them; here what Markdown would take for its own is
// escaped. It knows no result.

import { table } from './text-table.ts';

export type PageForm = {
	/** What stands first. */
	readonly head: (text: string) => string;
	/** What stands above a table. */
	readonly title: (text: string) => string;
	/** Sentences, each by itself. */
	readonly lines: (texts: readonly string[]) => string[];
	/** What stands below a table. */
	readonly foot: (text: string) => string;
	/** The first row has the titles. */
	readonly table: (
		rows: readonly (readonly string[])[],
		columns: readonly { readonly isText?: boolean }[],
	) => string[];
};

export const textForm: PageForm = {
	head: text => text,
	title: text => text,
	lines: texts => [...texts],
	foot: text => text,
	table,
};

/** GitHub's Markdown, which GitLab, Jira and Slack's canvas read too. */
export const markdownForm: PageForm = {
	head: text => `# ${escaped(text)}\n`,
	title: text => `**${escaped(text)}**\n`,
	lines: texts => texts.map(text => `- ${escaped(text.trim())}`),
	// Directly below a table it would be a row of it.
	foot: text => `\n${escaped(text)}`,
	table([titles = [], ...rows], columns) {
		const row = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
		const rule = `|${columns.map(({ isText }) => (isText ? ' --- ' : ' ---: ')).join('|')}|`;
		return [row(titles), rule, ...rows.map(row)];
	},
};

const escaped = (text: string) => text.replace(/[\\`*_{}[\]<>|~&#]/g, char => `\\${char}`);
