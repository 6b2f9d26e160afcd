import { visibleLine } from '@portolan/netfilter'
import { countChanges } from '../plan/print/count-changes.ts'
import { printChanges } from '../plan/print/print-changes.ts'
import { printSummary } from '../plan/print/print-plan.ts'
import { printSections } from '../plan/print/print-sections.ts'
import { type Look, plainLook } from '../text/look.ts'
import { wrapLine } from '../text/wrap-line.ts'
import type { Removal } from './plan-removal.ts'

/**
 * Prints a removal for people, in the form of a plan: what is removed. The caller tells what stays and what breaks.
 * @param project - null: all of Portolan
 * @internal
 */
export const printRemoval = (
  removal: Pick<Removal, 'changes' | 'summary' | 'live' | 'leases' | 'texts'>,
  project: string | null,
  look: Look = plainLook,
): string => {
  const { changes, live, leases, texts = [] } = removal
  const wrap = (text: string): readonly string[] => wrapLine(`  ${visibleLine(text)}`, look.columns, 6)
  const notes = [
    ...live.map((name) => `forgets the networks and ports that a live host wants of project ${name}`),
    ...texts.map((name) => `forgets the ${textOf(name)}`),
    ...(leases.length === 0 ? [] : [`gives up ${leaseCount(leases.length)}; --keep-leases keeps them`]),
  ]
  return printSections(
    [
      {
        title: `Removal of ${project === null ? 'all of Portolan' : `project ${project}`}`,
        // Conflicts are left out: use elsewhere does not block a removal, which is asked for by name.
        lines: wrapLine(printSummary({ ...removal, conflicts: [] }), look.columns, 2),
      },
      { title: 'Changes, in this order', lines: (look.rules ? printChanges : countChanges)(changes, look) },
      { title: 'Notes', lines: notes.flatMap(wrap) },
    ],
    look,
  )
}

/**
 * Names the remembered text of a key. A text that an older version wrote down names no project.
 * @internal
 */
export const textOf = (project: string): string =>
  `text ${project === '' ? '' : `of project ${project} `}that was in force last (watch --intent)`

/** @internal */
export const leaseCount = (count: number): string => `${count} ${count === 1 ? 'lease' : 'leases'}`
