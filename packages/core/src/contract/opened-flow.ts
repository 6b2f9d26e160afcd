import { type Family, type Protocol, prefixContains } from '@portolan/netfilter'
import type { DesiredNetwork, DesiredState, OpeningSource } from './desired-state.ts'
import { holds, subnetOf } from './home.ts'
import { openingsOf, opensPort } from './openings.ts'

/** The parts of `reach`'s flow that openings depend on. */
interface DirectFlow {
  readonly family: Family
  readonly protocol: Protocol | 'echo-request'
  readonly from:
    | { readonly kind: 'machine'; readonly address: string; readonly interface: string }
    | { readonly kind: 'host'; readonly address: string | null }
    | { readonly kind: 'container'; readonly network: string; readonly address: string }
  readonly to: { readonly address: string; readonly port: number }
}

const isNamed = (desired: DesiredState, { family, from }: DirectFlow, named: OpeningSource): boolean => {
  if (from.kind === 'host') return false
  if (from.kind === 'machine')
    return (
      (named.kind === 'interface' && named.name === from.interface) ||
      (named.kind === 'prefix' && prefixContains(named.prefix, from.address))
    )
  if (named.kind !== 'network' && named.kind !== 'container') return false
  if (named.network !== from.network) return false
  if (named.kind === 'container') return named.address === from.address
  // An address outside the network's subnet belongs to no container there. A container that routes for others opens
  // nothing to them.
  const home = desired.networks.find(({ name }) => name === from.network)
  return home !== undefined && holds(subnetOf(home, family), from.address)
}

/**
 * Whether `links` or `reachable_from` opens a container's own address to a flow. The caller has ruled out a forged
 * source.
 */
export const isOpened = (desired: DesiredState, flow: DirectFlow, network: DesiredNetwork): boolean =>
  openingsOf(desired, network, flow.family).some(
    (opening) =>
      (opening.address === null || opening.address === flow.to.address) &&
      opensPort(opening, flow.protocol, flow.to.port) &&
      isNamed(desired, flow, opening.from),
  )
