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
import type { Rule } from '../model/ruleset.ts'
import * as chains from './object-name.ts'
import { loopback } from './source-translation.ts'

/** The rules of chains of ours, under way. */
export type ChainRules = Map<string, readonly Rule[]>

const isDrop = ({ target }: Rule): boolean => target?.kind === 'verdict' && target.verdict === 'DROP'

/**
 * Most packets belong to a flow whose first packet has passed all that follows, so they are let through at once. The
 * drops of internal and isolated networks and of the guard of forwarding end flows that have begun before, so that
 * nothing goes past them; and a flow to or from 127/8 is asked for loopback addresses as ever.
 */
const begun = (forward: readonly Rule[], family: Family): readonly Rule[] => {
  if (forward.some(isDrop)) return []
  const matches = family === 'ip' ? [notFrom(loopback), establishedPast(loopback)] : [state('ESTABLISHED')]
  return [rule(matches, returns)]
}

/** What stands in our chains of mangle beside the rules of projects. */
export const mangleSkeleton = (mangle: ChainRules, family: Family, bridges: readonly string[]): void => {
  if (bridges.length > 0 && family === 'ip') {
    // We switch route_localnet on for our bridges, so the kernel no longer keeps their containers off 127/8.
    mangle.set(chains.loopback, [
      rule([from(loopback)], drop),
      // The destination is translated by now: that of an answer to 127.0.0.1 is 127.0.0.1 again, and rules of the host
      // may lead other addresses there. The entry has the destination that the packet came with (in an ICMP error too:
      // nf_conntrack_inet_error compares both).
      rule([sentTo(loopback, 'ORIGINAL')], drop),
      rule([sentTo(loopback, 'REPLY')], drop),
      // There is no entry to ask, and so nothing was translated.
      rule([to(loopback), state('INVALID', 'UNTRACKED')], drop),
    ])
    mangle.set(chains.between, [rule([], jump(chains.loopback)), ...(mangle.get(chains.between) ?? [])])
  }
  const forward = mangle.get(chains.forward)
  if (mangle.has(chains.home) || forward !== undefined) {
    mangle.set(chains.forward, [
      ...begun(forward ?? [], family),
      // A first packet only: a container with two networks answers over either, and its replies are established.
      ...(mangle.has(chains.home) ? [rule([notInState('RELATED', 'ESTABLISHED')], jump(chains.home))] : []),
      ...(forward ?? []),
    ])
  }
  if (mangle.has(chains.allow)) {
    mangle.set(chains.prerouting, [
      ...bridges.map((bridge) => rule([inBy(bridge)], returns)),
      rule([inBy('lo')], returns),
      // A reply to the host's own flow may be for the same port number; a packet without a flow is no reply.
      rule([isReply], returns),
      rule([toLocal], goto(chains.allow)),
    ])
  }
}

/** What stands in our chains of nat beside the rules of projects. */
export const natSkeleton = (nat: ChainRules, family: Family, bridges: readonly string[]): void => {
  const source = nat.get(chains.source)
  // What the host says to itself is not ours to masquerade, though its address be one of a bridge of ours.
  if (source !== undefined) nat.set(chains.source, [rule([outBy('lo')], returns), ...source])
  const lookUp = nat.get(chains.destination)
  if (lookUp === undefined) return
  // A link-local source means nothing on another link; and there is no route_localnet in IPv6 that could bring
  // a flow to ::1 back.
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

/** Chains that something refers to, though they have no rules: they have to be there for the text to load. */
export const declareReferred = (rules: ChainRules): void => {
  for (const list of [...rules.values()]) {
    for (const { target } of list) {
      if (target?.kind !== 'jump' && target?.kind !== 'goto') continue
      if (chains.isOurs(target.chain) && !rules.has(target.chain)) rules.set(target.chain, [])
    }
  }
}
