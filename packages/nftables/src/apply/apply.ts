import type { Runner } from '@portolan/core'
import type { NftablesChange } from '../diff/change.ts'
import { applyFailure } from './failure.ts'
import { transaction } from './transaction.ts'

/**
 * Carries out changes in one transaction: all of them, or none. Without changes nothing is run.
 *
 * @throws StaleStateError when the table is not what the changes were made for: read it and plan again
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError with nft's words and the line it refused
 * @example
 * await apply(diff(await inspect(runner), desired), runner)
 * @public @since 0.1.0
 */
export const apply = async (changes: readonly NftablesChange[], runner: Runner): Promise<void> => {
  if (changes.length === 0) return
  const script = transaction(changes)
  const result = await runner.run('nft', ['-f', '-'], { input: script })
  if (result.exitCode !== 0) throw applyFailure(script, result)
}

/** How many transactions of the kernel `apply` makes of changes. */
export const transactions = (changes: readonly NftablesChange[]): number => (changes.length === 0 ? 0 : 1)
