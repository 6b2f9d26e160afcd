import type { Conflict, IncompleteSearch } from '@portolan/core'
import { shellLine } from '@portolan/netfilter'
import type { PlannedSearch } from './find-conflicts.ts'
import type { FixChange, FixedConflicts } from './fix-change.ts'

/** What a plan mends, and what is left once it has. */
export interface MendedPlan {
  readonly changes: readonly FixChange[]
  readonly conflicts: readonly Conflict[]
  readonly incomplete: readonly IncompleteSearch[]
}

/** So often the search is repeated with the fixes in place. Each time shows what is behind the refusal before it. */
const MOST_ROUNDS = 4

/**
 * Mends conflicts by documented hooks, and searches again with the fixes in place, until nothing more is found to mend.
 * What a refusal hides that is opened is told, and as severe as it is then, before anything is changed: the next plan
 * finds no error that this one did not tell.
 *
 * @param withOthers - the conflicts of a search with those that do not come from rules
 * @param fix - mends what it can
 */
export const mendConflicts = (
  searched: PlannedSearch,
  withOthers: (conflicts: readonly Conflict[]) => readonly Conflict[],
  fix: (conflicts: readonly Conflict[]) => FixedConflicts,
): MendedPlan => {
  const asked = new Set<string>()
  let search = searched
  let fixed = fix(withOthers(search.conflicts))
  let earlier: readonly Conflict[] = []
  for (let round = 0; fixed.mended.length > earlier.length; round += 1) {
    if (round === MOST_ROUNDS) return { ...fixed, incomplete: [...search.incomplete, unendingFixes] }
    const fresh = fixed.mended.slice(earlier.length)
    earlier = fixed.mended
    for (const line of fresh.flatMap(linesOf)) asked.add(line)
    search = search.after(fresh)
    fixed = fix([...earlier, ...withOthers(search.conflicts.map((one) => withoutVain(one, asked)))])
  }
  return { ...fixed, incomplete: search.incomplete }
}

const linesOf = ({ remedy: { hook } }: Conflict): readonly string[] => (hook?.commands ?? []).map(shellLine)

/** What is there in spite of its remedy is not mended by it. */
const withoutVain = (conflict: Conflict, asked: ReadonlySet<string>): Conflict => {
  const { hook } = conflict.remedy
  return hook === undefined || !linesOf(conflict).every((line) => asked.has(line))
    ? conflict
    : {
        ...conflict,
        remedy: {
          text: `What this plan asks of ${hook.name} does not let these pass. After the apply, "portolan conflicts" says what stops them then.`,
          commands: [],
        },
      }
}

const unendingFixes: IncompleteSearch = {
  mapping: null,
  network: null,
  what: 'What the fixes of this plan leave',
  why: `The search was repeated ${MOST_ROUNDS} times with the fixes in place, and found more to mend each time. The next plan tells what is left.`,
}
