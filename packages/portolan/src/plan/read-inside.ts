import type { Intent, LeaseState, Runner } from '@portolan/core'
import { type AttachedEnd, unleasedEnds } from '@portolan/core/planning'
import { readPeers } from '@portolan/host'
import { type HostFacts, PortolanError } from '@portolan/netfilter'

/** Facts, and what could not be read for them: sentences. */
interface InsideRead {
  readonly facts: HostFacts
  readonly unread: readonly string[]
}

/**
 * Facts with what is inside of endpoints on the networks of an intent that have no lease: their addresses go to no other
 * endpoint. On a host that kept its leases there are none, and nothing is read.
 */
export const withInside = async (
  facts: HostFacts,
  leases: LeaseState,
  { project, networks }: Intent,
  runner: Runner,
): Promise<InsideRead> => {
  const joins = networks.some(({ external }) => external)
  const ends = unleasedEnds(facts, leases).filter(({ mark }) => joins || mark.project === project)
  if (ends.length === 0) return { facts, unread: [] }
  const { peers, why } = await peersOf(ends, runner)
  const missing = ends.filter(({ index }) => index === null || !peers.has(index))
  return {
    facts: {
      ...facts,
      interfaces: (facts.interfaces ?? []).map((link) => {
        const inside = link.index === undefined ? undefined : peers.get(link.index)
        // What is on this host itself again has no addresses: its container has ended.
        return inside === undefined || inside.isHere === true ? link : { ...link, inside }
      }),
    },
    unread: missing.map(
      ({ mark: { project: owner, network, endpoint } }) =>
        `${endpoint} is attached to network ${owner}/${network} without a lease, and its interface inside could not be read${why}: another endpoint may be given its address.`,
    ),
  }
}

const peersOf = async (
  ends: readonly AttachedEnd[],
  runner: Runner,
): Promise<{ readonly peers: Awaited<ReturnType<typeof readPeers>>; readonly why: string }> => {
  const indexes = ends.flatMap(({ index }) => index ?? [])
  try {
    return { peers: await readPeers(runner, indexes), why: '' }
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    return { peers: new Map(), why: ` (${error.message})` }
  }
}
