import type { Family } from '@portolan/netfilter'
import { isOwnJump, ownChains } from '../../compile/ours.ts'
import { jumps } from '../../model/chain/jumps.ts'
import type { Rule, Ruleset } from '../../model/ruleset.ts'
import { printRule } from '../../print/rule/print-rule.ts'

/**
 * A jump to a chain of ours that stands behind foreign rules.
 * @public @since 0.1.0
 */
export interface DisplacedJump {
  readonly family: Family
  readonly table: string
  /** The built-in chain. */
  readonly chain: string
  /** Our chain. */
  readonly to: string
  /** The first foreign rule in front of the jump, as iptables-save prints it. */
  readonly before: string
}

/**
 * The jumps that belong first in their chain and stand behind foreign rules. A packet that such a foreign rule accepts
 * does not reach our chain. `diff` moves the jumps to the front.
 * @example
 * displacedJumps(await inspect(runner, 'iptables-nft')) // [] unless a foreign rule was inserted in front of a jump
 * @public @since 0.1.0
 */
export const displacedJumps = ({ tables }: Ruleset): readonly DisplacedJump[] =>
  tables.flatMap((table) => {
    const isOwn = ownChains(table)
    return jumps.flatMap(({ table: name, chain, place }): readonly DisplacedJump[] => {
      if (name !== table.name || place !== 'first') return []
      const rules = table.chains.find((one) => one.name === chain)?.rules ?? []
      const isJump = (rule: Rule): boolean => isOwnJump(name, chain, rule, isOwn)
      const [foreign] = rules
      if (foreign === undefined || isJump(foreign)) return []
      const target = rules.find(isJump)?.target
      if (target?.kind !== 'jump' && target?.kind !== 'goto') return []
      const before = `-A ${chain} ${printRule(foreign)}`
      return [{ family: table.family, table: name, chain, to: target.chain, before }]
    })
  })
