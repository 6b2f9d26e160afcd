import {
  type BlockSnapshot,
  type ClusterNeighbours,
  describeCluster,
  neighboursOf,
  runBlockSteps,
} from '@portolan/core'
import {
  forgottenOf,
  holderOf,
  type KnownBlocks,
  reclaimForgotten,
  unknownHosts,
  withUnknownHosts,
} from '@portolan/core/planning'
import { type RememberedMember, writeNeighbours } from '@portolan/host'
import { seenIn } from '../../cluster/lost-data.ts'
import { newNonce } from '../../cluster/this-member.ts'
import type { ClusterCall } from './call.ts'

/** Blocks of a host that is off for good, which etcd lost as it lost data, and which this host remembers. */
export interface ForgottenHere {
  readonly member: RememberedMember | null
  readonly known: Pick<KnownBlocks, 'lost' | 'seen'>
  readonly blocks: readonly { readonly block: string; readonly host: string }[]
}

/** What became of such blocks. */
export interface FreedBlocks {
  /** They are free in the cluster. */
  readonly reclaimed: ForgottenHere['blocks']
  /**
   * Only this host counts them no longer as those of that host, as nothing is free of them: `takenBy` has one by etcd; null: no
   * pool has it.
   */
  readonly forgotten: readonly {
    readonly block: string
    readonly host: string
    readonly takenBy: string | null
  }[]
}

export const noneFreed: FreedBlocks = { reclaimed: [], forgotten: [] }

/** @param host - the one that is named; null: none is, and what a host has that etcd does not know is left to it */
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

export const isAlive = (snapshot: BlockSnapshot, { blocks }: ForgottenHere): boolean =>
  describeCluster(snapshot).hosts.some(({ host, alive }) => alive && blocks.some((one) => one.host === host))

/** Frees them, and forgets here which host had those that are not free. */
export const freeForgotten = async (
  { store, directory, name }: ClusterCall,
  { member, known, blocks }: ForgottenHere,
): Promise<FreedBlocks> => {
  const host = blocks[0]?.host
  if (host === undefined || member === null) return noneFreed
  const freed = await runBlockSteps(store, reclaimForgotten(host, known, newNonce))
  const before = await seenIn(directory, name)
  const now = await store.read()
  const as = (seen: ClusterNeighbours | null): ClusterNeighbours =>
    withUnknownHosts(neighboursOf(now, { ...member, cluster: name }), seen, now)
  const isBack = describeCluster(now).hosts.some((one) => one.host === host && one.alive)
  const left = isBack ? [] : unknownHosts(as(before)).filter((one) => one.host === host)
  const holders = held(now)
  const isLeft = ({ block }: { readonly block: string }): boolean => left.some((one) => one.block === block)
  // What etcd says of these counts again.
  const others = before?.others.filter((one) => !isLeft(one)) ?? []
  await writeNeighbours(directory, as(before === null ? null : { ...before, others }))
  return {
    reclaimed: freed.map((block) => ({ block, host })),
    forgotten: left.map(({ block }) => ({ block, host, takenBy: holderOf(block, holders)?.host ?? null })),
  }
}

const held = (snapshot: BlockSnapshot): readonly { readonly block: string; readonly host: string }[] =>
  describeCluster(snapshot).hosts.flatMap(({ host, blocks }) => blocks.map(({ block }) => ({ block, host })))

export const forgottenText = ({ block, host, takenBy }: FreedBlocks['forgotten'][number]): string =>
  `${block} no longer counts as that of ${host} here: ${takenBy === null ? 'no pool has it' : `by etcd, ${takenBy} has it`}`
