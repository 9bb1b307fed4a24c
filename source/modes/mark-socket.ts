// The socket by which markers are set from outside: `redis-top --mark "v42 start"` in the script of a deploy. One a
// running redis-top, named by its process, in a folder that is this user's alone. It takes a word for a marker and tells
// what is watched, and nothing else: no server is reached through it.

import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { isPrivate, openRuntimeFolder, runtimeFolders } from '../files/runtime-folder.ts';
import { ownerOnly } from '../files/safe-file.ts';

/** A running redis-top, as it says itself. */
export type Running = {
	readonly pid: number;
	readonly fleets: readonly string[];
	/** Its recording: a file or a folder. */
	readonly recording?: string;
	readonly socket: string;
};

export type MarkSocket = { readonly path: string; readonly close: () => void };

export type MarkSocketOptions = {
	readonly folders?: readonly string[];
	readonly pid?: number;
	readonly about: () => Omit<Running, 'pid' | 'socket'>;
	/** Sets it; the answer is when, as ISO 8601. */
	readonly onMark: (text: string) => string;
};

const longestRequest = 4096;
const answerMilliseconds = 2000;

/** Undefined where there is no folder for it: then markers are set on the screen and by SIGUSR1 alone. */
export function openMarkSocket(options: MarkSocketOptions): MarkSocket | undefined {
	const { folders = runtimeFolders(process.env), pid = process.pid } = options;
	const folder = openRuntimeFolder(folders);
	if (folder === undefined) return undefined;
	const path = join(folder, `${pid}.sock`);
	// Of an earlier process of this number.
	rmSync(path, { force: true });
	const server = createServer(socket => answer(socket, pid, options));
	let isOpen = false;
	server.on('error', () => {});
	server.listen(path, () => {
		isOpen = true;
		try {
			chmodSync(path, ownerOnly);
		} catch {}
	});
	server.unref();
	void findRunning([folder]);
	return { path, close: () => closeSocket(server, path, isOpen) };
}

function closeSocket(server: Server, path: string, isOpen: boolean): void {
	server.close();
	if (isOpen) rmSync(path, { force: true });
}

function answer(socket: Socket, pid: number, { about, onMark }: MarkSocketOptions): void {
	let text = '';
	socket.unref();
	socket.setTimeout(answerMilliseconds, () => socket.destroy());
	socket.on('error', () => {});
	socket.setEncoding('utf8').on('data', chunk => {
		text += chunk;
		if (text.length > longestRequest) return void socket.destroy();
		if (!text.includes('\n')) return;
		const request = parsed(text.split('\n', 1)[0]!);
		const at = typeof request?.mark === 'string' ? onMark(request.mark) : undefined;
		socket.end(`${JSON.stringify({ pid, ...about(), ...(at !== undefined && { at }) })}\n`);
	});
}

/** Every redis-top of this user that answers, by process; sockets that nobody listens at any more are removed. */
export async function findRunning(
	folders: readonly string[] = runtimeFolders(process.env),
): Promise<readonly Running[]> {
	const sockets = folders.filter(folder => isPrivate(folder)).flatMap(socketsIn);
	const found = await Promise.all(sockets.map(socket => ask(socket, {})));
	return found.flatMap(each => each ?? []).sort((a, b) => a.pid - b.pid);
}

function socketsIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder)
			.filter(name => /^\d+\.sock$/.test(name))
			.map(name => join(folder, name));
	} catch {
		return [];
	}
}

/** Sets a marker in one; undefined where it does not answer. */
export const setMarkIn = (running: Running, text: string) => ask(running.socket, { mark: text });

function ask(path: string, request: object): Promise<(Running & { readonly at?: string }) | undefined> {
	return new Promise(resolve => {
		let text = '';
		const socket = connect(path);
		const done = () => {
			socket.destroy();
			const told = parsed(text);
			resolve(isRunning(told) ? { ...told, socket: path } : undefined);
		};
		socket.setTimeout(answerMilliseconds, done);
		socket.on('error', (error: NodeJS.ErrnoException) => {
			if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
			done();
		});
		socket.setEncoding('utf8').on('data', chunk => {
			text += chunk;
		});
		socket.on('end', done);
		socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
	});
}

type Told = Omit<Running, 'socket'> & { readonly at?: string };

const isRunning = (value: Record<string, unknown> | undefined): value is Told & Record<string, unknown> =>
	typeof value?.pid === 'number' &&
	Array.isArray(value.fleets) &&
	value.fleets.every(name => typeof name === 'string') &&
	(value.recording === undefined || typeof value.recording === 'string') &&
	(value.at === undefined || typeof value.at === 'string');

function parsed(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}
