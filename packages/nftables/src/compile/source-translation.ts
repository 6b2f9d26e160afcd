import type { DesiredNetwork } from '@portolan/core'
import { families } from '@portolan/netfilter'
import { rule } from '../model/build.ts'
import { ct, type Expression, has, is, nat, payload, type Rule, text } from '../model/index.ts'
import { prefix } from './sources.ts'

export const loopback: Expression = prefix('127.0.0.0/8')

/**
 * The rules that translate the source of packets leaving by the bridge. A container answers a neighbour on its own link
 * directly, past conntrack. So a translated flow from the same subnet must have the gateway as its source. A container
 * cannot answer 127.0.0.1 at all.
 */
export const sources = (network: DesiredNetwork, comment: string): readonly Rule[] =>
  families.flatMap((family) => {
    const subnet = network[family]
    if (subnet === null || subnet.gateway === null) return []
    const source = payload(family, 'saddr')
    const toGateway = nat('snat', family, text(subnet.gateway))
    return [
      rule(comment, has(ct('status'), text('dnat')), is(source, prefix(subnet.subnet)), toGateway),
      ...(family === 'ip' ? [rule(comment, is(source, loopback), toGateway)] : []),
    ]
  })
