import { BlockStoreError } from '@portolan/core'
import { takeoverText } from '@portolan/core/planning'
import type { RememberedMember } from '@portolan/host'
import { claimLine, takeoverLine } from '../../cluster/join-line.ts'
import type { ClusterCall } from './call.ts'

/**
 * The error of a host whose name another machine has by now. As long as this host remembers blocks of that name,
 * another name is refused.
 *
 * @param isLost - has etcd lost its data?
 */
export const nameLost = (
  error: BlockStoreError,
  { options, directory, name }: ClusterCall,
  { host }: RememberedMember,
  isLost: boolean,
): BlockStoreError => {
  const place = { cluster: options.cluster ?? null, directory }
  const way = `\`${claimLine(place, { host, others: [{ host }] }, isLost)}\``
  const twice = 'So this one got no block: two machines of one name would use the same addresses.'
  return new BlockStoreError(
    error.code,
    isLost
      ? `etcd lost data, and the records that are left give the name ${host} in cluster ${name} to another machine. This machine had the name before: it remembers blocks of it. ${twice} ${takeoverText(host, takeoverLine(place))} If another machine has the name, restore a later copy of the data. Or give this one another name in place of NAME, and move its networks as the command says: ${way}.`
      : `Another machine now has the name ${host} in cluster ${name}. This one had it before: it remembers blocks of that name. ${twice} Give it another name in place of NAME, and move its networks as the command says: ${way}. If the other machine must not have the name, stop it, and run this again with --takeover a minute later.`,
    { cause: error },
  )
}

export const isNameTaken = (error: unknown): error is BlockStoreError =>
  error instanceof BlockStoreError && error.code === 'CLUSTER_NAME_TAKEN'
