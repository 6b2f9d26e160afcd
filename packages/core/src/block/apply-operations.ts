import type { BlockCondition, BlockEntry, BlockOperation } from './block-store.ts'

export type Entries = ReadonlyMap<string, BlockEntry>

/** Does a condition hold? A missing key counts as created and modified at revision 0. */
export const holds = (entries: Entries, { kind, key, revision }: BlockCondition): boolean =>
  kind === 'unchanged'
    ? [...entries.values()].every((entry) => !entry.key.startsWith(key) || entry.modified <= revision)
    : (entries.get(key)?.[kind] ?? 0) === revision

/** The keys after the operations of one transaction, which made this revision. */
export const applyOperations = (
  entries: Entries,
  operations: readonly BlockOperation[],
  revision: number,
): Entries => {
  const next = new Map(entries)
  for (const operation of operations) {
    const { key } = operation
    if (operation.kind === 'delete') next.delete(key)
    else {
      const created = next.get(key)?.created ?? revision
      next.set(key, { key, value: operation.value, created, modified: revision })
    }
  }
  return next
}
