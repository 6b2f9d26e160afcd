import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { HostFacts } from '@portolan/netfilter'
import type { DesiredNetwork } from './desired-state.ts'

/**
 * A locally administered first byte. Endpoints, and containers of Docker, derive their MAC from their address, with
 * 02:42 in front. A bridge must stay out of that range: the address of a former gateway may later be an endpoint's.
 */
const firstByte = '06'

/**
 * The MAC of a network's bridge. It is derived from names, so a bridge that is deleted and made again has the same MAC
 * and the neighbour entries of its containers stay true. Two hosts with bridges on one link get different MACs, by
 * their machine ids. A host without a machine id uses its gateways instead.
 *
 * @param facts - the facts of the host that the bridge is on
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
