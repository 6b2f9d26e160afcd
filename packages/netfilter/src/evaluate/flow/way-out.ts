import { hasValue } from '../../address/range-set.ts'
import { learn } from '../learn/learn.ts'
import { membership } from '../learn/learner.ts'
import type { Host } from '../packet/host.ts'
import { part, type World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import { MAIN_TABLE } from '../route/routing-rule.ts'
import { type End, fork, noteEvent, type Run } from '../walk/run.ts'
import { isAllOfThisHost, networksOn } from './neighbours.ts'

/**
 * The other course of a packet that a routing rule leads to one interface, while its receiver is a neighbour behind
 * another one. Whether another router leads the packet to the receiver is not known.
 *
 * @returns null where the packet certainly comes to its receiver
 */
export const loseToOtherWay = (host: Host, run: Run, { kind, world }: End): End | null => {
  const link = kind === 'out' ? missedReceiver(host, world) : null
  const astray = link === null ? null : fork(run, world)
  if (link === null || astray === null) return null
  part(astray, world)
  const text = `route ${world.route?.text} does not lead the packet to ${link.name}, where its receiver is`
  noteEvent(astray, { kind: 'lost' }, { kind: 'way-out', text })
  return { kind: 'dropped', world: astray }
}

/**
 * The interface that the receiver is a neighbour behind, when the packet leaves by another one. The main table has a
 * route for each network of an interface. A longer route there is meant for just these neighbours.
 */
const missedReceiver = (host: Host, world: World): Link | null => {
  const { out, route } = world
  if (out === null || route === null || route.table === MAIN_TABLE || route.table === 0) return null
  if (isNeighbour(world, out)) return null
  for (const link of host.links.values())
    if (isLine(host, world, link, out) && isNeighbour(world, link)) return link
  return null
}

/** Whether an interface leads to other machines. Another VRF may have neighbours with the same addresses. */
const isLine = (host: Host, { family }: World, link: Link, out: Link): boolean =>
  link !== out &&
  link !== host.lo &&
  link.up &&
  link.kind !== 'dummy' &&
  vrfOf(host, link) === vrfOf(host, out) &&
  !isAllOfThisHost(host, family, link)

const vrfOf = ({ links }: Host, { master }: Link): Link | null => {
  const above = master === null ? undefined : links.get(master)
  return above?.kind === 'vrf' ? above : null
}

/** Whether the receiver is in a network of an interface. The outcome then holds for the receivers that are, or are not. */
const isNeighbour = (world: World, link: Link): boolean => {
  const { family, daddr, origins } = world
  let is = false
  for (const set of networksOn(link, family)) {
    is ||= hasValue(set, daddr)
    if (origins.daddr !== null) learn(world, [membership(origins.daddr, set, daddr)])
  }
  return is
}
