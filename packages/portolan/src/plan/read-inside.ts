import type { Intent, LeaseState, Runner } from '@portolan/core'
import { type AttachedEnd, attachedEnds, unleasedEnds } from '@portolan/core/planning'
import { readPeers } from '@portolan/host'
import { type HostFacts, PortolanError } from '@portolan/netfilter'
import { formerEnds } from './endpoints/former-addresses.ts'

/** Facts, and sentences about what could not be read for them. */
interface InsideRead {
  readonly facts: HostFacts
  readonly unread: readonly string[]
}

/**
 * Adds to the facts the inside of attached endpoints without a lease on the networks of an intent, so that their
 * addresses go to no other endpoint. A host that kept its leases has no such endpoint. Endpoints that may have a former
 * address are read too. Without either, nothing is read.
 */
export const withInside = async (
  facts: HostFacts,
  leases: LeaseState,
  { project, networks }: Pick<Intent, 'project' | 'networks'>,
  runner: Runner,
): Promise<InsideRead> => {
  const joins = networks.some(({ external }) => external)
  const ends = unleasedEnds(
    attachedEnds(facts).filter(({ mark }) => joins || mark.project === project),
    leases,
  )
  return readEnds(
    facts,
    ends,
    formerEnds(facts, leases).filter(({ mark }) => mark.project === project),
    runner,
  )
}

/**
 * Adds to the facts the inside of endpoints that may have a former address.
 * @param project - only endpoints of this project; null: of every project
 */
export const withFormerInside = (
  facts: HostFacts,
  leases: LeaseState,
  project: string | null,
  runner: Runner,
): Promise<InsideRead> => {
  const former = formerEnds(facts, leases).filter(({ mark }) => project === null || mark.project === project)
  return readEnds(facts, [], former, runner)
}

const readEnds = async (
  facts: HostFacts,
  unleased: readonly AttachedEnd[],
  former: readonly (AttachedEnd & { readonly isMoved: boolean })[],
  runner: Runner,
): Promise<InsideRead> => {
  const ends = [...unleased, ...former]
  if (ends.length === 0) return { facts, unread: [] }
  const { peers, why } = await peersOf(ends, runner)
  const isMissing = ({ index }: AttachedEnd): boolean => index === null || !peers.has(index)
  return {
    facts: {
      ...facts,
      interfaces: (facts.interfaces ?? []).map((link) => {
        const inside = link.index === undefined ? undefined : peers.get(link.index)
        // An interface that is back in this host's own namespace has no addresses: its container has ended.
        return inside === undefined || inside.isHere === true ? link : { ...link, inside }
      }),
    },
    unread: [
      ...unleased
        .filter(isMissing)
        .map(
          ({ mark: { project: owner, network, endpoint } }) =>
            `${endpoint} is attached to network ${owner}/${network} without a lease, and its interface inside could not be read${why}: another endpoint may be given its address.`,
        ),
      ...former
        .filter((end) => isMissing(end) && !unleased.some(({ index }) => index === end.index))
        .map(
          ({ mark: { project: owner, network, endpoint }, isMoved }) =>
            `${endpoint} is attached to network ${owner}/${network}, ${isMoved ? 'which moved' : 'where it was given another address'}, and its interface inside could not be read${why}: it may have its former address still.`,
        ),
    ],
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
