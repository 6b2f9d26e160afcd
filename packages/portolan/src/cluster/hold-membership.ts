import { holdMember } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/**
 * Locks the membership of this host until the returned function is called.
 *
 * @param why - what the other process and this one would do to each other
 * @throws PortolanError `WATCHED` that names the process with the lock
 */
export const holdMembership = async (directory: string, why: string): Promise<() => void> => {
  const hold = await holdMember(directory)
  if (hold.kind === 'held') return hold.end
  const stop =
    hold.by === null
      ? '`systemctl stop portolan-cluster` where it is the unit'
      : `kill ${hold.by.pid}, or \`systemctl stop portolan-cluster\` where it is the unit`
  throw new PortolanError(
    'WATCHED',
    `\`portolan cluster join --watch\` runs on this host (process ${hold.by?.pid ?? 'unknown: it is of another user or container'}), ${why} Stop it first (${stop}), and run this again. Nothing was changed.`,
  )
}
