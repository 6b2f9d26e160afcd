import type { HostTraces } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import { isBuiltIn } from '../model/chain/built-in.ts'
import type { IptablesChange } from '../model/change.ts'
import { type CreatedTable, createdBy, listBaseTables, removeCreated } from './base-chains.ts'

/** Finds and removes the tables and base chains that iptables-nft creates. */
export const baseTableTraces: HostTraces<IptablesChange> = {
  foresee: async (changes, runner) => {
    // A table or base chain is created with a rule in a base chain, and most changes add none there.
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

/** Joins the entries of one table. Several applies may each have created a chain in it. */
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

/**
 * Runs work that needs the nft program; null without nft. No other program can see and remove iptables-nft's empty
 * tables, so they stay then.
 */
const withoutNft = async <Result>(work: () => Promise<Result>): Promise<Result | null> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}
