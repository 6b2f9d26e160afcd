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

/** A packet of one family. */
export const version = (family: Family): Statement =>
  is(meta('nfproto'), text(family === 'ip' ? 'ipv4' : 'ipv6'))

/** What no nat chain sees of a flow that has not begun. */
export const untranslated: ListExpression = { kind: 'list', items: ['invalid', 'untracked'].map(text) }

/**
 * What must not leave for the outside by a network that is masqueraded: it would keep a private source. Conntrack's
 * INVALID is never translated (nf_nat_core.c `nf_nat_inet_fn` takes NEW and RELATED), nor is UNTRACKED, which the kernel
 * makes of some ICMPv6 by itself (nf_conntrack_proto_icmpv6.c: neighbour discovery and MLD), nor the source of another
 * network, as that of a container that routes for others. Only packets of these states and new ones get here.
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
