import type { ClusterView } from '@portolan/core'
import type { RememberedMember } from '@portolan/host'
import { clusterLine, type JoinPlace, lineThere } from './join-line.ts'

/**
 * Sentences about blocks that a cluster has under an earlier name of this host. This happens after an older copy of
 * etcd's data was restored. A host of that name never becomes alive again, and other hosts may route its blocks here.
 *
 * @returns one sentence for each name
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
      `etcd says that ${named} of cluster ${cluster} belongs to ${host}, the name of this host before it became ${now}: etcd has an older copy of its data. Other hosts may send the packets for ${left.length === 1 ? 'it' : 'them'} here. Free ${left.length === 1 ? 'it' : 'them'}: \`${clusterLine('reclaim', place, ['--member', host])}\`, and then run \`${lineThere('join', place)}\` on the machine that had ${left.length === 1 ? 'it' : 'them'} last.`,
    ]
  })
