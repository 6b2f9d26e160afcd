import type { Lease } from '@portolan/core'
import { placeText, visibleLine } from '@portolan/netfilter'
import { type Look, plainLook } from '../../text/look.ts'
import { wrapLine } from '../../text/wrap-line.ts'
import { blockingConflicts } from '../blocking-conflicts.ts'
import type { Plan } from '../plan.ts'
import { countChanges } from './count-changes.ts'
import { printChanges } from './print-changes.ts'
import { printConflicts } from './print-conflicts.ts'
import { printIncomplete } from './print-incomplete.ts'
import { printAddresses, printNetworks } from './print-networks.ts'
import { printOpenings } from './print-openings.ts'
import { printPorts } from './print-ports.ts'
import { printSections } from './print-sections.ts'

/**
 * A plan as a text for people: its size, its conflicts, the choices with their reasons, its changes, and notes.
 * @param moved - the networks that the plan was asked to move
 * @internal
 */
export const printPlan = (
  plan: Omit<Plan, 'toString' | 'toJSON'>,
  look: Look = plainLook,
  moved: readonly string[] = [],
): string =>
  printSections(
    [
      { title: `Plan for project ${plan.project} with ${plan.backend}`, lines: printHead(plan, look, moved) },
      { title: 'Conflicts', lines: printConflicts(plan.conflicts, look) },
      { title: 'Not searched for conflicts', lines: printIncomplete(plan.incomplete, look) },
      { title: 'Networks', lines: printNetworks(plan.subnets, plan.desired, look) },
      { title: 'Addresses', lines: printAddresses(plan, look) },
      { title: 'Ports', lines: printPorts(plan.desired.mappings, look) },
      { title: 'Reached on their own addresses', lines: printOpenings(plan.desired.openings, look) },
      {
        title: 'Changes, in this order',
        lines: (look.rules ? printChanges : countChanges)(plan.changes, look),
      },
      { title: 'Notes', lines: plan.notes.flatMap((note) => printNote(note, look)) },
    ],
    look,
  )

const printHead = (
  plan: Pick<Plan, 'summary' | 'conflicts' | 'leases' | 'notes' | 'incomplete' | 'subnets'>,
  { columns }: Look,
  moved: readonly string[],
): readonly string[] =>
  wrapLine(
    [
      printSummary(plan, blockingConflicts(plan, moved).length),
      ...leaseWords(plan),
      ...otherCounts(plan),
    ].join(' '),
    columns,
    2,
  )

const leaseWords = ({ leases }: Pick<Plan, 'leases'>): readonly string[] => {
  const taken = leases?.changes.filter(({ after }) => isHeld(after)).length ?? 0
  const released = leases?.changes.filter(({ before, after }) => isHeld(before) && !isHeld(after)).length ?? 0
  return taken + released === 0 ? [] : [`Leases: ${taken} to take, ${released} to give up.`]
}

const isHeld = (lease: Lease | null): boolean =>
  lease !== null && !(lease.kind === 'address' && lease.released !== null)

/** The counts of the further sections, so that a reader of the head alone knows about them. */
const otherCounts = ({
  conflicts,
  notes,
  incomplete,
}: Pick<Plan, 'conflicts' | 'notes' | 'incomplete'>): readonly string[] => {
  const many = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = conflicts.filter((conflict) => conflict.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity}${count === 1 || severity === 'info' ? '' : 's'}`]
  })
  return [
    ...(many.length === 0 ? [] : [`Conflicts: ${many.join(', ')}.`]),
    ...(incomplete.length === 0 ? [] : [`Not searched: ${incomplete.length}.`]),
    ...(notes.length === 0 ? [] : [`Notes: ${notes.length}.`]),
  ]
}

const printNote = ({ text, place }: Plan['notes'][number], { columns }: Look): readonly string[] =>
  wrapLine(`  ${visibleLine(`${place === null ? '' : `${placeText(place)}: `}${text}`)}`, columns, 6)

/**
 * The number of changes, and of conflicts that block them or need mending.
 * @param blocking - the number of conflicts that block the plan; null: those of severity error
 * @internal
 */
export const printSummary = (
  { summary, conflicts }: Pick<Plan, 'summary' | 'conflicts'>,
  blocking: number | null = null,
): string => {
  const errors = conflicts.filter(({ severity }) => severity === 'error').length
  const { add, change, remove } = summary
  const isDone = add + change + remove === 0
  const changes = isDone
    ? 'Nothing to do.'
    : `Changes: ${add} to add, ${change} to change, ${remove} to remove.`
  if (errors === 0) return changes
  const isBlocked = !isDone && blocking !== 0
  const count = isBlocked ? (blocking ?? errors) : errors
  const many = count === 1 ? '1 conflict' : `${count} conflicts`
  return isBlocked ? `${changes} Blocked by ${many}.` : `${changes} ${many} to mend.`
}
