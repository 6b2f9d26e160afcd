import type { Protocol } from '@portolan/netfilter'
import type { Match } from '../model/option/match.ts'
import type { Rule } from '../model/ruleset.ts'

/** What a rule of a port tree looks at besides the sender. */
export interface Selector {
  readonly protocol: Protocol
  readonly port: number
  /** `192.0.2.2/32`; the empty string: any. */
  readonly address: string
  /** The empty string: any. */
  readonly interface: string
}

/** Null for a rule that does not look at exactly one port: it cannot have been made for a tree. */
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

/** The same rule for whatever interface a packet came in by. */
export const withoutInterface = (rule: Rule): Rule => ({
  ...rule,
  matches: rule.matches.filter((match: Match) => match.kind !== 'in'),
})
