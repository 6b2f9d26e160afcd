import type { Conflict } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'
import { type Look, plainLook } from '../text/look.ts'
import { wrapLine } from '../text/wrap-line.ts'
import { conflictIdentity } from '../watch/conflict-identity.ts'
import type { Plan, PlanChange, PlannedAddress } from './plan.ts'
import { changeJson } from './plan-json.ts'
import { printChanges } from './print/print-changes.ts'
import { printConflicts } from './print/print-conflicts.ts'
import { printSections } from './print/print-sections.ts'

/**
 * What of a plan a user that agreed to an earlier one has not seen.
 * @internal
 */
export interface PlanDifference {
  /** Changes that only the later plan makes. */
  readonly added: readonly PlanChange[]
  /** Changes that only the earlier one made. */
  readonly dropped: readonly PlanChange[]
  /** Conflicts that the earlier one did not have, or had with less severity or certainty. */
  readonly conflicts: readonly Conflict[]
  /** Addresses that the earlier one did not give. */
  readonly addresses: readonly PlannedAddress[]
}

type Planned = Pick<Plan, 'changes' | 'conflicts' | 'addresses'>

/**
 * Compares two plans for one intent by what they say.
 * @returns null when the later one says nothing new
 * @internal
 */
export const comparePlans = (earlier: Planned, later: Planned): PlanDifference | null => {
  const difference: PlanDifference = {
    added: missingFrom(earlier.changes, later.changes, changeJson),
    dropped: missingFrom(later.changes, earlier.changes, changeJson),
    conflicts: missingFrom(earlier.conflicts, later.conflicts, whatIsSaid),
    addresses: missingFrom(earlier.addresses, later.addresses, (address) => address),
  }
  return Object.values(difference).every((list: readonly unknown[]) => list.length === 0) ? null : difference
}

/** What is in one list and not in another, by what is said of it. */
const missingFrom = <Item>(
  known: readonly Item[],
  list: readonly Item[],
  identity: (item: Item) => unknown,
): readonly Item[] => {
  const seen = new Set(known.map((item) => JSON.stringify(identity(item))))
  return list.filter((item) => !seen.has(JSON.stringify(identity(item))))
}

/** What a conflict is, with how certain it is and its words: those may be the same for both families. */
const whatIsSaid = (conflict: Conflict): readonly string[] => [
  conflictIdentity(conflict),
  conflict.certainty,
  conflict.message,
]

/**
 * A difference as a text for people: what is new first. It shows rules, not counts: it is short, and what has not been
 * seen yet is what it is for.
 * @internal
 */
export const printDifference = (
  { added, dropped, conflicts, addresses }: PlanDifference,
  look: Look = plainLook,
): string =>
  [
    look.style.bold('The plan has changed'),
    printSections(
      [
        { title: 'Conflicts that are new', lines: printConflicts(conflicts, look) },
        {
          title: 'Addresses that differ',
          lines: addresses.flatMap(({ service, network, address }) =>
            wrapLine(visibleLine(`  ${service} on ${network}: ${address}`), look.columns, 6),
          ),
        },
        { title: 'Changes that are new', lines: added.length === 0 ? [] : printChanges(added, look) },
        {
          title: 'Changes that are not made any more',
          lines: dropped.length === 0 ? [] : printChanges(dropped, look),
        },
      ],
      look,
    ),
  ].join('\n\n')
