// What only a runbook asks of INFO, read from its text when one is opened: the allocator, the configuration file, and
// whether expiry keeps up. A fleet's refresh carries none of it; unknown fields are left out, as everywhere.

export type InfoExtras = {
	/** mem_allocator: `jemalloc-5.3.0`, `libc`. */
	readonly allocator?: string;
	/** config_file: empty where the server was started without one. */
	readonly configFile?: string;
	/** expired_stale_perc as a share. */
	readonly expiredStaleShare?: number;
	/** expired_time_cap_reached_count, since the server started. */
	readonly expiryCaps?: number;
};

/** INFO as it came. Never throws, whatever the text. */
export function parseInfoExtras(text: string): InfoExtras {
	const percent = numberIn(text, 'expired_stale_perc');
	return {
		...textOf(text, 'mem_allocator', 'allocator'),
		...textOf(text, 'config_file', 'configFile'),
		...(percent !== undefined && { expiredStaleShare: percent / 100 }),
		...expiryCapsOf(text),
	};
}

function expiryCapsOf(text: string): Pick<InfoExtras, 'expiryCaps'> {
	const expiryCaps = numberIn(text, 'expired_time_cap_reached_count');
	return expiryCaps === undefined ? {} : { expiryCaps };
}

const longestValue = 4096;

function textOf<Field extends string>(text: string, name: string, field: Field): { [F in Field]?: string } {
	const value = valueIn(text, name);
	return value === undefined ? {} : ({ [field]: value } as { [F in Field]?: string });
}

function numberIn(text: string, name: string): number | undefined {
	const value = valueIn(text, name);
	return value !== undefined && /^\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}

/** The value of the first line `name:value`; undefined where there is none. */
function valueIn(text: string, name: string): string | undefined {
	const start = text.startsWith(`${name}:`) ? 0 : text.indexOf(`\n${name}:`) + 1;
	if (start === 0 && !text.startsWith(`${name}:`)) return undefined;
	const from = start + name.length + 1;
	const end = text.indexOf('\n', from);
	return text.slice(from, Math.min(end < 0 ? text.length : end, from + longestValue)).replace(/\r$/, '');
}
