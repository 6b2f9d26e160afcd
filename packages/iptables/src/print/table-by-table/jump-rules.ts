import { placeOf } from '../../model/chain/jumps.ts'
import type { Ruleset } from '../../model/ruleset.ts'
import { printRule } from '../rule/print-rule.ts'

/**
 * Our jump in a built-in chain.
 * @public @since 0.1.0
 */
export interface JumpRule {
  readonly table: string
  readonly chain: string
  readonly place: 'first' | 'last'
  /** The chain of ours that the jump leads to. */
  readonly to: string
  /** The words after `-A CHAIN`, quoted as in iptables-save. */
  readonly rule: string
}

/**
 * A compiled ruleset without its jumps: our own chains only, which no rule leads to.
 * @example
 * printScript(withoutJumps(compile(desired)))
 * @public @since 0.1.0
 */
export const withoutJumps = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    chains: table.chains.filter((chain) => chain.kind === 'user'),
  })),
})

/**
 * The jumps of a compiled ruleset, for a script that deletes old jumps before it adds them.
 * @public @since 0.1.0
 */
export const jumpRules = (ruleset: Ruleset): readonly JumpRule[] =>
  ruleset.tables.flatMap((table) =>
    table.chains.flatMap((chain) =>
      chain.kind === 'built-in'
        ? chain.rules.map((rule) => ({
            table: table.name,
            chain: chain.name,
            place: placeOf(table.name, chain.name),
            to: rule.target?.kind === 'jump' || rule.target?.kind === 'goto' ? rule.target.chain : '',
            rule: printRule(rule),
          }))
        : [],
    ),
  )
