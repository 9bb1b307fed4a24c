// Security: who gets in, and what they may do then. The password itself is never asked for: CONFIG GET requirepass would
// answer with it. That there is none is seen by being let in without one. Versions are held against the fix of
// CVE-2025-49844 (October 2025: a script can run code), for distributions fix old versions under their old numbers.

import { serverTitle } from '../core/fleet/untold.ts';
import { versionOf } from '../core/parse/versions.ts';
import type { Info, ServerName } from '../core/types.ts';
import { type AuditFound, type AuditNode, act, configSet, fine, look, type NodePoint } from './audit.ts';
import { isLoopback, textOf } from './reading.ts';

const isLocalOnly = (view: AuditNode): boolean | undefined => {
	const bind = view.setting('bind');
	if (bind === undefined) return undefined;
	const words = bind.split(' ').filter(word => word !== '');
	return (
		words.length > 0 &&
		words.every(word => isLoopback(`${word.replace(/^-/, '').replace(/^::1$/, '[::1]')}:1`))
	);
};

/**
 * Without a password it answers its own host only. Before 7.0 a `bind` of any kind ended that. Where we were let in
 * from another host it does not hold, whatever is set.
 */
const isProtected = (view: AuditNode): boolean =>
	view.setting('protected-mode') === 'yes' &&
	isLoopback(view.node.address) &&
	(versionOf(view.info.version).major >= 7 || view.setting('bind') === '');

const password: NodePoint = {
	id: 'audit-password',
	names: ['bind', 'protected-mode'],
	check: view => {
		const isOpen = view.extra.isPasswordless;
		if (isOpen === undefined) return undefined;
		if (!isOpen)
			return fine('a password is asked for', 'Nobody reads or deletes keys just by reaching the port.');
		const set = 'no password: we were let in without one';
		const command = 'ACL SETUSER default on ><password> ~* &* +@all, and masterauth on the replicas first';
		if (isLocalOnly(view))
			return look(
				set,
				'Whoever runs anything on this host may read and delete everything.',
				'a password, or a unix socket with rights',
				command,
			);
		if (isProtected(view))
			return look(
				set,
				'Protected mode alone keeps other hosts out; whoever runs anything on this one may read and delete everything.',
				'a password, before protected mode is ever turned off',
				command,
			);
		return act(
			set,
			'Whoever reaches this port reads and deletes everything, and can write files as the server (CONFIG SET dir, SAVE).',
			'users with passwords and the rights they need',
			command,
		);
	},
};

const defaultUser: NodePoint = {
	id: 'audit-default-user',
	check: view => {
		const user = view.extra.defaultUser;
		if (!user) return undefined;
		const rights = `${user.hasAllCommands ? 'all commands' : 'some commands'}, ${user.hasAllKeys ? 'all keys' : 'some keys'}`;
		const set = `default user ${user.isOn ? 'on' : 'off'}, ${user.isWithoutPassword ? 'no password' : 'with a password'}, ${rights}`;
		if (!user.isOn || !user.hasAllCommands)
			return fine(set, 'Applications have users of their own, or few rights.');
		const means = `Every application that ${user.isWithoutPassword ? 'reaches it' : 'knows the one password'} may FLUSHALL, CONFIG SET and SHUTDOWN.`;
		const isOpen = user.isWithoutPassword && !isLocalOnly(view) && !isProtected(view);
		return (isOpen ? act : look)(
			set,
			means,
			'a user for each application with what it needs, then the default user off',
			'ACL SETUSER <app> on ><password> ~app:* +@read +@write -@dangerous',
		);
	},
};

const bind: NodePoint = {
	id: 'audit-bind',
	names: ['bind', 'protected-mode'],
	check: view => {
		const setting = view.setting('bind');
		if (setting === undefined) return undefined;
		const words = setting.split(' ').filter(word => word !== '');
		const isEverywhere = words.length === 0 || words.some(word => /^-?(\*|0\.0\.0\.0|::|::\*)$/.test(word));
		const set = `bind ${setting === '' ? '""' : textOf(setting)}`;
		if (!isEverywhere) return fine(set, 'It listens where it is meant to.');
		const isOpen = view.extra.isPasswordless === true && view.setting('protected-mode') === 'no';
		return (isOpen ? act : look)(
			set,
			`It listens on every interface of the host, a public one as well${isOpen ? ', without a password and without protected mode' : ''}.`,
			'the address that clients and replicas use',
			configSet('bind', '127.0.0.1 <address>'),
		);
	},
};

