// What goes with --metrics, made from the program's own tables: alert rules from the thresholds, a Grafana dashboard from
// the metrics, a scrape configuration, a systemd unit. `npm run docs` writes them beside this file; test/monitoring.test.ts
// fails when one is stale, names a metric that there is none of, or is no file of its kind.

import { figureMetrics, type Metric, prefix, totalMetrics } from '../source/core/metric-names.ts';
import { exporterNames, keysName, keysWithTtlName } from '../source/core/prometheus/own-names.ts';
import { thresholds } from '../source/core/thresholds.ts';
import type { Threshold } from '../source/core/types.ts';
import { lateRefreshes, lateSeconds, ownMetrics, processMetrics } from '../source/output/metrics.ts';

/** A port that none of Prometheus's well-known exporters has. */
const port = 9399;

export const monitoringFiles = (): Readonly<Record<string, string>> => ({
	'redis-top-alerts.yml': alerts(),
	'redis-top-as-exporter.yml': asExporter(),
	'redis-top-scrape.yml': scrape,
	'redis-top-dashboard.json': `${JSON.stringify(dashboard(), null, '\t')}\n`,
	'redis-top.service': unit,
});

// ---------------------------------------------------------------------------------------------------------
// Alert rules

type Rule = {
	readonly name: string;
	readonly expr: string;
	readonly for?: string;
	readonly severity: string;
	readonly annotations: Readonly<Record<string, string>>;
};

const found = `${prefix.slice(0, -1)}:finding`;
const own = ownMetrics;

/**
 * Of a node redis-top names the worst three findings, of a fleet the worst of each: where no node has it by itself, the
 * fleet's stands for it. So nothing is missed, and most alerts name their node.
 */
const foundExpression = [
	`${own.finding.name} or (`,
	`  (${own.fleetFinding.name} > 0) unless on (job, instance, fleet, finding) (`,
	`    ${own.fleetFinding.name} == on (job, instance, fleet, finding)`,
	`    max by (job, instance, fleet, finding) (${own.finding.name})))`,
].join('\n');

const severityWords = '{{ if eq $value 2.0 }}critical{{ else }}warning{{ end }}';

const alertName = (id: string) =>
	`Redis${id.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase())}`;

/** A value in the words of its unit. */
const inWords = [
	'{{ $unit := . | first | label "unit" }}{{ $it := . | first | value }}',
	'{{ if eq $unit "ratio" }}{{ $it | humanizePercentage }}',
	'{{ else if eq $unit "seconds" }}{{ $it | humanizeDuration }}',
	'{{ else if eq $unit "bytes" }}{{ $it | humanize1024 }}B',
	'{{ else if eq $unit "per_second" }}{{ $it | humanize }}/s',
	'{{ else }}{{ $it | humanize }}{{ end }}',
].join('');

/** A figure beside the alert, asked when it fires. */
const asked = ({ name }: Metric, id: string) =>
	`{{ with printf "${name}{fleet=%q,node=%q,finding=\\"${id}\\"}" $labels.fleet $labels.node | query }}${inWords}{{ end }}`;

const ruleOf = ({ id, why }: Threshold): Rule => ({
	name: alertName(id),
	expr: `${found}{finding="${id}"} > 0`,
	severity: severityWords,
	annotations: {
		summary: `${id}: {{ with $labels.node }}{{ . }} of {{ end }}{{ $labels.fleet }}`,
		value: asked(own.value, id),
		limit: asked(own.limit, id),
		reason: why,
	},
});

/** Of redis-top itself: what it does not measure is not fine. */
const ownRules: readonly Rule[] = [
	{
		name: 'RedisTopDown',
		expr: 'up{job="redis-top"} == 0',
		for: '1m',
		severity: 'critical',
		annotations: {
			summary: 'redis-top {{ $labels.instance }} gives no metrics',
			reason: 'None of the other alerts can fire for the fleets that it watches.',
		},
	},
	{
		name: 'RedisTopLate',
		expr: `${own.age.name} > on (job, instance) group_left () (${lateRefreshes} * ${own.delay.name} + ${lateSeconds})`,
		severity: 'critical',
		annotations: {
			summary: 'redis-top {{ $labels.instance }} has not read {{ $labels.fleet }} in time',
			reason: 'It tells nothing of a fleet whose figures are old: none of the other alerts can fire for it.',
		},
	},
	{
		name: 'RedisTopUnmeasured',
		expr: `${own.unmeasured.name} > 0`,
		for: '1m',
		severity: 'warning',
		annotations: {
			summary: '{{ $value }} nodes of {{ $labels.fleet }} are not measured',
			reason: 'No reading of them is there and no finding speaks of them: nobody knows how they are.',
		},
	},
	{
		name: 'RedisFailover',
		expr: `increase(${own.failovers.name}[5m]) > 0`,
		severity: 'warning',
		annotations: {
			summary: 'failover ({{ $labels.kind }}) in {{ $labels.fleet }}',
			outage: `{{ with printf "${own.lastOutage.name}{fleet=%q}" $labels.fleet | query }}{{ . | first | value | humanizeDuration }}{{ end }}`,
			reason: 'Clients had no primary for as long as the outage says, and writes may be lost.',
		},
	},
];

