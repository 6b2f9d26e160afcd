import { hereDocument, quoted } from '@portolan/core/planning'
import { type Family, families } from '@portolan/netfilter'
import { ours } from '../compile/ours.ts'
import { type Ruleset, selectFamily } from '../model/ruleset.ts'
import { program, type Variant } from '../model/variant.ts'
import { printScript } from './script.ts'
import { jumpRules, withoutJumps } from './table-by-table/jump-rules.ts'

/**
 * Rules as lines of a POSIX shell script. Each jump is checked before it is added, so the script is safe to run again.
 */
export const shellLines = (ruleset: Ruleset, actual: Ruleset, variant: Variant): readonly string[] =>
  families.flatMap((family) => {
    const tool = program(variant, family)
    const own = selectFamily(ruleset, family)
    const unused = unusedEntries(own, actual, family).map(
      ({ table, chain }) => `${tool} -w -t ${table} -F ${quoted(chain)} 2>/dev/null || :`,
    )
    const emptied =
      unused.length === 0 ? [] : ['# Chains of ours that are no longer used: emptied.', ...unused, '']
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
 * Our entry chains on a host, reached from built-in chains, that the wanted rules do not use. Rules left in them would
 * stay in force, so the script flushes them.
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
