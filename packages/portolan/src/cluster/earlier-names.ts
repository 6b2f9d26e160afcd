import type { ClusterView } from '@portolan/core'
import type { RememberedMember } from '@portolan/host'
import { clusterLine, type JoinPlace, lineThere } from './join-line.ts'

/**
 * What is to be said of blocks that a cluster has for this host by a name that it gave up: an older copy of etcd, from before, was
 * restored. Such a host is never alive again, and others may route the blocks here.
 *
 * @returns a sentence for each name
 */
export const earlierTexts = (
  place: JoinPlace,
  cluster: string,
  { host: now, incarnation: own, earlier = [] }: Pick<RememberedMember, 'host' | 'incarnation' | 'earlier'>,
  view: Pick<ClusterView, 'hosts'>,
): readonly string[] =>
  view.hosts.flatMap(({ host, blocks }) => {
    const left = blocks.filter(
      ({ incarnation }) =>
        incarnation !== own && earlier.some((one) => one.host === host && one.incarnation === incarnation),
    )
    if (left.length === 0) return []
    const named = left.map(({ block }) => block).join(', ')
    return [
      `etcd says that ${named} of cluster ${cluster} is of ${host}, which was this host before it became ${now}: etcd has an older copy of its data. Other hosts may send the packets for ${left.length === 1 ? 'it' : 'them'} here. Free ${left.length === 1 ? 'it' : 'them'}: \`${clusterLine('reclaim', place, ['--member', host])}\`, and then run \`${lineThere('join', place)}\` on the machine that had ${left.length === 1 ? 'it' : 'them'} last.`,
    ]
  })
