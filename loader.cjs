// The head of dist/cli.js. What follows it in that file are the parts of the program, each in a comment that a start steps
// over: a part is compiled when it is first asked for. The text of a function has its comments in it, so nothing is read
// again, and what is loaded late is of the file that was started, whatever became of it since. Without import and export
// the file is a module and a script alike: it runs by whatever name it is copied.
(function redisTop() {
	'use strict';
	const builtin = process.getBuiltinModule;
	const { Script } = builtin('node:vm');
	// Name of a part → where it begins and ends behind the first comment, lines before it, whether it is masked.
	const parts = PARTS;
	const file = process.argv[1] ?? process.execPath;
	const text = redisTop.toString();
	// Written so that it is not found itself.
	const start = text.search(/\*\x2f/) + 2;
	const loaded = new Map();
	// In the binary: the code that V8 made of a part when it was built.
	const made = globalThis.redisTopCode;
	delete globalThis.redisTopCode;
	const moduleUrl = () => builtin('node:url').pathToFileURL(builtin('node:fs').realpathSync(file)).href;

	const load = name => {
		const known = loaded.get(name);
		if (known) return known;
		const part = parts[name];
		if (!part) return builtin(name);
		const [from, to, lines, isMasked] = part;
		const slice = text.slice(start + from, start + to);
		const code = isMasked ? slice.replaceAll('\x7f', '') : slice;
		const place = { filename: file, lineOffset: lines, columnOffset: 2 };
		const script = new Script(code, { ...place, cachedData: made?.of(name) });
		made?.compiled?.(name, script);
		const exports = {};
		loaded.set(name, exports);
		script.runInThisContext()(load, exports, moduleUrl);
		return exports;
	};
	load('entry');
})();
