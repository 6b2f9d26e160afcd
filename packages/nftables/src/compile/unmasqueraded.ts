import type { DesiredNetwork } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { rule } from '../model/build.ts'
import {
  ct,
  drop,
  has,
  is,
  isNot,
  type ListExpression,
  meta,
  payload,
  type Rule,
  type Statement,
  text,
} from '../model/index.ts'
import { prefix } from './sources.ts'

/** Matches packets of one family. */
export const version = (family: Family): Statement =>
  is(meta('nfproto'), text(family === 'ip' ? 'ipv4' : 'ipv6'))

/**
 * The conntrack states whose packets pass no nat chain. Packets of established flows are not among them: their flow is
 * translated already, if at all.
 */
export const untranslated: ListExpression = { kind: 'list', items: ['invalid', 'untracked'].map(text) }

/**
 * The rules that drop packets which would leave a masqueraded network with a private source. Conntrack's INVALID is
 * never translated (nf_nat_core.c `nf_nat_inet_fn` takes NEW and RELATED). UNTRACKED is not translated either; the
 * kernel itself leaves some ICMPv6 untracked (nf_conntrack_proto_icmpv6.c: neighbour discovery and MLD). The masquerade
 * rule also leaves out sources outside the subnet, such as those of a container that routes for others. The chain sees
 * only new packets and packets of these two states.
 */
export const unmasqueraded = (network: DesiredNetwork, comment: string): readonly Rule[] =>
  families.flatMap((family) => {
    const subnet = network[family]
    if (subnet === null || !subnet.masquerade) return []
    return [
      rule(comment, version(family), has(ct('state'), untranslated), drop),
      rule(comment, isNot(payload(family, 'saddr'), prefix(subnet.subnet)), drop),
    ]
  })
