import type { NetlinkSocket, RuleApplyOptions } from '@portolan/core'
import type { NftablesChange } from '../../diff/change.ts'
import { applyAtOnce } from './apply-at-once.ts'

/** @public @since 0.1.0 */
export type LiveOptions = Pick<RuleApplyOptions, 'generation'>

/**
 * Carries out changes over a netlink socket, in one transaction, without a process.
 *
 * @returns false, with nothing done, when the changes are of what `compile` never makes, or of more than the host lets
 * be sent at once: hand them to `apply`
 * @throws StaleStateError when what they create is already there, what they name is gone, or the rules are of
 * another generation than the one named
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws ApplyError with the errno and the command, for anything else the kernel refuses
 * @example
 * if (!(await applyLive(changes, socket))) await apply(changes, runner)
 * @public @since 0.1.0
 */
export const applyLive = async (
  changes: readonly Pick<NftablesChange, 'operation'>[],
  socket: NetlinkSocket,
  { generation = null }: LiveOptions = {},
): Promise<boolean> => applyAtOnce(changes, socket, { generation })
