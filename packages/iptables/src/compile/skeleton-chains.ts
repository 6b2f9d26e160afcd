import type { Family } from '@portolan/netfilter'
import {
  drop,
  establishedPast,
  from,
  goto,
  inBy,
  isReply,
  jump,
  notFrom,
  notInState,
  outBy,
  returns,
  rule,
  sentTo,
  state,
  to,
  toLocal,
} from '../model/build.ts'
import * as chains from '../model/object-name.ts'
import type { Rule } from '../model/ruleset.ts'
import { loopback } from './source-translation.ts'

/** The rules of our chains while they are built. */
export type ChainRules = Map<string, readonly Rule[]>

const isDrop = ({ target }: Rule): boolean => target?.kind === 'verdict' && target.verdict === 'DROP'

/**
 * The rules that let packets of established flows pass at once. The first packet of such a flow has passed all later
 * rules. These rules are left out where a drop must end established flows: internal and isolated networks and the
 * forwarding guard have such drops. A flow to or from 127/8 does not pass here, so that its addresses are checked.
 */
const begun = (forward: readonly Rule[], family: Family): readonly Rule[] => {
  if (forward.some(isDrop)) return []
  const matches = family === 'ip' ? [notFrom(loopback), establishedPast(loopback)] : [state('ESTABLISHED')]
  return [rule(matches, returns)]
}

/** Adds the rules of our mangle chains that belong to no project. */
export const mangleSkeleton = (mangle: ChainRules, family: Family, bridges: readonly string[]): void => {
  if (bridges.length > 0 && family === 'ip') {
    // We switch route_localnet on for our bridges, so the kernel no longer keeps their containers away from 127/8.
    mangle.set(chains.loopback, [
      rule([from(loopback)], drop),
      // The rules ask the conntrack entry, because the destination is already translated here. The destination of a
      // reply to 127.0.0.1 is 127.0.0.1 again, and rules of the host may translate other addresses to loopback. The
      // entry has the destination that the packet came with (in an ICMP error too: nf_conntrack_inet_error compares
      // both).
      rule([sentTo(loopback, 'ORIGINAL')], drop),
      rule([sentTo(loopback, 'REPLY')], drop),
      // An invalid or untracked packet has no conntrack entry, so its destination was not translated.
      rule([to(loopback), state('INVALID', 'UNTRACKED')], drop),
    ])
    mangle.set(chains.between, [rule([], jump(chains.loopback)), ...(mangle.get(chains.between) ?? [])])
  }
  const forward = mangle.get(chains.forward)
  if (mangle.has(chains.home) || forward !== undefined) {
    mangle.set(chains.forward, [
      ...begun(forward ?? [], family),
      // Only packets outside of established flows are checked. A container with two networks may reply over either, and
      // its replies are established.
      ...(mangle.has(chains.home) ? [rule([notInState('RELATED', 'ESTABLISHED')], jump(chains.home))] : []),
      ...(forward ?? []),
    ])
  }
  if (mangle.has(chains.allow)) {
    mangle.set(chains.prerouting, [
      ...bridges.map((bridge) => rule([inBy(bridge)], returns)),
      rule([inBy('lo')], returns),
      // A reply to the host's own flow may have the same port number as its destination. A packet without a flow is not
      // a reply.
      rule([isReply], returns),
      rule([toLocal], goto(chains.allow)),
    ])
  }
}

/** Adds the rules of our nat chains that belong to no project. */
export const natSkeleton = (nat: ChainRules, family: Family, bridges: readonly string[]): void => {
  const source = nat.get(chains.source)
  // The host's packets to itself are not masqueraded, even where their address belongs to a bridge of ours.
  if (source !== undefined) nat.set(chains.source, [rule([outBy('lo')], returns), ...source])
  const lookUp = nat.get(chains.destination)
  if (lookUp === undefined) return
  // A link-local source means nothing on another link. IPv6 has no route_localnet that could bring a flow to ::1 back.
  const skipped = family === 'ip' ? [] : [rule([from('fe80::/10')], returns), rule([to('::1/128')], returns)]
  const inside = nat.has(chains.local)
  nat.set(chains.output, [
    ...(inside ? [...skipped, rule([], jump(chains.local))] : []),
    rule([], goto(chains.destination)),
  ])
  nat.set(chains.destination, [
    ...skipped,
    ...(inside ? bridges.map((bridge) => rule([inBy(bridge)], jump(chains.local))) : []),
    ...lookUp,
  ])
}

/** Adds chains that a rule refers to and that have no rules. The text loads only if they exist. */
export const declareReferred = (rules: ChainRules): void => {
  for (const list of [...rules.values()]) {
    for (const { target } of list) {
      if (target?.kind !== 'jump' && target?.kind !== 'goto') continue
      if (chains.isOurs(target.chain) && !rules.has(target.chain)) rules.set(target.chain, [])
    }
  }
}
