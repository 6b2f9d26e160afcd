import type { Protocol } from '@portolan/netfilter'
import type { Match } from '../model/option/match.ts'
import type { Rule } from '../model/ruleset.ts'

/** The matches of a rule in a port tree, without the source. */
export interface Selector {
  readonly protocol: Protocol
  readonly port: number
  /** `192.0.2.2/32`; an empty text: any address. */
  readonly address: string
  /** An empty text: any interface. */
  readonly interface: string
}

/** The selector of a rule. Null: the rule does not match exactly one port, so it was not made for a tree. */
export const selectorOf = (rule: Rule): Selector | null => {
  let address = ''
  let name = ''
  let protocol: Protocol | null = null
  let port = 0
  for (const match of rule.matches) {
    if (match.kind === 'destination') address = match.prefix
    else if (match.kind === 'in') name = match.name
    else if (match.kind === 'port' && match.destination !== null) {
      const { first, last } = match.destination
      if (first !== last) continue
      protocol = match.module
      port = first
    }
  }
  return protocol === null ? null : { protocol, port, address, interface: name }
}

/** The same rule without its match on the incoming interface. */
export const withoutInterface = (rule: Rule): Rule => ({
  ...rule,
  matches: rule.matches.filter((match: Match) => match.kind !== 'in'),
})
