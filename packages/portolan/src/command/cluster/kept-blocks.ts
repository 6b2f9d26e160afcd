import { type BlockSnapshot, type ClusterView, describeCluster } from '@portolan/core'
import { holderOf, unreadBlocks } from '@portolan/core/planning'
import type { JoinPlace } from '../../cluster/join-line.ts'
import { unreadText } from '../../cluster/unread-keys.ts'

/** A block that was to be taken, and its host. */
interface AskedBlock {
  readonly block: string
  readonly host: string
}

/** A host whose blocks were not taken, as something changed while it was waited for. */
export interface KeptHost {
  readonly host: string
  readonly blocks: readonly string[]
  /** It came back: it is alive now. */
  readonly alive: boolean
}

/** @param left - what was not taken, and why is not known */
export const keptHosts = (snapshot: BlockSnapshot, left: readonly AskedBlock[]): readonly KeptHost[] => {
  const view = describeCluster(snapshot)
  return hostsOf(left).map((host) => ({
    host,
    blocks: left.flatMap((one) => (one.host === host ? [one.block] : [])),
    alive: isAlive(view, host),
  }))
}

/**
 * Why they were not taken: a line for each host, or each block.
 *
 * @param cluster - its name
 * @param forgotten - those of which etcd does not know yet that the host has them
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
  return hostsOf(left).flatMap((host) => {
    const blocks = left.flatMap((one) => (one.host === host ? [one.block] : []))
    if (isAlive(view, host)) return [`${blocks.join(', ')} left to ${host}: it came back, and is alive now`]
    return blocks.map((block) => {
      const key = unread.find((one) => one.block === block)
      if (key !== undefined) return `${block} left to ${host}: ${unreadText(place, cluster, key)}`
      return forgotten.includes(block)
        ? `${block} left to ${host}: it was alive meanwhile, so it was not off all the while`
        : goneText(view, { block, host })
    })
  })
}

/** Of a host that is not alive now. */
const goneText = ({ hosts }: ClusterView, { block, host }: AskedBlock): string => {
  const held = hosts.flatMap((one) => one.blocks.map((own) => ({ block: own.block, host: one.host })))
  const holder = holderOf(block, held)
  if (holder?.host === host)
    return `${block} left to ${host}: it wrote the key of the block meanwhile, so it was not off all the while`
  const now = holder === null ? 'it was given back or reclaimed meanwhile' : `${holder.host} has it now`
  return `${block} is no longer of ${host}: ${now}`
}

const hostsOf = (blocks: readonly AskedBlock[]): readonly string[] => [
  ...new Set(blocks.map(({ host }) => host)),
]

const isAlive = ({ hosts }: ClusterView, host: string): boolean =>
  hosts.some((one) => one.host === host && one.alive)
