// The head of dist/cli.js. What follows it in that file are the parts of the program, each in a comment that a start steps
// over: a part is compiled when it is first asked for. The text of a function has its comments in it, so nothing is read
// again, and what is loaded late is of the file that was started, whatever became of it since. Without import and export
// the file is a module and a script alike: it runs by whatever name it is copied.
// What V8 has compiled is kept for the next start in a folder of the user's own, and read from no other: code that somebody
// else wrote would run as ours. Without that folder it is compiled each time.
(function redisTop() {
	'use strict';
	const builtin = process.getBuiltinModule;
	const { Script } = builtin('node:vm');
	// Name of a part → where it begins and ends behind the first comment, lines before it, whether it is masked.
	const parts = PARTS;
	const text = redisTop.toString();
	// Written so that it is not found itself.
	const start = text.search(/\*\x2f/) + 2;
	const loaded = new Map();
	const scripts = new Map();
	// In the binary: the code that V8 made of a part when it was built.
	const built = globalThis.redisTopCode;
	delete globalThis.redisTopCode;
	// The binary is called by its bare name where a shell has found it, which tells no place.
	const file = (built && !built.isMade ? undefined : process.argv[1]) ?? process.execPath;
	let hasBegun = false;
	let kept;

	/** Name → code, of earlier starts; undefined where none is to be kept. */
	const keptCode = () => {
		const { env, execArgv, argv, arch, version } = process;
		const user = process.getuid?.();
		// Flags of V8 would make it of no use.
		const isOff = env.NODE_DISABLE_COMPILE_CACHE || env.NODE_OPTIONS || execArgv.length > 0;
		const home = env.XDG_CACHE_HOME || env.HOME;
		if (built || isOff || user === undefined || user !== process.geteuid() || !home?.startsWith('/'))
			return undefined;
		const isText = argv.some(word =>
			/^(-b|--(batch|json|check|bigkeys|hotkeys|wait|runbook|metrics)\b)/.test(word),
		);
		const folder = `${home}${env.XDG_CACHE_HOME ? '' : '/.cache'}`;
		const fs = builtin('node:fs');
		const isOwn = status => status.uid === user && (status.mode & 0o022) === 0;
		const isOwnFolder = path => {
			const status = fs.lstatSync(path, { throwIfNoEntry: false });
			return status?.isDirectory() === true && isOwn(status);
		};
		const own = `${folder}/redis-top`;
		const name = `code-KEY-${version}-${arch}-${isText ? 'text' : 'live'}`;
		const codes = new Map();
		if (!isOwnFolder(home)) return undefined;
		if (isOwnFolder(folder) && isOwnFolder(own)) readCode();
		return { codes, write };

		function readCode() {
			let opened;
			try {
				opened = fs.openSync(`${own}/${name}`, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
				const status = fs.fstatSync(opened);
				if (!status.isFile() || !isOwn(status)) return;
				const bytes = fs.readFileSync(opened);
				const end = bytes.indexOf('}');
				let at = end + 1;
				const { sum, all } = JSON.parse(bytes.latin1Slice(0, end + 1));
				if (all.reduce((size, [, length]) => size + length, at) !== bytes.length) return;
				if (sampleOf(bytes.subarray(at)) !== sum) return;
				for (const [part, length] of all) {
					codes.set(part, bytes.subarray(at, at + length));
					at += length;
				}
			} catch {
				// It is not there, or not what it was.
			} finally {
				if (opened !== undefined) fs.closeSync(opened);
			}
		}

		function write() {
			const fresh = [...scripts].filter(([part]) => !codes.has(part));
			if (fresh.reduce((sum, [part]) => sum + parts[part][1] - parts[part][0], 0) < worthWriting) return;
			const partial = `${own}/${name}.${process.pid}`;
			try {
				fs.mkdirSync(own, { recursive: true, mode: 0o700 });
				if (!isOwnFolder(folder) || !isOwnFolder(own)) return;
				for (const [part, script] of fresh) codes.set(part, script.createCachedData());
				const bytes = Buffer.concat([...codes.values()]);
				const all = [...codes].map(([part, { length }]) => [part, length]);
				const head = JSON.stringify({ sum: sampleOf(bytes), all });
				fs.writeFileSync(partial, Buffer.concat([Buffer.from(head), bytes]), {
					flag: 'wx',
					mode: 0o600,
				});
				fs.renameSync(partial, `${own}/${name}`);
				for (const other of fs.readdirSync(own))
					if (/^code-/.test(other) && !other.startsWith('code-KEY-')) fs.unlinkSync(`${own}/${other}`);
			} catch {
				// The next start compiles it again.
				fs.rmSync(partial, { force: true });
			}
		}
	};
	/** Differs where a block of the file was lost: V8 does not look, and would run it. */
	const sampleOf = bytes => {
		let sum = 0;
		for (let at = 0; at < bytes.length; at += 64) sum = (sum * 31 + bytes[at]) | 0;
		return sum;
	};
	/** Characters of source. */
	const worthWriting = 30_000;

	const moduleUrl = () => builtin('node:url').pathToFileURL(builtin('node:fs').realpathSync(file)).href;

	const load = name => {
		const known = loaded.get(name);
		if (known) return known;
		const part = parts[name];
		if (!part) return builtin(name);
		// What answers at once has no use for it.
		if (hasBegun && kept === undefined) kept = keptCode() ?? false;
		const [from, to, lines, isMasked] = part;
		const slice = text.slice(start + from, start + to);
		const code = isMasked ? slice.replaceAll('\x7f', '') : slice;
		const place = { filename: file, lineOffset: lines, columnOffset: 2 };
		const cachedData = built ? built.of(name) : kept ? kept.codes.get(name) : undefined;
		const script = new Script(code, { ...place, cachedData });
		if (script.cachedDataRejected && kept) kept.codes.delete(name);
		scripts.set(name, script);
		const exports = {};
		loaded.set(name, exports);
		script.runInThisContext()(load, exports, moduleUrl);
		return exports;
	};
	load('entry');
	hasBegun = true;
	built?.isMade?.(scripts);
	const keep = code => {
		if (kept && code !== 70) kept.write();
		kept = false;
	};
	process.once('exit', keep);
	// V8 takes code back only under the flags that it was made with: redis/heap.ts calls this before it sets some.
	globalThis[Symbol.for('redis-top.keepCode')] = keep;
})();
