import { type BlockSnapshot, type ClusterView, describeCluster } from '@portolan/core'
import { holderOf, unreadBlocks } from '@portolan/core/planning'
import type { JoinPlace } from '../../cluster/join-line.ts'
import { unreadText } from '../../cluster/unread-keys.ts'

/** A block that was to be taken, and its host. */
interface AskedBlock {
  readonly block: string
  readonly host: string
}

/** A host whose blocks were not taken, because something changed during the wait for it. */
export interface KeptHost {
  readonly host: string
  readonly blocks: readonly string[]
  /** The host came back, and is alive now. */
  readonly alive: boolean
}

/** @param left - the blocks that were not taken; the reason is not known yet */
export const keptHosts = (snapshot: BlockSnapshot, left: readonly AskedBlock[]): readonly KeptHost[] => {
  const view = describeCluster(snapshot)
  return hostsOf(left).map((host) => ({
    host,
    blocks: left.flatMap((one) => (one.host === host ? [one.block] : [])),
    alive: isAlive(view, host),
  }))
}

/**
 * Says why the blocks were not taken: a line for each host, or for each block.
 *
 * @param cluster - the name of the cluster
 * @param forgotten - blocks that the host has, and of which etcd does not know that yet
 */
export const keptTexts = (
  place: JoinPlace,
  cluster: string,
  snapshot: BlockSnapshot,
  left: readonly AskedBlock[],
  forgotten: readonly string[],
): readonly string[] => {
  const view = describeCluster(snapshot)
  const unread = unreadBlocks(snapshot)
  const held = view.hosts.flatMap((one) => one.blocks.map(({ block }) => ({ block, host: one.host })))
  const holderIn = (block: string): string | null => holderOf(block, held)?.host ?? null
  const isKept = (block: string, host: string): boolean =>
    holderIn(block) === host || (forgotten.includes(block) && !unread.some((one) => one.block === block))
  return hostsOf(left).flatMap((host) => {
    const blocks = left.flatMap((one) => (one.host === host ? [one.block] : []))
    const isBack = isAlive(view, host)
    const came = isBack ? blocks.filter((block) => isKept(block, host)) : []
    return [
      ...(came.length === 0 ? [] : [`${came.join(', ')} left to ${host}: it came back, and is alive now`]),
      ...blocks.flatMap((block) => {
        if (came.includes(block)) return []
        const key = unread.find((one) => one.block === block)
        if (key !== undefined) return [`${block} left to ${host}: ${unreadText(place, cluster, key)}`]
        if (!forgotten.includes(block)) return [goneText(holderIn(block), { block, host })]
        return [`${block} left to ${host}: it was alive meanwhile, so it was not off all the while`]
      }),
    ]
  })
}

/** @param holder - the host that has it now; null: none has */
const goneText = (holder: string | null, { block, host }: AskedBlock): string => {
  if (holder === host)
    return `${block} left to ${host}: it wrote the key of the block meanwhile, so it was not off all the while`
  const now = holder === null ? 'it was given back or reclaimed meanwhile' : `${holder} has it now`
  return `${block} no longer belongs to ${host}: ${now}`
}

const hostsOf = (blocks: readonly AskedBlock[]): readonly string[] => [
  ...new Set(blocks.map(({ host }) => host)),
]

const isAlive = ({ hosts }: ClusterView, host: string): boolean =>
  hosts.some((one) => one.host === host && one.alive)
