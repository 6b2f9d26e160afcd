import type { Family } from '@portolan/netfilter'
import { isOwnJump, leadsToOurs, ownChains } from '../../compile/ours.ts'
import type { Ruleset, Table } from '../../model/ruleset.ts'
import { printRule } from '../../print/rule/print-rule.ts'

/**
 * A foreign rule that leads to a chain of ours.
 * @public @since 0.1.0
 */
export interface ForeignJump {
  readonly family: Family
  readonly table: string
  /** The chain of the foreign rule. */
  readonly chain: string
  /** The foreign rule as iptables-save prints it. */
  readonly text: string
  /** Our chain. */
  readonly to: string
}

export const foreignJumpsIn = (table: Table): readonly ForeignJump[] => {
  const isOwn = ownChains(table)
  return table.chains.flatMap((chain) => {
    if (chain.kind === 'user' && isOwn(chain.name)) return []
    return chain.rules.flatMap((rule): readonly ForeignJump[] => {
      if (!leadsToOurs(rule, isOwn) || isOwnJump(table.name, chain.name, rule, isOwn)) return []
      const to = rule.target?.kind === 'jump' || rule.target?.kind === 'goto' ? rule.target.chain : ''
      const text = `-A ${chain.name} ${printRule(rule)}`
      return [{ family: table.family, table: table.name, chain: chain.name, text, to }]
    })
  })
}

/**
 * The foreign rules that lead to chains of ours.
 * @example
 * foreignJumps(emptyRuleset) // []
 * @public @since 0.1.0
 */
export const foreignJumps = (ruleset: Ruleset): readonly ForeignJump[] =>
  ruleset.tables.flatMap(foreignJumpsIn)

/**
 * The foreign rules that lead to an empty chain of ours, so that it cannot be deleted.
 * @example
 * heldChains(applyTo(actual, diff(actual, emptyRuleset))) // [] unless a foreign rule leads to a chain of ours
 * @public @since 0.1.0
 */
export const heldChains = (ruleset: Ruleset): readonly ForeignJump[] =>
  ruleset.tables.flatMap((table) => {
    const empty = new Set(table.chains.filter(({ rules }) => rules.length === 0).map(({ name }) => name))
    return foreignJumpsIn(table).filter(({ to }) => empty.has(to))
  })
