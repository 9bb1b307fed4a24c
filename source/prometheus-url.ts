// The URL of a Prometheus as people type it. User and password in it are taken out, so that it can be shown; what is wrong
// is said without them.

export type PrometheusUrl = { readonly url: string; readonly user?: string; readonly password?: string };

export function readPrometheusUrl(text: string): PrometheusUrl | { readonly problem: string } {
	const wanted = 'must be http://HOST:9090 or https://…';
	if (!/^https?:\/\//i.test(text)) return { problem: text.includes('@') ? wanted : `${text}: ${wanted}` };
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		return { problem: `not a URL: ${wanted}` };
	}
	try {
		const [user, password] = [url.username, url.password].map(each => decodeURIComponent(each) || undefined);
		// With /api/v1 as one might copy it, or without.
		const path = url.pathname.replace(/\/+$/, '').replace(/\/(graph|query|api\/v1)$/, '');
		return { url: `${url.protocol}//${url.host}${path}`, user, password };
	} catch {
		return { problem: 'a % in user or password must be written %25' };
	}
}
