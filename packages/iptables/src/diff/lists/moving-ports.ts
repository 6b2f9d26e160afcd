import type { Family } from '@portolan/netfilter'
import { rootOf } from '../../compile/tree/dispatch.ts'
import { comment, drop, ports, rule } from '../../model/build.ts'
import type { IptablesChange } from '../../model/change.ts'
import * as chains from '../../model/object-name.ts'
import { findTable, type Rule, type Ruleset } from '../../model/ruleset.ts'
import { printRule } from '../../print/rule/print-rule.ts'
import { describe } from '../describe.ts'

interface Port {
  readonly module: 'tcp' | 'udp' | 'sctp'
  readonly port: number
  /** The text of the rule without comments. */
  readonly text: string
}

/** The host ports with rules in a tree, by protocol and number. */
const portsIn = (
  ruleset: Ruleset,
  family: Family,
  table: string,
  roots: readonly string[],
): ReadonlyMap<string, Port> => {
  const found = new Map<string, Port>()
  for (const chain of findTable(ruleset, family, table)?.chains ?? []) {
    if (!roots.includes(rootOf(chain.name, roots))) continue
    for (const one of chain.rules) {
      const port = portOf(one)
      if (port === null) continue
      const key = `${port.module} ${port.port}`
      found.set(key, { ...port, text: `${found.get(key)?.text ?? ''}${port.text}\n` })
    }
  }
  return found
}

const portOf = (one: Rule): Port | null => {
  for (const match of one.matches) {
    if (match.kind !== 'port' || match.destination === null) continue
    const { first, last } = match.destination
    const matches = one.matches.filter(({ kind }) => kind !== 'comment')
    return first === last ? { module: match.module, port: first, text: printRule({ ...one, matches }) } : null
  }
  return null
}

/**
 * Closes the host ports that get another target and other allowed sources, before anything else of them changes. The
 * guard of a port is in `mangle` and its translation in `nat`, and the kernel takes one table after the other. In
 * between, the clients allowed for one target would reach the other. The closing rules are deleted with the old rules
 * of `mangle`.
 */
export const closeMovingPorts = (
  actual: Ruleset,
  desired: Ruleset,
  family: Family,
): readonly IptablesChange[] => {
  const guards = portsIn(actual, family, 'mangle', [chains.allow])
  if (guards.size === 0) return []
  const newGuards = portsIn(desired, family, 'mangle', [chains.allow])
  const nat = [chains.destination, chains.local]
  const [leads, newLeads] = [portsIn(actual, family, 'nat', nat), portsIn(desired, family, 'nat', nat)]
  const moving = [...guards].filter(([key, { text }]) => {
    const guard = newGuards.get(key)
    return guard !== undefined && guard.text !== text && leads.get(key)?.text !== newLeads.get(key)?.text
  })
  return moving.map(([, { module, port }], index) =>
    describe({
      kind: 'insert-rule',
      family,
      table: 'mangle',
      chain: chains.allow,
      position: index + 1,
      rule: rule([...ports(module, port, port), comment('portolan: closed while it changes')], drop),
    }),
  )
}
