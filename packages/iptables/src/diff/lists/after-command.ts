import { type Family, ParseError } from '@portolan/netfilter'
import type { Rule, Ruleset } from '../../model/ruleset.ts'
import type { Variant } from '../../model/variant.ts'
import { parse } from '../../parse/parse.ts'
import { printRule } from '../../print/rule/print-rule.ts'

interface Deletion {
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly rule: string
}

/**
 * Reads the command `ip6tables-nft -t filter -D DOCKER-USER ...`. Null: another kind of command, or the other variant.
 */
const readDeletion = (
  [program = '', , table = '', action, chain = '', ...rest]: readonly string[],
  variant: Variant,
): Deletion | null => {
  const [, six, name] = /^ip(6?)tables-(nft|legacy)$/.exec(program) ?? []
  if (name === undefined || variant !== `iptables-${name}` || action !== '-D') return null
  const family = six === '' ? 'ip' : 'ip6'
  const text = `*${table}\n:${chain} - [0:0]\n-A ${chain} ${rest.join(' ')}\nCOMMIT\n`
  const read = readRule(text, program, family)
  return read === null ? null : { family, table, chain, rule: printRule(read) }
}

/** Reads a rule; null when iptables does not accept it, so that no chain holds it. */
const readRule = (text: string, program: string, family: Family): Rule | null => {
  try {
    return parse(text, program, family).tables[0]?.chains[0]?.rules[0] ?? null
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return null
  }
}

/**
 * The rules after a command deleted the first rule equal to its own, as `iptables -D` does. Programs that ask for a
 * rule in one of their chains document iptables commands, and no nft commands.
 */
export const afterCommand = (ruleset: Ruleset, words: readonly string[], variant: Variant): Ruleset => {
  const deletion = readDeletion(words, variant)
  if (deletion === null) return ruleset
  const { family, table, chain, rule } = deletion
  return {
    ...ruleset,
    tables: ruleset.tables.map((one) =>
      one.family !== family || one.name !== table
        ? one
        : {
            ...one,
            chains: one.chains.map((each) => {
              if (each.name !== chain) return each
              const at = each.rules.findIndex((present) => printRule(present) === rule)
              return at === -1 ? each : { ...each, rules: each.rules.toSpliced(at, 1) }
            }),
          },
    ),
  }
}
