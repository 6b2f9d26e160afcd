import type { HostTraces } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import type { IptablesChange } from '../diff/change.ts'
import { isBuiltIn } from '../model/chain/built-in.ts'
import { type CreatedTable, createdBy, listBaseTables, removeCreated } from './base-chains.ts'

/** The tables and base chains that iptables-nft brings into being. */
export const baseTableTraces: HostTraces<IptablesChange> = {
  foresee: async (changes, runner) => {
    // A table or base chain comes into being with a rule in a base chain, and most changes have none there.
    const begins = changes.some(
      ({ operation: { kind, table, chain } }) =>
        kind !== 'delete-rule' && kind !== 'delete-chain' && isBuiltIn(table, chain),
    )
    if (!begins) return []
    const before = await withoutNft(() => listBaseTables(runner))
    return before === null ? [] : createdBy(before, changes)
  },
  remove: async (created, runner) =>
    (await withoutNft(() => removeCreated(merged(created), runner))) !== null,
}

/** Several applies may each have added a chain to one table. */
const merged = (created: readonly CreatedTable[]): readonly CreatedTable[] => {
  const byTable = new Map<string, CreatedTable>()
  for (const one of created) {
    const key = `${one.family} ${one.table}`
    const known = byTable.get(key)
    byTable.set(key, {
      ...one,
      whole: one.whole || known?.whole === true,
      chains: [...new Set([...(known?.chains ?? []), ...one.chains])],
    })
  }
  return [...byTable.values()]
}

/** Only the nft program can see and remove iptables-nft's empty tables; without it they stay. */
const withoutNft = async <Result>(work: () => Promise<Result>): Promise<Result | null> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}
