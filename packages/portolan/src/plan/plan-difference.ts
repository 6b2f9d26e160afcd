import type { Conflict } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'
import { type Look, plainLook } from '../text/look.ts'
import { wrapLine } from '../text/wrap-line.ts'
import { conflictIdentity } from './conflict-identity.ts'
import type { Plan, PlanChange, PlannedAddress } from './plan.ts'
import { changeJson } from './plan-json.ts'
import { printChanges } from './print/print-changes.ts'
import { printConflicts } from './print/print-conflicts.ts'
import { printSections } from './print/print-sections.ts'

/**
 * The parts of a plan that were not in an earlier plan, to which a user has agreed.
 * @internal
 */
export interface PlanDifference {
  /** Changes that only the later plan makes. */
  readonly added: readonly PlanChange[]
  /** Changes that only the earlier plan made. */
  readonly dropped: readonly PlanChange[]
  /** Conflicts that the earlier plan did not have, or had with less severity or certainty. */
  readonly conflicts: readonly Conflict[]
  /** Addresses that the earlier plan did not give. */
  readonly addresses: readonly PlannedAddress[]
}

type Planned = Pick<Plan, 'changes' | 'conflicts' | 'addresses'>

/**
 * Compares two plans for one intent by their texts.
 * @returns null: the later plan says nothing new
 * @internal
 */
export const comparePlans = (earlier: Planned, later: Planned): PlanDifference | null => {
  const difference: PlanDifference = {
    added: missingFrom(earlier.changes, later.changes, changeJson),
    dropped: missingFrom(later.changes, earlier.changes, changeJson),
    conflicts: missingFrom(earlier.conflicts, later.conflicts, reportedParts),
    addresses: missingFrom(earlier.addresses, later.addresses, (address) => address),
  }
  return Object.values(difference).every((list: readonly unknown[]) => list.length === 0) ? null : difference
}

/** The items of a list that another list lacks, compared by an identity. */
const missingFrom = <Item>(
  known: readonly Item[],
  list: readonly Item[],
  identity: (item: Item) => unknown,
): readonly Item[] => {
  const seen = new Set(known.map((item) => JSON.stringify(identity(item))))
  return list.filter((item) => !seen.has(JSON.stringify(identity(item))))
}

/** The identity of a conflict, with its certainty and message. The identity may be the same in both families. */
const reportedParts = (conflict: Conflict): readonly string[] => [
  conflictIdentity(conflict),
  conflict.certainty,
  conflict.message,
]

/**
 * A difference as a text for people. It shows every rule, not counts: the list is short, and unseen rules are its
 * purpose.
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
