import { placeOf } from '../ruleset/jumps.ts'
import type { Ruleset } from '../ruleset/ruleset.ts'
import { printRule } from './print-rule.ts'

/**
 * A rule of ours in a built-in chain: a jump.
 * @public @since 0.1.0
 */
export interface JumpRule {
  readonly table: string
  readonly chain: string
  readonly place: 'first' | 'last'
  /** The words after `-A CHAIN`, quoted as iptables-save quotes them. */
  readonly rule: string
}

/**
 * The jumps of a compiled ruleset, for a script that has to take out old ones before it adds them.
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
            rule: printRule(rule),
          }))
        : [],
    ),
  )
