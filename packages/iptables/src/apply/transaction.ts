import { type Family, families } from '@portolan/netfilter'
import type { IptablesChange, Operation } from '../diff/change.ts'
import { operationLines } from '../print/command.ts'

/** Changes of one table in a row: the kernel takes them at once or not at all. */
export interface Section {
  readonly table: string
  readonly changes: readonly IptablesChange[]
  readonly lines: readonly string[]
}

/**
 * Chains come first, since rules refer to them in both directions; and all chains that go are emptied before
 * the first of them goes, since they refer to one another.
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

/** The changes of one family, parted where the table changes: a table may come twice. */
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
 * What `iptables-restore --noflush` is given to carry out changes of one family.
 *
 * @returns empty when there are none of that family
 * @public @since 0.1.0
 */
export const restoreText = (changes: readonly IptablesChange[], family: Family): string =>
  sections(changes, family)
    .flatMap(({ lines }) => lines)
    .map((line) => `${line}\n`)
    .join('')

/** How many transactions a restore makes of changes: one for each table of each family, as often as its turn comes. */
export const transactions = (changes: readonly IptablesChange[]): number =>
  families.reduce((sum, family) => sum + sections(changes, family).length, 0)
