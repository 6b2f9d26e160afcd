import type { DesiredNetwork } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { from, inBy, notOutBy, outBy, to } from '../model/build.ts'
import type { Match } from '../model/option/match.ts'
import { addressLiteral, prefixLiteral } from './literals.ts'

/**
 * The matches, besides the bridge, that tell the packets of a network's containers. One rule is made for each list of
 * matches. On our own bridge no further match is needed. On a foreign bridge the containers' addresses are matched, so
 * that no rule of ours applies to foreign containers or guests.
 */
export interface Members {
  /** Packets to the containers, leaving by the bridge. */
  readonly to: readonly (readonly Match[])[]
  readonly from: readonly (readonly Match[])[]
  /** Packets from the containers that came in by the bridge and leave by another interface. */
  readonly away: readonly (readonly Match[])[]
}

/** The matches on our own bridge. Packets within the bridge are decided on before the rules for leaving packets. */
export const ownBridgeMembers = ({ bridge }: DesiredNetwork): Members => ({
  to: [[outBy(bridge)]],
  from: [[]],
  away: [[inBy(bridge)]],
})

/** The matches for our containers on a foreign bridge. Packets within the bridge are left alone. */
export const foreignBridgeMembers = (
  { bridge }: DesiredNetwork,
  family: Family,
  addresses: ReadonlySet<string>,
): Members => {
  const hosts = [...addresses].flatMap(
    (address) => prefixLiteral(addressLiteral(address, family), family) ?? [],
  )
  return {
    to: hosts.map((host) => [to(host), outBy(bridge)]),
    from: hosts.map((host) => [from(host)]),
    away: hosts.map((host) => [from(host), inBy(bridge), notOutBy(bridge)]),
  }
}
