import { hasValue } from '../../address/range-set.ts'
import { learn, ofAnyNetwork } from '../learn/learn.ts'
import { membership } from '../learn/learner.ts'
import type { Host } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import { isAllOfThisHost, networksOn } from './neighbours.ts'

/** Kinds of interfaces that may stand above a bridge, and reach its neighbours as well. */
const aboveBridges: ReadonlySet<string> = new Set(['macvlan', 'ipvlan', 'vrf'])

/** The interface that a sender is behind, when the answer leaves by another one. */
export interface MissedLink {
  readonly link: Link
  /** Only this interface leads to the sender: it is a container. Other machines may have other routers too. */
  readonly isOnly: boolean
}

/**
 * The interface that the sender is a neighbour behind, when the answer leaves by another interface.
 *
 * @param began - how the first packet of the flow began
 * @param answer - the answer, as it leaves
 * @returns null where the answer comes to the sender
 */
export const missedLink = (host: Host, began: World, answer: World): MissedLink | null => {
  const { in: from, family } = began
  const { out } = answer
  if (from === null || out === null || out === from) return null
  const isOnly = isAllOfThisHost(host, family, from)
  if (isOnly && aboveBridges.has(out.kind ?? '') && (answer.route?.gateway ?? null) === null) return null
  if (!isNeighbour(began, answer, from)) return null
  // Two interfaces may be plugged into one network.
  if (!isOnly && isNeighbour(began, answer, out)) return null
  return { link: from, isOnly }
}

/** Whether the sender is in a network of an interface. The answer then holds for the senders that are, or are not. */
const isNeighbour = ({ family, saddr, origins }: World, answer: World, link: Link): boolean => {
  let is = false
  for (const set of networksOn(link, family)) {
    is ||= hasValue(set, saddr)
    if (origins.saddr !== null && answer.learner !== null)
      learn(answer, ofAnyNetwork(answer, [membership(origins.saddr, set, saddr)]))
  }
  return is
}
