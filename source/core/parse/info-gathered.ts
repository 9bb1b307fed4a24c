// What one pass over INFO gathers, line by line: fields as the table has them, and what is only put together at the end
// (info-joined.ts).

import { type CommandStat, type Database, infoFields, type JoinedInfo, type ReplicaLine } from '../info.ts';
import { shapeOf } from '../shape.ts';
import type { Value } from './info-values.ts';

/** What is joined, for each its name. */
const joinedNames = Object.keys({
	...{ server: 1, unknownServer: 1, version: 1, compatibleVersion: 1, service: 1, mode: 1 },
	...{ luaBytes: 1, scriptsBytes: 1, modules: 1, role: 1, isActiveReplica: 1, primary: 1 },
	...{ otherPrimaries: 1, isLinkUp: 1, replicas: 1, errors: 1, errorsStopped: 1, databases: 1 },
	...{ commands: 1, exact: 1 },
} satisfies Record<keyof JoinedInfo, 1>);

export const blankInfo: Readonly<Record<string, undefined>> = shapeOf([
	...new Set([...Object.keys(infoFields), ...joinedNames]),
]);

/** What one pass gathers. Maps and not objects: names come from the server, and one may be `__proto__`. */
export type Gathered = {
	readonly fields: Record<string, Value>;
	readonly exact: Record<string, bigint>;
	readonly ingredients: Map<string, string>;
	readonly identity: Map<string, string>;
	otherPrimaries: Map<string, string>;
	replicas: Map<string, ReplicaLine>;
	databases: Map<string, Database>;
	errors: Map<string, number | undefined>;
	commands: Map<string, CommandStat>;
	modules: string[];
	hasErrors: boolean;
	hasMoreErrors: boolean;
	hasKeyspace: boolean;
	hasModules: boolean;
};

export const noIngredients = () => ({
	ingredients: new Map<string, string>(),
	identity: new Map<string, string>(),
});

export const nothingListed = () => ({
	otherPrimaries: new Map<string, string>(),
	replicas: new Map<string, ReplicaLine>(),
	databases: new Map<string, Database>(),
	errors: new Map<string, number | undefined>(),
	commands: new Map<string, CommandStat>(),
	modules: [],
	hasErrors: false,
	hasMoreErrors: false,
	hasKeyspace: false,
	hasModules: false,
});
