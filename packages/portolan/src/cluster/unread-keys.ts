import type { BlockSnapshot } from '@portolan/core'
import { type UnreadBlock, unreadBlocks } from '@portolan/core/planning'
import { type JoinPlace, lineThere } from './join-line.ts'

/** Where the keys of a cluster are in etcd. */
const keyIn = (cluster: string, key: string): string => `/portolan/v1/${cluster}/${key}`

/**
 * What is to be said of a block whose key cannot be read.
 *
 * @param cluster - its name
 */
export const unreadText = (place: JoinPlace, cluster: string, { block, key }: UnreadBlock): string => {
  const whole = keyIn(cluster, key)
  return `the key ${whole} of etcd holds what this version of Portolan cannot read. So it is not known which host has block ${block}, and no host claims it. If a newer version wrote the key, use that version here. If the key is damaged, delete it (\`etcdctl del ${whole}\`), and run \`${lineThere('join', place)}\` on the host that had the block, which gets it back.`
}

/** The same of each such block of a cluster. */
export const unreadTexts = (place: JoinPlace, cluster: string, snapshot: BlockSnapshot): readonly string[] =>
  unreadBlocks(snapshot).map((one) => unreadText(place, cluster, one))
