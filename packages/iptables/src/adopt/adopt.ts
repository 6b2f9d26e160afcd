import { families } from '@portolan/core'
import { assemble } from '../compile/assemble.ts'
import { rootOf } from '../compile/dispatch.ts'
import type { PlacedRule } from '../compile/placed-rule.ts'
import { projectOf } from '../compile/tag.ts'
import { isOurs, local, trees } from '../ruleset/chains.ts'
import { emptyRuleset, type Rule, type Ruleset, type Table } from '../ruleset/ruleset.ts'

const isTableName = (name: string): name is PlacedRule['table'] =>
  name === 'mangle' || name === 'filter' || name === 'nat'

/** The rules of projects in our chains of one table; what is derived from them is left out. */
const placedRules = (table: Table): readonly PlacedRule[] => {
  const { name } = table
  if (!isTableName(name)) return []
  return table.chains.flatMap((chain) => {
    const root = rootOf(chain.name, trees[name] ?? [])
    if (!isOurs(chain.name) || root === local) return []
    return chain.rules
      .filter((rule) => projectOf(rule) !== null)
      .map((rule): PlacedRule => ({ table: name, chain: root, rule: uncounted(rule) }))
  })
}

/** The very same rule where it has no counters: what is known of it (its text, above all) stays known. */
const uncounted = (rule: Rule): Rule => (rule.counters === null ? rule : { ...rule, counters: null })

/** The projects that have rules in a ruleset, in byte order. */
export const projectsIn = (ruleset: Ruleset): readonly string[] => {
  const found = new Set<string>()
  for (const { rule } of ruleset.tables.flatMap(placedRules)) {
    const project = projectOf(rule)
    if (project !== null) found.add(project)
  }
  return [...found].toSorted()
}

/**
 * What a host is to have of ours in the end: one project as compiled, all others as they are.
 *
 * @param actual - what the host has, read by `inspect` or `parse`; foreign rules in it are not looked at
 * @param compiled - the project's own ruleset; null: the project goes
 * @param project - whose rules in `actual` are replaced
 * @returns ours only, to be handed to `diff`; without tables when no project is left
 * @example
 * diff(actual, adopt(actual, null, 'demo')) // takes the project `demo` away
 * @public @since 0.1.0
 */
export const adopt = (actual: Ruleset, compiled: Ruleset | null, project: string): Ruleset => ({
  tables: families.flatMap((family) => {
    const others = actual.tables
      .filter((table) => table.family === family)
      .flatMap(placedRules)
      .filter(({ rule }) => projectOf(rule) !== project)
    const wanted = (compiled ?? emptyRuleset).tables
      .filter((table) => table.family === family)
      .flatMap(placedRules)
    return assemble(family, [...others, ...wanted])
  }),
  trailer: [],
})