/** A JSON string is one of YAML. */
const quoted = (text: string) => JSON.stringify(text);

function ruleText({ name, expr, severity, annotations, ...rule }: Rule): string {
	const lines = [
		`      - alert: ${name}`,
		`        expr: ${quoted(expr)}`,
		...(rule.for === undefined ? [] : [`        for: ${rule.for}`]),
		'        labels:',
		`          severity: ${quoted(severity)}`,
		'        annotations:',
		...Object.entries(annotations).map(([key, text]) => `          ${key}: ${quoted(text)}`),
	];
	return lines.join('\n');
}

const alerts = () =>
	`# Alerts of redis-top's findings, made from its table of limits: do not edit. A finding has held for its number of
# readings before it is one, so an alert waits for nothing more. Its limits are changed in redis-top's settings.
groups:
  - name: redis-top
    rules:
      - record: ${found}
        expr: ${quoted(foundExpression)}
${[...thresholds.map(ruleOf), ...ownRules].map(ruleText).join('\n')}
`;

// ---------------------------------------------------------------------------------------------------------
// The same figures under the names of redis_exporter

const labelled = (inner: string, to: string, from: string, pattern = '(.+)', value = '$1') =>
	`label_replace(${inner}, "${to}", "${value}", "${from}", "${pattern}")`;

/** `instance` is the node, `cluster` its fleet, as an exporter's targets have them. */
const ofInstance = (inner: string) => labelled(labelled(inner, 'instance', 'node'), 'cluster', 'fleet');

const infoExpression = [
	['role', 'role', 'primary', 'master'],
	['role', 'role', 'replica', 'slave'],
	['redis_version', 'version'],
	['tcp_port', 'node', '.*:([0-9]+)'],
].reduce((inner, [to, from, ...more]) => labelled(inner, to!, from!, ...more), ofInstance(own.info.name));

function asExporter(): string {
	const rules = [
		...Object.entries(exporterNames).map(([name, metric]) => [name, ofInstance(metric)] as const),
		['redis_db_keys', labelled(ofInstance(keysName), 'db', 'node', '.*', 'db0')] as const,
		['redis_db_keys_expiring', labelled(ofInstance(keysWithTtlName), 'db', 'node', '.*', 'db0')] as const,
		['redis_instance_info', infoExpression] as const,
	];
	const lines = rules.map(([name, expr]) => `      - record: ${name}\n        expr: ${quoted(expr)}`);
	return `# What redis-tops have measured under the names of redis_exporter, for a redis-top in front (--prometheus URL) and for
# dashboards that know no other. Not beside a redis_exporter of the same servers: they would be there twice.
groups:
  - name: redis-top-as-exporter
    rules:
${lines.join('\n')}
`;
}

// ---------------------------------------------------------------------------------------------------------
// Scrape configuration and unit

const scrape = `# For prometheus.yml. A node has at most 45 series, a fleet about 110.
rule_files:
  - redis-top-alerts.yml
scrape_configs:
  - job_name: redis-top
    # Findings and failovers are over in seconds; redis-top answers of what it has read already, a scrape costs no server.
    scrape_interval: 5s
    scrape_timeout: 5s
    static_configs:
      - targets: ["localhost:${port}"]
`;

const unit = `# redis-top as a service for Prometheus. Put settings with the fleets into /etc/redis-top/settings.json and the password
# of the user that redis-top logs in as into /etc/redis-top/password, mode 600.
[Unit]
Description=redis-top for Prometheus
Documentation=man:redis-top(1)
Wants=network-online.target
After=network-online.target

[Service]
LoadCredential=password:/etc/redis-top/password
LoadCredential=settings.json:/etc/redis-top/settings.json
ExecStart=/usr/bin/redis-top --metrics ${port} --config \${CREDENTIALS_DIRECTORY}/settings.json --user redis-top --passfile \${CREDENTIALS_DIRECTORY}/password @prod
Restart=always
RestartSec=5
# Terminated, as any program says it that caught the signal.
SuccessExitStatus=143
DynamicUser=yes
MemoryMax=1G
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0077

[Install]
WantedBy=multi-user.target
`;

