// The Prometheus of each fleet, as the command line and the settings name it: how it is reached, who we are there, and which
// series are the fleet's. Loaded where one is named.

import { readFileSync } from 'node:fs';
import type { PrometheusFleets } from '../engine.ts';
import { type Flags, firstLine } from '../flags.ts';
import { createPrometheus, type Login, type OnAsked, type PrometheusClient } from '../prometheus/client.ts';
import { createFleetSource } from '../prometheus/fleet-source.ts';
import { createHistory, type History, type HistorySettings } from '../prometheus/history.ts';
import type { DialSettings, TlsSettings } from '../redis/dial.ts';
import type { Settings, SettingsPrometheus } from '../settings.ts';

/** What is said of the Prometheus of a fleet; undefined where none is. */
export function settingsOf(flags: Flags, settings: Settings, fleet: string): SettingsPrometheus | undefined {
	const told = settings.prometheus ?? {};
	const own = Object.hasOwn(told, fleet) ? told[fleet] : told['*'];
	const url = flags.prometheus?.url ?? own?.url;
	return url === undefined ? undefined : { ...own, url };
}

/** A client for a fleet with a Prometheus. */
export function clientFor(
	flags: Flags,
	own: SettingsPrometheus,
	onAsked: OnAsked | undefined,
): PrometheusClient {
	return createPrometheus({
		url: own.url!,
		...(onAsked && { onAsked }),
		login: () => loginOf(flags, own),
		tls: tlsOf(flags, own),
		...(flags.via !== undefined && { via: flags.via }),
	});
}

export const historyOf = (client: PrometheusClient, { match, node }: HistorySettings): History =>
	createHistory(client, { match, node });

export type PrometheusEvents = {
	readonly onTrouble: PrometheusFleets['onTrouble'];
	readonly onAsked?: OnAsked;
};

/** All that it knows, as fleets; servers are reached by `dial`. */
export function fleetsFrom(
	flags: Flags,
	own: SettingsPrometheus,
	dial: DialSettings,
	{ onTrouble, onAsked }: PrometheusEvents,
): PrometheusFleets {
	const { match, node, groups } = own;
	return {
		open: events =>
			createFleetSource({
				...events,
				client: clientFor(flags, own, onAsked),
				settings: { match, node, groups },
			}),
		...{ dial, hasEarlier: flags.mode === 'live', onTrouble },
	};
}

/** As the files are now; one that cannot be read at this moment is no login. */
function loginOf({ prometheus }: Flags, own: SettingsPrometheus): Login {
	const isNamed = prometheus?.user !== undefined || prometheus?.bearerFile !== undefined;
	const { user, passfile, bearerFile } = isNamed
		? prometheus
		: { user: own.user, passfile: own.passfile, bearerFile: own.bearer };
	if (bearerFile !== undefined) return { bearer: lineOf(bearerFile) };
	return { user, password: lineOf(passfile) ?? (isNamed ? prometheus.password : undefined) };
}

function lineOf(path: string | undefined): string | undefined {
	try {
		return path === undefined ? undefined : firstLine(readFileSync(path)) || undefined;
	} catch {
		return undefined;
	}
}

/** As for servers; what the settings name for it goes before. */
function tlsOf(flags: Flags, own: SettingsPrometheus): TlsSettings {
	const file = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path));
	return {
		ca: file(own.cacert) ?? flags.ca,
		cert: file(own.cert) ?? flags.cert,
		key: file(own.key) ?? flags.key,
		serverName: own.sni,
		ciphers: flags.ciphers,
		isInsecure: own.insecure ?? flags.isInsecure,
	};
}
