import type { BlockSnapshot } from '@portolan/core'
import { type UnreadBlock, unreadBlocks } from '@portolan/core/planning'
import { type JoinPlace, joinLine, lineThere } from './join-line.ts'

/** The path of a cluster's key in etcd. */
const keyIn = (cluster: string, key: string): string => `/portolan/v1/${cluster}/${key}`

/**
 * The message about a block whose key cannot be read.
 *
 * @param cluster - the name of the cluster
 */
export const unreadText = (place: JoinPlace, cluster: string, { block, key }: UnreadBlock): string => {
  const whole = keyIn(cluster, key)
  return `the key ${whole} of etcd holds what this version of Portolan cannot read. So it is not known which host has block ${block}, and no host claims it. If a newer version wrote the key, use that version here. If the key is damaged, delete it (\`etcdctl del ${whole}\`), and run \`${lineThere('join', place)}\` on the host that had the block, which gets it back.`
}

/**
 * The message about the name of this host, if its key cannot be read.
 *
 * @param cluster - the name of the cluster
 */
export const unreadNameText = (place: JoinPlace, cluster: string, host: string): string => {
  const whole = keyIn(cluster, `hosts/${host}`)
  return `the key ${whole} of etcd holds what this version of Portolan cannot read. So it is not known if this host still has the name ${host}. If a newer version wrote the key, use that version here. If the key is damaged, delete it (\`etcdctl del ${whole}\`), and run \`${joinLine(place)}\` here, which writes it anew.`
}

/** The messages about all such blocks of a cluster. */
export const unreadTexts = (place: JoinPlace, cluster: string, snapshot: BlockSnapshot): readonly string[] =>
  unreadBlocks(snapshot).map((one) => unreadText(place, cluster, one))
