import { type CompileOptions, checkDesired, type DesiredState } from '@portolan/core'
import { checkCompileOptions } from '@portolan/core/planning'
import { families } from '@portolan/netfilter'
import { assemble } from '../compile/assemble.ts'
import { leavingOf } from '../compile/leaving.ts'
import { projectRules } from '../compile/project-parts.ts'
import { projectOf } from '../compile/tag.ts'
import type { Ruleset } from '../model/ruleset.ts'
import { placedInFamily, placedRules } from './extract.ts'
import { yieldTo } from './yield-to.ts'

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
 * The rules of ours that the host should have in the end: one project as it is desired, all other projects as they are
 * now. Where two projects want the same port, the project that is already there keeps it.
 *
 * @param actual - the rules the host has now, read by `inspect` or `parse`; foreign rules in it are ignored
 * @param desired - the desired state of the project; null removes the project
 * @param project - the project whose rules in `actual` are replaced
 * @param options - `leaving` holds for all projects; absent: as `actual` has it
 * @returns our rules only, to be passed to `diff`; no tables when no project is left
 * @throws InvalidRequestError as `compile` does
 * @example
 * diff(actual, adopt(actual, desired, desired.project)) // what apply would do
 * diff(actual, adopt(actual, null, 'demo'))             // takes the project `demo` away
 * @public @since 0.1.0
 */
export const adopt = (
  actual: Ruleset,
  desired: DesiredState | null,
  project: string,
  options: CompileOptions = {},
): Ruleset => {
  if (desired !== null) checkDesired(desired)
  checkCompileOptions(options, 'adopt')
  const { leaving } = options
  return {
    tables: families.flatMap((family) => {
      const others = placedInFamily(actual, family).filter(({ rule }) => projectOf(rule) !== project)
      const wanted = desired === null ? [] : projectRules(desired, family)
      return assemble(
        family,
        [...others, ...yieldTo(others, wanted)],
        leaving === undefined ? leavingOf(family, actual, desired === null ? [] : null) : leaving,
      )
    }),
    trailer: [],
  }
}
