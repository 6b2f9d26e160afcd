import type { Family } from '../../address/index.ts'
import type { NumberRangeFact, RoutingRuleFact } from '../../facts/index.ts'
import { protocolNumber } from '../../model/index.ts'

const tables: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' }

const range = ({ first = 0, last = first }: NumberRangeFact): string =>
  first === last ? String(first) : `${first}-${last}`

const protocolText = (number: number): string =>
  Object.entries(protocolNumber).find(([, value]) => value === number)?.[0] ?? String(number)

const hex = (value: number): string => `0x${value.toString(16)}`

/** A routing rule in a message, with the words of `ip rule show`. */
export const routingRuleText = (fact: RoutingRuleFact, family: Family): string =>
  `${family === 'ip6' ? 'IPv6 ' : ''}routing rule ${fact.priority ?? 32765}: ${routingRuleWords(fact)}`

/** The selectors and the action of a routing rule, as `ip rule show` prints them and `ip rule del` takes them. */
export const routingRuleWords = (fact: RoutingRuleFact): string => {
  const { mark, mask, action = 'lookup', table = 254, gotoPriority } = fact
  const words: (string | null | undefined)[] = [
    ...(fact.invert === true ? ['not'] : []),
    `from ${fact.from ?? 'all'}`,
    fact.to == null ? null : `to ${fact.to}`,
    mark === undefined ? null : `fwmark ${hex(mark)}${mask === undefined ? '' : `/${hex(mask)}`}`,
    fact.in == null ? null : `iif ${fact.in}`,
    fact.out == null ? null : `oif ${fact.out}`,
    fact.users === undefined ? null : `uidrange ${fact.users.first ?? 0}-${fact.users.last ?? 0xffffffff}`,
    fact.protocol === undefined ? null : `ipproto ${protocolText(fact.protocol)}`,
    fact.sourcePorts === undefined ? null : `sport ${range(fact.sourcePorts)}`,
    fact.destinationPorts === undefined ? null : `dport ${range(fact.destinationPorts)}`,
    fact.dscp === undefined ? null : `dscp ${fact.dscp}`,
    ...(fact.other ?? []),
    action === 'lookup'
      ? `lookup ${tables[table] ?? table}`
      : action === 'goto'
        ? `goto ${gotoPriority ?? '?'}`
        : action,
  ]
  return words.filter((word) => word !== null && word !== undefined).join(' ')
}
