import {
  type BlockSnapshot,
  type ClusterBlock,
  describeCluster,
  neighboursOf,
  runBlockSteps,
} from '@portolan/core'
import {
  forgottenOf,
  holderOf,
  type KnownBlocks,
  reclaimForgotten,
  unreadBlocks,
  withUnknownHosts,
} from '@portolan/core/planning'
import { type RememberedMember, writeMember, writeNeighbours } from '@portolan/host'
import { seenIn } from '../../cluster/lost-data.ts'
import { memberOf, newNonce } from '../../cluster/this-member.ts'
import type { ClusterCall } from './call.ts'

/** Blocks of a host that is off for good. etcd lost them with its data, and this host remembers them. */
export interface ForgottenHere {
  readonly member: RememberedMember | null
  readonly known: Pick<KnownBlocks, 'lost' | 'seen'>
  readonly blocks: readonly { readonly block: string; readonly host: string }[]
}

/** The result for such blocks. */
export interface FreedBlocks {
  /** The blocks that are free in the cluster now. */
  readonly reclaimed: ForgottenHere['blocks']
  /**
   * Blocks that are not free, and that only this host no longer counts as those of that host. `takenBy`: the host that
   * has the block by etcd; null: no pool has the block.
   */
  readonly forgotten: readonly {
    readonly block: string
    readonly host: string
    readonly takenBy: string | null
  }[]
}

export const noneFreed: FreedBlocks = { reclaimed: [], forgotten: [] }

/** @param host - the named host; null: none is named, and blocks that etcd does not know are left to their host */
export const forgottenHere = async (
  { directory, name }: ClusterCall,
  member: RememberedMember | null,
  snapshot: BlockSnapshot,
  host: string | null,
): Promise<ForgottenHere> => {
  const known = { lost: member?.lost ?? [], seen: await seenIn(directory, name) }
  const blocks = host === null || member === null ? [] : forgottenOf(snapshot, host, known)
  return { member, known, blocks: blocks.map((block) => ({ block, host: host ?? '' })) }
}

export const isAlive = (snapshot: BlockSnapshot, { blocks }: Pick<ForgottenHere, 'blocks'>): boolean =>
  describeCluster(snapshot).hosts.some(({ host, alive }) => alive && blocks.some((one) => one.host === host))

/**
 * Frees such blocks. Where a block is not free, this host only forgets which host had it. A block whose key cannot be
 * read is left to the host.
 */
export const freeForgotten = async (
  { store, directory, name }: ClusterCall,
  { member: was, known, blocks }: ForgottenHere,
): Promise<FreedBlocks> => {
  const host = blocks[0]?.host
  if (host === undefined || was === null) return noneFreed
  const freed = await runBlockSteps(store, reclaimForgotten(host, known, newNonce))
  const before = await seenIn(directory, name)
  const member = (await memberOf(directory, name)) ?? was
  const now = await store.read()
  const isBack = isAlive(now, { blocks })
  const unread = unreadBlocks(now).map(({ block }) => block)
  const left = isBack
    ? []
    : forgottenOf(now, host, { lost: member.lost, seen: before }).filter((block) => !unread.includes(block))
  // What etcd says of these blocks counts again.
  const isLeft = (one: { readonly block: string; readonly host: string }): boolean =>
    one.host === host && left.includes(one.block)
  const seen = before === null ? null : { ...before, others: before.others.filter((one) => !isLeft(one)) }
  await writeNeighbours(
    directory,
    withUnknownHosts(neighboursOf(now, { ...member, cluster: name }), seen, now),
  )
  const holders = held(now)
  // This includes what a `join` of this host has written since.
  await forgetHolder(directory, (await memberOf(directory, name)) ?? member, host, left, holders)
  return {
    reclaimed: freed.map((block) => ({ block, host })),
    forgotten: left.map((block) => ({ block, host, takenBy: holderOf(block, holders)?.host ?? null })),
  }
}

/** Forgets that the host took a block which this host had before. */
const forgetHolder = async (
  directory: string,
  member: RememberedMember,
  host: string,
  left: readonly string[],
  holders: readonly ClusterBlock[],
): Promise<void> => {
  if (!member.lost.some(({ block, takenBy }) => takenBy === host && left.includes(block))) return
  const lost = member.lost.map((one) => {
    if (one.takenBy !== host || !left.includes(one.block)) return one
    const holder = holderOf(one.block, holders)
    return { block: one.block, takenBy: holder?.host ?? null, revision: holder?.revision ?? 0 }
  })
  await writeMember(directory, { ...member, lost })
}

const held = (snapshot: BlockSnapshot): readonly ClusterBlock[] =>
  describeCluster(snapshot).hosts.flatMap(({ blocks }) => blocks)

export const forgottenText = ({ block, host, takenBy }: FreedBlocks['forgotten'][number]): string =>
  `${block} no longer counts as that of ${host} here: ${takenBy === null ? 'no pool has it' : `by etcd, ${takenBy} has it`}`
