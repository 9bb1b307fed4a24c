// What a Sentinel answers about its masters → SentinelMaster and its parts. SENTINEL MASTERS, REPLICAS and SENTINELS
// reply arrays of flat name-value arrays; CKQUORUM replies a status line, or an error line when the quorum is lost, which
// is a measurement like any other. One Sentinel's opinion, never the truth: comparing several is not done here.

import { asCount, asText, isArray, isError, pairsOf } from '../reply.ts';
import { printable, printableText } from '../text/printable.ts';
import type { Reply, SentinelMaster, SentinelPeer } from '../types.ts';
import { addressOf, placelessName } from './parse-address.ts';

/** SENTINEL MASTERS; undefined when the reply is no list, so that "none" is not mistaken for "not told". */
export function parseSentinelMasters(reply: Reply): SentinelMaster[] | undefined {
	return isArray(reply) ? reply.flatMap(entry => parseMaster(entry) ?? []) : undefined;
}

function parseMaster(reply: Reply): SentinelMaster | undefined {
	const pairs = pairsOf(reply);
	const name = pairs.get('name');
	if (!name) return undefined;
	// Without an address, for its host name does not resolve, it is known by the name that the Sentinels have for it.
	const peer = peerOf(pairs, name);
	return {
		name: printable(name),
		...peer,
		quorum: asCount(pairs.get('quorum')),
		replicaCount: asCount(pairs.get('num-slaves')),
		otherSentinels: asCount(pairs.get('num-other-sentinels')),
		configEpoch: asCount(pairs.get('config-epoch')),
		failoverState: textIn(pairs, 'failover-state'),
		downAfterMilliseconds: asCount(pairs.get('down-after-milliseconds')),
		failoverTimeoutMilliseconds: asCount(pairs.get('failover-timeout')),
	};
}

/** SENTINEL REPLICAS or SENTINEL SENTINELS; undefined when the reply is no list. */
export function parseSentinelPeers(reply: Reply): SentinelPeer[] | undefined {
	if (!isArray(reply)) return undefined;
	return reply.flatMap(entry => {
		const pairs = pairsOf(entry);
		const name = nameIn(pairs);
		return name ? [peerOf(pairs, name)] : [];
	});
}

/** What a replica or a Sentinel without an address is known by: `10.0.0.1:0` as its primary has it too, else its id. */
function nameIn(pairs: ReadonlyMap<string, string>): string | undefined {
	const [ip, port] = [pairs.get('ip'), pairs.get('port')];
	return ip && port ? `${ip}:${port}` : pairs.get('runid') || pairs.get('name');
}

function peerOf(pairs: ReadonlyMap<string, string>, name: string): SentinelPeer {
	const address = addressOf(pairs.get('ip'), pairs.get('port')) ?? placelessName(name);
	const flags = (pairs.get('flags') ?? '').split(',').filter(flag => flag !== '');
	return {
		address,
		runId: textIn(pairs, 'runid'),
		flags: flags.map(flag => printable(flag)),
		...(flags.includes('s_down') && { downMilliseconds: asCount(pairs.get('s-down-time')) }),
		// A ping that waits for its answer, or never had one, leaves it open.
		...(pairs.get('last-ping-sent') === '0' && {
			okPingMilliseconds: asCount(pairs.get('last-ok-ping-reply')),
		}),
	};
}

function textIn(pairs: ReadonlyMap<string, string>, name: string): string | undefined {
	const text = pairs.get(name);
	return text ? printable(text) : undefined;
}

/** SENTINEL CKQUORUM; nothing when it says neither that the quorum can be reached nor that it cannot. */
export function parseCkquorum(reply: Reply): Pick<SentinelMaster, 'isQuorumReachable' | 'quorumText'> {
	const isLost = isError(reply) && typeof reply.error === 'string' && reply.error.startsWith('NOQUORUM');
	if (isLost) return { isQuorumReachable: false, quorumText: printableText(reply.error) };
	const text = asText(reply);
	return text?.startsWith('OK') ? { isQuorumReachable: true, quorumText: printable(text) } : {};
}
