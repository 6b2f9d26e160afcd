import type { RuleApplyOptions, Runner } from '@portolan/core'
import { checkApplyOptions } from '@portolan/core/planning'
import type { NftablesChange } from '../model/change.ts'
import { sendChanges } from '../wire/write/apply-live.ts'
import { applyFailure } from './failure.ts'
import { transaction } from './transaction.ts'

/**
 * Carries out changes in one transaction: all of them, or none. An empty list does nothing. With a socket no program is
 * started, except for the changes that `applyLive` leaves to nft.
 *
 * @throws StaleStateError when the table is not what the changes were made for: read it and plan again
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError with the kernel's or nft's words, and the command it refused
 * @example
 * await apply(diff(await inspect(runner), desired), runner)
 * await apply(diff(await inspect(runner, { socket }), desired), runner, { socket })
 * @public @since 0.1.0
 */
export const apply = async (
  changes: readonly NftablesChange[],
  runner: Runner,
  options: RuleApplyOptions = {},
): Promise<void> => {
  checkApplyOptions(options, 'apply')
  const { socket = null, generation = null } = options
  if (changes.length === 0) return
  if (socket !== null && (await sendChanges(changes, socket, generation))) return
  const script = transaction(changes)
  const result = await runner.run('nft', ['-f', '-'], { input: script })
  if (result.exitCode !== 0) throw applyFailure(script, result)
}

/** The number of kernel transactions in which `apply` carries out these changes. */
export const transactions = (changes: readonly NftablesChange[]): number => (changes.length === 0 ? 0 : 1)
