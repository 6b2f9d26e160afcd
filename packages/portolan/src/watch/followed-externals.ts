import type { DesiredNetwork, DesiredState } from '@portolan/core'
import { type HostFacts, IntentError, PortolanError } from '@portolan/netfilter'
import { outcomeOf } from './failure-of.ts'
import type { DriftChange } from './host-event.ts'

/**
 * The external networks of a project. Their engines may delete them and create them again with another bridge or
 * subnet.
 */
export interface FollowedExternals {
  /**
   * Looks at the bridges of the external networks. The records of the engines are read only when a bridge changed since
   * the last look, or when a missing network was reported.
   *
   * @returns the networks that changed, and the error of a missing network. While one is missing, no plan can be made
   * and the rules stay. The error is returned until it was reported
   */
  look(desired: DesiredState, facts: HostFacts): Promise<ExternalsNow>
  /** Tells whether the last look found a network missing. */
  areMissing(): boolean
  /**
   * Tells whether an error about a missing network was reported before, and marks it as reported. A look, a repair and
   * a search for conflicts each meet that error. While the owner deletes the network, each may word it differently.
   */
  wasReported(error: unknown): boolean
}

export interface ExternalsNow {
  readonly moved: readonly DriftChange[]
  readonly missing: PortolanError | null
}

export const asTheyWere: ExternalsNow = { moved: [], missing: null }

/** @param planAnew - makes the desired state again, from the host as it is now */
export const followExternals = (planAnew: () => Promise<DesiredState>): FollowedExternals => {
  /** The bridges at the last look that found every network as desired. */
  let known: string | null = null
  let hasAny = false
  let isMissing = false
  /** The error that was reported for a missing network; null: none was, or the network is back. */
  let reported: string | null = null
  return {
    look: async (desired, facts) => {
      const external = desired.networks.filter((network) => network.external)
      const stamp = stampOf(external, facts)
      hasAny = external.length > 0
      // After a report of a missing network the bridge alone proves nothing: it may outlive the record of its engine.
      if (!hasAny || (stamp === known && reported === null)) {
        isMissing = false
        reported = null
        return asTheyWere
      }
      const now = await outcomeOf(planAnew())
      isMissing = now instanceof PortolanError
      if (now instanceof PortolanError)
        return { moved: [], missing: reported === identityOf(now) ? null : now }
      reported = null
      const moved = external.flatMap((network) => changeOf(network, now))
      if (moved.length === 0) known = stamp
      return { moved, missing: null }
    },
    areMissing: () => isMissing,
    wasReported: (error) => {
      if (!hasAny || !(error instanceof IntentError)) return false
      const before = reported
      reported = identityOf(error)
      return reported === before
    },
  }
}

/** Identifies an error. The place where the text names the network stays the same while the message changes. */
const identityOf = (error: PortolanError): string =>
  error instanceof IntentError && error.line !== null
    ? `${error.source}:${error.line}:${error.column}`
    : error.message

const stampOf = (external: readonly DesiredNetwork[], { interfaces = [] }: HostFacts): string =>
  JSON.stringify(
    external.map((network) => {
      const link = interfaces.find(({ name }) => name === network.bridge)
      return [placeOf(network), link?.index, link?.alias, link?.addresses]
    }),
  )

const placeOf = ({ bridge, ip, ip6 }: DesiredNetwork): unknown => [
  bridge,
  ...[ip, ip6].map((subnet) => (subnet === null ? null : [subnet.subnet, subnet.gateway])),
]

const changeOf = (network: DesiredNetwork, { networks }: DesiredState): readonly DriftChange[] => {
  const now = networks.find(({ name }) => name === network.name)
  if (now === undefined || JSON.stringify(placeOf(now)) === JSON.stringify(placeOf(network))) return []
  const subnets = [now.ip, now.ip6].flatMap((one) => (one === null ? [] : [one.subnet]))
  return [
    {
      action: 'change',
      object: `network ${network.name}`,
      description: `Follow the external network ${network.name} to bridge ${now.bridge}${subnets.length === 0 ? '' : ` with ${subnets.join(' and ')}`}: it was made anew.`,
    },
  ]
}