const protectedMode: NodePoint = {
	id: 'audit-protected-mode',
	names: ['protected-mode'],
	check: view => {
		const setting = view.setting('protected-mode');
		if (setting === undefined) return undefined;
		const set = `protected-mode ${textOf(setting)}`;
		const isOpen = view.extra.isPasswordless === true;
		if (setting !== 'no')
			return fine(
				set,
				isOpen && !isProtected(view)
					? 'On, but not in effect: before 7.0 any bind ends it, and what a proxy on its host passes on counts as local.'
					: 'Without a password it answers its own host only.',
			);
		return (isOpen ? act : look)(
			set,
			isOpen
				? 'Without a password and with this off, it answers anybody who reaches it.'
				: 'If the password is ever taken away, it answers anybody who reaches it.',
			"yes: it stands in nobody's way while there is a password",
			configSet('protected-mode', 'yes'),
		);
	},
};

const debugCommands: NodePoint = {
	id: 'audit-debug-command',
	names: ['enable-debug-command', 'enable-module-command', 'enable-protected-configs'],
	check: view => {
		const names = ['enable-debug-command', 'enable-module-command', 'enable-protected-configs'];
		const told = names.filter(name => view.setting(name) !== undefined);
		if (told.length === 0) return undefined;
		const open = told.filter(name => view.setting(name) === 'yes');
		if (open.length === 0)
			return fine(
				'debug, module and protected settings closed',
				'A client cannot crash the server or load code into it.',
			);
		return look(
			open.map(name => `${name} yes`).join(', '),
			'Whoever may send commands can stop the server (DEBUG), load code (MODULE LOAD) or move its files.',
			'no, or local',
			`${open[0]} no in the configuration file, then a restart`,
		);
	},
};

type Version = readonly [major: number, minor: number, patch: number];

/** First release of each line with the fix of CVE-2025-49844. */
const fixed: { readonly [S in ServerName]?: readonly Version[] } = {
	redis: [
		[6, 2, 20],
		[7, 2, 11],
		[7, 4, 6],
		[8, 0, 4],
		[8, 2, 2],
	],
	valkey: [
		[7, 2, 11],
		[8, 0, 6],
		[8, 1, 4],
	],
};

function unjudged(info: Info): AuditFound | undefined {
	if (info.server === undefined && info.unknownServer === undefined) return undefined;
	return {
		severity: 'unknown',
		set: `${serverTitle(info)} ${textOf(info.version ?? '-')}`,
		means: 'Which of its versions have known holes is not known here: its makers and the package tell.',
	};
}

const version: NodePoint = {
	id: 'audit-version',
	check: ({ info }) => {
		const parts = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(info.version ?? '');
		// Of others the number that clients go by says nothing of their own fixes.
		const lines = info.server && fixed[info.server];
		if (!lines) return unjudged(info);
		if (!parts) return undefined;
		const [major, minor, patch] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
		const set = `${info.server} ${textOf(info.version!)}`;
		const line = lines.find(([a, b]) => a === major && b === minor);
		const [newestMajor, newestMinor] = lines.at(-1)!;
		const isNewer = major > newestMajor || (major === newestMajor && minor > newestMinor);
		if (isNewer || (line && patch >= line[2]))
			return fine(set, 'Newer than the last hole that a script could use to run code (CVE-2025-49844).');
		const means =
			'By its number this version has known holes: a user who may run scripts can run code in the server (CVE-2025-49844). Distributions fix it under the old number: ask the package, not the number.';
		const better = line
			? `${line.join('.')} or later`
			: `a maintained line, ${lines.at(-1)!.join('.')} or later`;
		const found = major < 6 ? act : look;
		return found(
			set,
			means,
			better,
			'upgrade replicas first, then fail over; until then -@scripting for users who need none',
		);
	},
};

export const securityAudit = {
	topic: 'security',
	ofNode: [password, defaultUser, bind, protectedMode, debugCommands, version],
	ofFleet: [],
} as const;
