import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { HostFacts } from '@portolan/netfilter'
import type { DesiredNetwork } from './desired-state.ts'

/**
 * Locally administered, and none that an endpoint has of its address (02:42), Docker's containers too: a former gateway's
 * address may come to be an endpoint's.
 */
const firstByte = '06'

/**
 * The MAC of a network's bridge: a bridge that was deleted and comes back has the same one, so what its containers know of
 * their gateway stays true. Two hosts whose bridges are on one link have different ones, by the machine id, or where a host
 * has none, by their gateways.
 *
 * @param facts - of the host that the bridge is on
 * @example
 * bridgeMac('shop', { name: 'web', ip: null, ip6: null }, { machineId: 'here' }) // '06:02:6f:73:31:3a'
 * @public @since 0.1.0
 */
export const bridgeMac = (
  project: string,
  { name, ip, ip6 }: Pick<DesiredNetwork, 'name' | 'ip' | 'ip6'>,
  { machineId = '' }: Pick<HostFacts, 'machineId'>,
): string => {
  const host = machineId.trim() || [ip, ip6].map((subnet) => subnet?.gateway ?? null)
  const digest = sha256(utf8ToBytes(JSON.stringify([host, project, name])))
  return [firstByte, ...Array.from(digest.slice(0, 5), byteText)].join(':')
}

const byteText = (byte: number): string => byte.toString(16).padStart(2, '0')
