import type { Family } from '@portolan/netfilter'
import { isOwnJump, ownChains } from '../../compile/ours.ts'
import { type Jump, jumps } from '../../model/chain/jumps.ts'
import { mayRefuse } from '../../model/chain/may-refuse.ts'
import type { Rule, Ruleset } from '../../model/ruleset.ts'
import { printRule } from '../../print/rule/print-rule.ts'

/**
 * A jump to a chain of ours that stands on the wrong side of a foreign rule.
 * @public @since 0.1.0
 */
export interface DisplacedJump {
  readonly family: Family
  readonly table: string
  /** The built-in chain. */
  readonly chain: string
  /** Our chain. */
  readonly to: string
  /** `first`: the jump belongs in front of the foreign rule. `last`: the jump belongs behind it. */
  readonly place: Jump['place']
  /** The foreign rule, as iptables-save prints it. */
  readonly foreign: string
}

/**
 * The jumps that are not where they belong among foreign rules. Some belong first: a packet that a foreign rule in front
 * of them accepts does not reach our drops. One belongs last: a packet that our chain accepts does not reach a foreign
 * rule behind it that may refuse the packet. `diff` moves the jumps.
 * @example
 * displacedJumps(await inspect(runner, 'iptables-nft')) // [] unless a foreign rule was put on the wrong side of a jump
 * @public @since 0.1.0
 */
export const displacedJumps = ({ tables }: Ruleset): readonly DisplacedJump[] =>
  tables.flatMap((table) => {
    const isOwn = ownChains(table)
    const isRefusal = mayRefuse(table)
    return jumps.flatMap(({ table: name, chain, place }): readonly DisplacedJump[] => {
      if (name !== table.name) return []
      const rules = table.chains.find((one) => one.name === chain)?.rules ?? []
      const isJump = (rule: Rule): boolean => isOwnJump(name, chain, rule, isOwn)
      const jump = rules.find(isJump)
      if (jump?.target?.kind !== 'jump' && jump?.target?.kind !== 'goto') return []
      const foreign =
        place === 'first'
          ? rules.slice(0, 1).find((rule) => !isJump(rule))
          : rules.slice(rules.indexOf(jump)).find((rule) => !isJump(rule) && isRefusal(rule))
      if (foreign === undefined) return []
      const text = `-A ${chain} ${printRule(foreign)}`
      return [{ family: table.family, table: name, chain, to: jump.target.chain, place, foreign: text }]
    })
  })
