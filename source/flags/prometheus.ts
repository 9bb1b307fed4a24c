// --prometheus and its login, and fleets that it names; --metrics for one that scrapes us.

import { wrong } from '../flag-words.ts';
import { readPrometheusUrl } from '../prometheus-url.ts';
import { passwordIn } from './connection.ts';
import { dashed, type Given, type Mode, namesServer, readNamed, type Text } from './given.ts';

export type PrometheusFlags = {
	/** Without user and password. */
	readonly url: string;
	readonly user?: string;
	/** Of the URL. */
	readonly password?: string;
	/** Files that are read for each question. */
	readonly passfile?: string;
	readonly bearerFile?: string;
};

export type Metrics = { readonly host?: string; readonly port: number };

const prometheusFlags = ['prometheusUser', 'prometheusPassfile', 'prometheusBearer'] as const;

export function prometheusOf(text: Text): PrometheusFlags | undefined {
	const url = text('prometheus');
	const alone = prometheusFlags.find(name => text(name) !== undefined);
	if (url === undefined)
		return alone ? wrong(`--${dashed(alone)} is for --prometheus URL: add it`) : undefined;
	const other = ['replay', 'demo'].find(name => text(name) !== undefined);
	if (other) wrong(`--prometheus is for live servers: leave it out with --${other}`);
	const read = readPrometheusUrl(url);
	if ('problem' in read) return wrong(`--prometheus: ${read.problem}`);
	const [user, passfile, bearerFile] = prometheusFlags.map(text);
	if (bearerFile !== undefined && (user ?? passfile ?? read.user) !== undefined)
		wrong('--prometheus-bearer is a login of its own: leave out the user');
	if (user !== undefined && read.user !== undefined)
		wrong('--prometheus-user is in the URL too: give it once');
	passwordIn(readNamed('prometheus-passfile', passfile), passfile, 'prometheus-passfile');
	readNamed('prometheus-bearer', bearerFile);
	return { ...read, user: user ?? read.user, passfile, bearerFile };
}

/** What asks the servers themselves needs one. */
export function checkFromPrometheus(given: Given, text: Text): void {
	const { flags } = given;
	if (namesServer(given, text))
		wrong('--from prometheus has the nodes that it knows: leave out the address, or --from');
	if (text('demo') !== undefined) wrong('--from prometheus is for live servers: leave it out with --demo');
	const other =
		['bigkeys', 'hotkeys'].find(name => flags[name] === true) ??
		['wait', 'runbook', 'record', 'metrics'].find(name => text(name) !== undefined);
	if (other) wrong(`--${other} asks the servers, not Prometheus: add the address of one`);
}

/** What is scraped is watched for longer than once, and now. */
export function metricsOf({ flags }: Given, text: Text, mode: Mode | undefined): Metrics | undefined {
	const value = text('metrics');
	if (value === undefined) return undefined;
	const scan = ['bigkeys', 'hotkeys'].find(name => flags[name] === true);
	const other =
		mode === 'check' || mode === 'wait'
			? mode
			: (scan ?? ['replay', 'runbook'].find(name => text(name) !== undefined));
	if (other) wrong(`--metrics is for live servers that are watched: leave it out with --${other}`);
	const [, host, port = ''] = /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d+)$/i.exec(value) ?? [];
	if (port === '' || Number(port) > 65_535)
		wrong(`--metrics ${value}: must be [HOST:]PORT, like 9399, 0.0.0.0:9399 or [::]:9399`);
	return { ...(host !== undefined && { host: host.replace(/^\[|\]$/g, '') }), port: Number(port) };
}
