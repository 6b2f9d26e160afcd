import type { DesiredNetwork, DesiredState } from '@portolan/core'
import { type HostFacts, IntentError, PortolanError } from '@portolan/netfilter'
import { outcomeOf } from './failure-of.ts'
import type { DriftChange } from './host-event.ts'

/** The external networks of a project, which their engines may remove and make anew with another bridge or subnet. */
export interface FollowedExternals {
  /**
   * Looks at their bridges. Where those are other ones than at the last look, or one was told to be missing, the engines'
   * records are read.
   *
   * @returns what is another network by now, and why no plan can be made while one of them is missing: what is in force
   * stays. That is given until it was told
   */
  look(desired: DesiredState, facts: HostFacts): Promise<ExternalsNow>
  /** Is one of them missing, as far as the last look tells? */
  areMissing(): boolean
  /**
   * Is it why no plan can be made while one of them is missing, which was told before? It counts as told from then on. A look,
   * a repair and a search for conflicts each come upon it, and while the owner goes each may say it in other words.
   */
  isTold(error: unknown): boolean
}

export interface ExternalsNow {
  readonly moved: readonly DriftChange[]
  readonly missing: PortolanError | null
}

export const asTheyWere: ExternalsNow = { moved: [], missing: null }

/** @param planAnew - what would be wanted now */
export const followExternals = (planAnew: () => Promise<DesiredState>): FollowedExternals => {
  /** Their bridges when they were known to be as they are wanted. */
  let known: string | null = null
  let hasAny = false
  let isMissing = false
  /** What was told of the one that is missing; null: nothing was, or it is there again. */
  let told: string | null = null
  return {
    look: async (desired, facts) => {
      const external = desired.networks.filter((network) => network.external)
      const stamp = stampOf(external, facts)
      hasAny = external.length > 0
      // Where a search told that one is missing, its bridge may outlive what its engine wrote down of it.
      if (!hasAny || (stamp === known && told === null)) {
        isMissing = false
        told = null
        return asTheyWere
      }
      const now = await outcomeOf(planAnew())
      isMissing = now instanceof PortolanError
      if (now instanceof PortolanError) return { moved: [], missing: told === identityOf(now) ? null : now }
      told = null
      const moved = external.flatMap((network) => changeOf(network, now))
      if (moved.length === 0) known = stamp
      return { moved, missing: null }
    },
    areMissing: () => isMissing,
    isTold: (error) => {
      if (!hasAny || !(error instanceof IntentError)) return false
      const before = told
      told = identityOf(error)
      return told === before
    },
  }
}

/** The place where the text names the network stays the same while the words change. */
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