// ---------------------------------------------------------------------------------------------------------
// Dashboard

type Panel = Readonly<Record<string, unknown>>;
type Target = { readonly expr: string; readonly legend: string };
type Placed = { readonly panels: readonly Panel[]; readonly y: number };

const source = { type: 'prometheus', uid: '$datasource' };
const ofFleet = '{fleet=~"$fleet"}';
const ofNode = '{fleet=~"$fleet",node=~"$node"}';

const unitsOfGrafana: readonly (readonly [ending: RegExp, unit: string])[] = [
	[/bytes_per_second$|_bytes_total$/, 'Bps'],
	[/_bytes$/, 'bytes'],
	[/cpu_ratio$|fragmentation_ratio$/, 'none'],
	[/_ratio$/, 'percentunit'],
	[/timestamp_seconds$/, 'dateTimeFromNow'],
	[/_seconds(_last_minute)?$/, 's'],
	[/_total$|_per_second$/, 'ops'],
];

const unitFor = (name: string) => unitsOfGrafana.find(([ending]) => ending.test(name))?.[1] ?? 'short';

/** A counter is drawn as its rate; the time of an event in milliseconds, as Grafana wants it. */
function drawn({ name, type }: Metric, where: string): string {
	if (type === 'counter') return `rate(${name}${where}[$__rate_interval])`;
	return name.endsWith('timestamp_seconds') ? `${name}${where} * 1000` : `${name}${where}`;
}

const panel = (
	title: string,
	type: string,
	targets: readonly Target[],
	more: {
		readonly unit?: string;
		readonly about?: string;
		readonly options?: object;
		readonly mappings?: object;
	} = {},
): Panel => ({
	title,
	type,
	description: more.about ?? '',
	datasource: source,
	fieldConfig: {
		defaults: { unit: more.unit ?? 'short', ...(more.mappings && { mappings: [more.mappings] }) },
		overrides: [],
	},
	options: more.options ?? {},
	targets: targets.map(({ expr, legend }, index) => ({
		refId: String.fromCharCode(65 + index),
		datasource: source,
		expr,
		legendFormat: legend,
		...(type === 'table' && { format: 'table', instant: true }),
	})),
});

const chartOf = (metric: Metric, where: string, legend: string): Panel =>
	panel(
		metric.name
			.slice(prefix.length)
			.replace(/_total$/, '')
			.replaceAll('_', ' '),
		'timeseries',
		[{ expr: drawn(metric, where), legend }],
		{ unit: unitFor(metric.name), about: metric.about },
	);

const severities = {
	type: 'value',
	options: {
		0: { text: 'ok', color: 'green' },
		1: { text: 'warning', color: 'orange' },
		2: { text: 'critical', color: 'red' },
	},
};

/** So many side by side, of 24 columns. */
function placed(from: number, width: number, height: number, panels: readonly Panel[]): Placed {
	const each = Math.floor(24 / width);
	const at = panels.map((one, index) => ({
		...one,
		gridPos: { x: (index % each) * width, y: from + Math.floor(index / each) * height, w: width, h: height },
	}));
	return { panels: at, y: from + Math.ceil(panels.length / each) * height };
}

const row = (title: string, y: number): Placed => ({
	panels: [{ type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: 1 } }],
	y: y + 1,
});

const fleetStats: readonly Panel[] = [
	panel(
		'worst finding',
		'stat',
		[{ expr: `max by (fleet) (${own.fleetFinding.name}${ofFleet})`, legend: '{{fleet}}' }],
		{
			mappings: severities,
			options: { colorMode: 'background' },
			about: own.fleetFinding.about,
		},
	),
	panel('nodes', 'stat', [
		{ expr: `sum by (fleet) (${own.up.name}${ofFleet})`, legend: '{{fleet}} up' },
		{ expr: `${own.nodes.name}${ofFleet}`, legend: '{{fleet}} all' },
		{ expr: `${own.unmeasured.name}${ofFleet}`, legend: '{{fleet}} not measured' },
	]),
	panel('slots covered', 'stat', [{ expr: `${own.slots.name}${ofFleet}`, legend: '{{fleet}}' }]),
	panel('views', 'stat', [
		{ expr: `${own.agreeing.name}${ofFleet}`, legend: '{{fleet}} agreeing' },
		{ expr: `${own.asked.name}${ofFleet}`, legend: '{{fleet}} asked' },
	]),
];

