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
      ? `etcd lost data, and by what is left another machine is ${host} in cluster ${name}. This one was: it remembers blocks of that name. ${twice} ${takeoverText(host, takeoverLine(place))} If another machine has the name, restore a later copy of the data; or give this one another name in the place of NAME, and move its networks as that says: ${way}.`
      : `Another machine is ${host} in cluster ${name} now, and this one was before: it remembers blocks of that name. ${twice} Give it another name in the place of NAME, and move its networks as that says: ${way}. If the other machine must not have the name, stop it, and run this again with --takeover a minute later.`,
    { cause: error },
  )
}

export const isNameTaken = (error: unknown): error is BlockStoreError =>
  error instanceof BlockStoreError && error.code === 'CLUSTER_NAME_TAKEN'
