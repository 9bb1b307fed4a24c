// TLS: authorities of a file and of a folder, ciphers.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WrongUsage, wrong } from '../flag-words.ts';
import { reasonOf, type Text } from './given.ts';

export type NamedFiles = {
	readonly password?: string;
	readonly ca?: string;
	/** --cacertdir */
	readonly caFolder?: string;
	readonly cert?: string;
	readonly key?: string;
};

/** OpenSSL has two lists, Node one. */
export function ciphersOf(text: Text): string | undefined {
	const lists = [text('tlsCiphersuites'), text('tlsCiphers')].filter(list => list !== undefined);
	if (lists.length === 0) return undefined;
	const ciphers = lists.join(':');
	try {
		// Loaded for who asks: it would cost every start.
		process.getBuiltinModule('node:tls').createSecureContext({ ciphers });
	} catch {
		return wrong(`--tls-ciphers ${ciphers}: OpenSSL knows no such cipher`);
	}
	return ciphers;
}

/** Of a file and of a folder, as one. */
export function authorities(...parts: readonly (Buffer | undefined)[]): Buffer | undefined {
	const known = parts.filter(part => part !== undefined);
	if (known.length < 2) return known[0];
	return Buffer.concat(known.flatMap(part => [part, Buffer.from('\n')]));
}

/** The certificates of a folder, whatever their files are called: OpenSSL's links by hash lead to the same. */
export function authoritiesIn(folder: string | undefined): Buffer | undefined {
	if (folder === undefined) return undefined;
	try {
		const files = readdirSync(folder, { withFileTypes: true }).filter(entry => !entry.isDirectory());
		const texts = files.map(({ name }) => readFileSync(join(folder, name)));
		const found = [...new Set(texts.map(String))].filter(text => text.includes('BEGIN CERTIFICATE'));
		if (found.length === 0) return wrong(`--cacertdir: no certificate in ${folder} (PEM)`);
		return Buffer.from(found.join('\n'));
	} catch (thrown) {
		if (thrown instanceof WrongUsage) throw thrown;
		return wrong(`--cacertdir: cannot read ${folder}: ${reasonOf(thrown)}`);
	}
}

export const filesOf = (files: NamedFiles): NamedFiles | undefined =>
	Object.values(files).some(path => path !== undefined) ? files : undefined;