const findingTable = panel('findings now', 'table', [{ expr: `${own.finding.name}${ofFleet}`, legend: '' }], {
	mappings: severities,
	about: own.finding.about,
});

const verdicts = panel(
	'verdict of each node',
	'state-timeline',
	[{ expr: `${own.verdict.name}${ofNode}`, legend: '{{node}}' }],
	{
		mappings: severities,
		about: own.verdict.about,
	},
);

const failoverPanels: readonly Panel[] = [
	panel(
		'failovers',
		'timeseries',
		[{ expr: `${own.failovers.name}${ofFleet}`, legend: '{{fleet}} {{kind}}' }],
		{
			about: own.failovers.about,
		},
	),
	panel(
		'outage of the last failover',
		'stat',
		[{ expr: `${own.lastOutage.name}${ofFleet}`, legend: '{{fleet}}' }],
		{
			unit: 's',
			about: own.lastOutage.about,
		},
	),
	panel(
		'outage, all failovers',
		'timeseries',
		[{ expr: `${own.outage.name}_sum${ofFleet}`, legend: '{{fleet}}' }],
		{
			unit: 's',
			about: own.outage.about,
		},
	),
	panel('under way', 'state-timeline', [{ expr: `${own.underWay.name}${ofFleet}`, legend: '{{fleet}}' }], {
		about: own.underWay.about,
	}),
	panel(
		'events',
		'timeseries',
		[{ expr: `increase(${own.events.name}${ofFleet}[$__rate_interval]) > 0`, legend: '{{fleet}} {{kind}}' }],
		{ about: own.events.about },
	),
];

const ownPanels: readonly Panel[] = [
	...[own.age, own.costCommands, own.costServer, own.costBytes].map(metric =>
		chartOf(metric, ofFleet, '{{fleet}}'),
	),
	...[processMetrics.cpu, processMetrics.memory].map(metric => ({
		...chartOf(metric, '{job="redis-top"}', '{{instance}}'),
		title: metric === processMetrics.cpu ? 'CPU of redis-top' : 'memory of redis-top',
	})),
];

function panels(): readonly Panel[] {
	const all: Panel[] = [];
	let y = 0;
	const add = (make: (from: number) => Placed) => {
		const made = make(y);
		all.push(...made.panels);
		y = made.y;
	};
	add(from => row('Fleet', from));
	add(from => placed(from, 6, 4, fleetStats));
	add(from => placed(from, 24, 7, [findingTable]));
	add(from =>
		placed(
			from,
			8,
			7,
			[...totalMetrics.values()].map(metric => chartOf(metric, ofFleet, '{{fleet}}')),
		),
	);
	add(from => row('Failovers', from));
	add(from => placed(from, 8, 7, failoverPanels));
	add(from => row('Nodes', from));
	add(from => placed(from, 24, 9, [verdicts]));
	add(from =>
		placed(
			from,
			8,
			7,
			[...figureMetrics.values()].map(metric => chartOf(metric, ofNode, '{{node}}')),
		),
	);
	add(from => row('redis-top', from));
	add(from => placed(from, 8, 7, ownPanels));
	return all.map((one, index) => ({ id: index + 1, ...one }));
}

const variable = (name: string, label: string, query: string) => ({
	...{ name, label, type: 'query', datasource: source, query: { query, refId: name }, definition: query },
	...{ includeAll: true, multi: true, refresh: 2, sort: 1, current: { text: 'All', value: '$__all' } },
});

const dashboard = () => ({
	title: 'redis-top',
	uid: 'redis-top',
	description: 'Made from the tables of redis-top: the fleet, its nodes, its failovers',
	tags: ['redis', 'valkey'],
	schemaVersion: 38,
	version: 1,
	editable: true,
	refresh: '10s',
	time: { from: 'now-1h', to: 'now' },
	timezone: 'browser',
	templating: {
		list: [
			{
				name: 'datasource',
				label: 'Prometheus',
				type: 'datasource',
				query: 'prometheus',
				current: {},
				refresh: 1,
			},
			variable('fleet', 'fleet', `label_values(${own.fleet.name}, fleet)`),
			variable('node', 'node', `label_values(${own.info.name}${ofFleet}, node)`),
		],
	},
	annotations: {
		list: [
			{
				name: 'failovers',
				datasource: source,
				enable: true,
				iconColor: 'red',
				expr: `${own.lastFailover.name}${ofFleet} * 1000`,
				useValueForTime: true,
				titleFormat: 'failover',
				textFormat: '{{fleet}}',
			},
		],
	},
	panels: panels(),
});
