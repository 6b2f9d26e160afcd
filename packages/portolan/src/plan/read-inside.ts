import type { Intent, LeaseState, Runner } from '@portolan/core'
import { type AttachedEnd, attachedEnds, unleasedEnds } from '@portolan/core/planning'
import { readPeers } from '@portolan/host'
import { type HostFacts, PortolanError } from '@portolan/netfilter'
import { formerEnds } from './endpoints/former-addresses.ts'

/** Facts, and what could not be read for them: sentences. */
interface InsideRead {
  readonly facts: HostFacts
  readonly unread: readonly string[]
}

/**
 * Facts with what is inside of endpoints on the networks of an intent that have no lease: their addresses go to no other
 * endpoint. On a host that kept its leases there are none. Of endpoints that may have a former address it is read too. Otherwise nothing is read.
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
 * Facts with what is inside of endpoints that may have a former address.
 * @param project - of this one alone; null: of all
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
        // What is on this host itself again has no addresses: its container has ended.
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
