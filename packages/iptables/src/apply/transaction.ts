import { type Family, families } from '@portolan/netfilter'
import type { IptablesChange, Operation } from '../model/change.ts'
import { operationLines } from '../print/command.ts'

/** Consecutive changes of one table. The kernel takes them all at once, or none. */
export interface Section {
  readonly table: string
  readonly changes: readonly IptablesChange[]
  readonly lines: readonly string[]
}

/**
 * The lines for changes of one table. New chains come first, because rules refer to them. All old chains are emptied
 * before the first is deleted, because they refer to one another.
 */
const linesOf = (operations: readonly Operation[]): readonly string[] => {
  const creations = operations.filter((operation) => operation.kind === 'create-chain')
  const removals = operations.filter((operation) => operation.kind === 'delete-chain')
  const rules = operations.filter(
    ({ kind }) => kind === 'insert-rule' || kind === 'delete-rule' || kind === 'move-rule',
  )
  return [
    ...[...creations, ...rules].flatMap(operationLines),
    ...removals.map(({ chain }) => `-F ${chain}`),
    ...removals.map(({ chain }) => `-X ${chain}`),
  ]
}

/** Splits the changes of one family where the table changes. A table may come twice. */
export const sections = (changes: readonly IptablesChange[], family: Family): readonly Section[] => {
  const found: { table: string; changes: IptablesChange[] }[] = []
  for (const change of changes) {
    if (change.operation.family !== family) continue
    const last = found.at(-1)
    if (last?.table === change.operation.table) last.changes.push(change)
    else found.push({ table: change.operation.table, changes: [change] })
  }
  return found.map((section) => ({
    ...section,
    lines: [`*${section.table}`, ...linesOf(section.changes.map((one) => one.operation)), 'COMMIT'],
  }))
}

/**
 * The input for `iptables-restore --noflush` that carries out the changes of one family.
 *
 * @returns an empty text when no change is of that family
 * @public @since 0.1.0
 */
export const restoreText = (changes: readonly IptablesChange[], family: Family): string =>
  sections(changes, family)
    .flatMap(({ lines }) => lines)
    .map((line) => `${line}\n`)
    .join('')

/** The number of kernel transactions for these changes: one for each section of each family. */
export const transactions = (changes: readonly IptablesChange[]): number =>
  families.reduce((sum, family) => sum + sections(changes, family).length, 0)
