// Runs the built program against real servers and reads what it prints, object by object. The program is a process
// of its own, so its cadence is not ours; every wait is for a condition. Ends it by its pid.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../servers/until.ts';

export const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: the objects under test are what the program printed, not what we hope.
export type Printed = any;

export type Run = {
	/** All objects so far, each with `seenAt`, our clock when its line came. */
	readonly objects: readonly Printed[];
	readonly child: ChildProcess;
	/** The first object from `from` on for which the condition holds. */
	readonly when: (
		what: string,
		condition: (object: Printed) => unknown,
		options?: { timeout?: number; from?: number },
	) => Promise<Printed>;
	readonly stderr: () => string;
	readonly exited: Promise<number | null>;
	readonly stop: () => Promise<void>;
};

/** `redis-top ARGS --json`; `nodeArgs` stand before the program, `inside` before all of it (`ip netns exec …`). */
export function runJson(
	args: readonly string[],
	env: Record<string, string> = {},
	nodeArgs: readonly string[] = [],
	inside: readonly string[] = [],
): Run {
	const [command, ...words] = [...inside, process.execPath, ...nodeArgs, program, '--json', ...args];
	const child = spawn(command!, words, {
		env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent', ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const objects: Printed[] = [];
	let stderr = '';
	child.stderr!.on('data', chunk => {
		stderr += chunk;
	});
	createInterface({ input: child.stdout! }).on('line', line =>
		objects.push({ ...JSON.parse(line), seenAt: Date.now() }),
	);
	const exited = new Promise<number | null>(resolve => child.on('close', code => resolve(code)));
	return {
		objects,
		child,
		exited,
		stderr: () => stderr,
		when: (what, condition, { timeout = 15_000, from = 0 } = {}) =>
			until(() => objects.slice(from).find(condition), {
				what: () => `${what}\nlast of ${objects.length}: ${JSON.stringify(objects.at(-1))}\n${stderr}`,
				timeout,
			}),
		async stop() {
			if (child.exitCode === null) child.kill('SIGTERM');
			await exited;
		},
	};
}

/** `redis-top ARGS` without a terminal: what it printed, said and ended with. `inside` stands before all of it. */
export async function runOnce(
	args: readonly string[],
	env: Record<string, string> = {},
	inside: readonly string[] = [],
): Promise<{ stdout: string; stderr: string; code: number | null }> {
	const [command, ...words] = [...inside, process.execPath, program, ...args];
	const child = spawn(command!, words, {
		env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent', ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const out = { stdout: '', stderr: '' };
	child.stdout!.on('data', chunk => {
		out.stdout += chunk;
	});
	child.stderr!.on('data', chunk => {
		out.stderr += chunk;
	});
	const code = await new Promise<number | null>(resolve => child.on('close', resolve));
	return { ...out, code };
}

/** The node of an object. */
export const nodeOf = (object: Printed, address: string): Printed =>
	object.nodes.find((node: Printed) => node.node === address);

/** Milliseconds between the objects, from the n-th on. */
export const gapsFrom = (run: Run, from: number): number[] =>
	run.objects
		.slice(from)
		.map((object, index) => object.seenAt - (run.objects[from + index - 1]?.seenAt ?? object.seenAt));
