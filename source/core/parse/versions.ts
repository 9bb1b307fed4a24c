// `7.2.4` → numbers. What a server's version means is for whoever asks.

/** The first two numbers; NaN where there is none. */
export function versionOf(text: string | undefined): { readonly major: number; readonly minor: number } {
	const [major = Number.NaN, minor = 0] = (text ?? 'none').split('.').map(Number);
	return { major, minor };
}
