import type { Conflict, IncompleteSearch } from '@portolan/core'
import { shellLine } from '@portolan/netfilter'
import type { PlannedSearch } from './find-conflicts.ts'
import type { FixChange, FixedConflicts } from './fix-change.ts'

/** The fixes of a plan, and the conflicts that are left with them. */
export interface MendedPlan {
  readonly changes: readonly FixChange[]
  readonly conflicts: readonly Conflict[]
  readonly incomplete: readonly IncompleteSearch[]
}

/** How often the search is repeated with the fixes in place. Each round shows what the removed refusals had hidden. */
const MOST_ROUNDS = 4

/**
 * Mends conflicts by documented hooks, and searches again with the fixes in place, until no more can be mended. A
 * refusal that is opened may hide another one. That one is reported now, as severe as it is then, so the next plan
 * finds no error that this plan did not report.
 *
 * @param withOthers - adds the conflicts that do not come from rules
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

/** Replaces a remedy that this plan already carries out: the conflict is there in spite of it. */
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
