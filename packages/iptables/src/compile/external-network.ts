import type { DesiredNetwork } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import { from, inBy, notOutBy, outBy, to } from '../model/build.ts'
import type { Match } from '../model/option/match.ts'
import { addressLiteral, prefixLiteral } from './literals.ts'

/**
 * What tells the packets of a network's containers beside its bridge: a rule is made for each list of matches. Nothing
 * does on a bridge of ours. On a bridge of others their addresses do, as no rule of ours is for the containers and guests
 * of others.
 */
export interface Members {
  /** What leaves by the bridge, on its way to them. */
  readonly to: readonly (readonly Match[])[]
  readonly from: readonly (readonly Match[])[]
  /** What comes in by the bridge and leaves it. */
  readonly away: readonly (readonly Match[])[]
}

/** All that a bridge of ours carries. What it switches is decided on before its rules ask for what leaves. */
export const whole = ({ bridge }: DesiredNetwork): Members => ({
  to: [[outBy(bridge)]],
  from: [[]],
  away: [[inBy(bridge)]],
})

/** The containers of ours on a bridge of others. What the bridge switches is not ours to judge. */
export const joined = (
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
