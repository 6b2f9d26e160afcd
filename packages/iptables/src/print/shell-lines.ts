import { hereDocument, quoted } from '@portolan/core/planning'
import { type Family, families } from '@portolan/netfilter'
import { ours } from '../compile/ours.ts'
import { type Ruleset, selectFamily } from '../model/ruleset.ts'
import { program, type Variant } from '../model/variant.ts'
import { printScript } from './script.ts'
import { jumpRules, withoutJumps } from './table-by-table/jump-rules.ts'

/** Rules as lines of a POSIX shell script, safe to run again: each jump is asked for before it is added. */
export const shellLines = (ruleset: Ruleset, actual: Ruleset, variant: Variant): readonly string[] =>
  families.flatMap((family) => {
    const tool = program(variant, family)
    const own = selectFamily(ruleset, family)
    const unused = unusedEntries(own, actual, family).map(
      ({ table, chain }) => `${tool} -w -t ${table} -F ${quoted(chain)} 2>/dev/null || :`,
    )
    const emptied = unused.length === 0 ? [] : ['# What nothing of it is left for.', ...unused, '']
    if (own.tables.length === 0) return emptied
    return [
      ...emptied,
      '# Rules: our chains in one restore, then the jumps into them that are missing; those that drop come first.',
      ...hereDocument(`${program(variant, family, 'restore')} -w --noflush`, printScript(withoutJumps(own))),
      ...jumpRules(own).map(({ table, chain, place, rule }) => {
        const words = `${tool} -w -t ${table}`
        const add = place === 'first' ? `-I ${chain} 1` : `-A ${chain}`
        return `${words} -C ${chain} ${rule} 2>/dev/null || ${words} ${add} ${rule}`
      }),
      '',
    ]
  })

/**
 * Chains of ours that a host has, its own chains lead to, and that nothing would be in any more: what stays in them
 * would stay in force.
 */
const unusedEntries = (
  wanted: Ruleset,
  actual: Ruleset,
  family: Family,
): readonly { readonly table: string; readonly chain: string }[] => {
  const names = new Set(
    wanted.tables.flatMap(({ name, chains }) => chains.map((chain) => `${name} ${chain.name}`)),
  )
  return jumpRules(ours(selectFamily(actual, family))).flatMap(({ table, to }) =>
    names.has(`${table} ${to}`) ? [] : [{ table, chain: to }],
  )
}
