import { link } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlockMove, ClusterMember, LostElsewhere, RememberedBlock } from '@portolan/core'
import { clusterLine } from '@portolan/core/planning'
import { parsePrefix } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { stateNamed } from '../state/state-file.ts'
import {
  isFields,
  notUnderstood,
  type RememberedFile,
  readRemembered,
  recordIn,
  recordText,
  writeRemembered,
} from './remembered-file.ts'

/**
 * What a host remembers about itself in a cluster, besides its leases.
 * @public @since 0.1.0
 */
export interface RememberedMember {
  readonly cluster: string
  /** The name of the host in the cluster. */
  readonly host: string
  /** A text drawn once, which distinguishes the host from another machine with its name. */
  readonly incarnation: string
  /** The pools in which hosts of the cluster claim blocks, now or formerly. */
  readonly pools: readonly string[]
  readonly blocks: readonly RememberedBlock[]
  /**
   * The blocks of the host that are in no pool any more. The host gives such a block back once it has no network in it.
   */
  readonly leaving: readonly string[]
  /** Blocks that the host has lost, and in which it may still have networks. */
  readonly lost: readonly BlockMove[]
  /**
   * True: the host gave back its blocks and its name, or its first call was refused. It becomes `host` again where that
   * name is requested or is the machine's.
   */
  readonly left?: boolean
  /** The URL by which the host joined, for printed commands; absent: no URL is known that is valid in every folder. */
  readonly url?: string
  /**
   * Pools of clusters that the host was in before. Routes in them are the host's own. Absent: it was in no other
   * cluster.
   */
  readonly elsewhere?: readonly string[]
  /** Blocks of those clusters in which the host may still have networks. Absent: none. */
  readonly lostElsewhere?: readonly LostElsewhere[]
  /** The former names of the host, which it gave up. An older copy of etcd may have blocks for them. Absent: none. */
  readonly earlier?: readonly ClusterMember[]
}

export const memberFile = (directory: string): string => join(directory, 'cluster.json')

const fileIn = (directory: string): RememberedFile => ({
  directory,
  file: memberFile(directory),
  does: 'says which blocks of a cluster this host has',
})

/**
 * A `cluster join` command for this directory. It names no cluster: the file that would name it is damaged, and the
 * failing command may know none either.
 */
export const joinCommand = (directory: string, ...options: readonly string[]): string =>
  clusterLine('join', { cluster: null, state: stateNamed(directory) }, options)

export const withCluster = 'with --cluster URL where config.yaml names no cluster'

/**
 * Reads what this host remembered about itself in a cluster.
 *
 * @returns null: the host has not joined a cluster
 * @throws PortolanError (`STATE`) when the file is damaged, or as root when others may write to it; PermissionError
 * when it may not be read
 * @example
 * await readMember('/nowhere') // null
 * @public @since 0.1.0
 */
export const readMember = async (directory: string): Promise<RememberedMember | null> => {
  const remembered = fileIn(directory)
  const text = await readRemembered(remembered)
  if (text === null) return null
  const member = parseMember(text)
  if (member !== null) return member
  const anew = `run \`${joinCommand(directory, '--takeover')}\`, ${withCluster}: that gets the blocks back once no program keeps this host alive in the cluster`
  throw notUnderstood(remembered, text, `Move it away, and ${anew}`, `move it away, and ${anew}`)
}

/**
 * Remembers what this host is in a cluster. A process that is killed leaves the former record or the new one.
 *
 * @returns the record now in the file: with `isFirst`, the one of another process that wrote it first
 * @throws PortolanError (`STATE`) when the record cannot be written; PermissionError when it may not be
 * @example
 * await writeMember(directory, { ...member, blocks })
 * @public @since 0.1.0
 */
export const writeMember = async (
  directory: string,
  member: RememberedMember,
  { isFirst = false }: { readonly isFirst?: boolean } = {},
): Promise<RememberedMember> => {
  const text = recordText(member)
  if (!isFirst) await writeRemembered(fileIn(directory), text)
  // Of two processes that begin at once, one writes first, and both then are the same host.
  else if (!(await writeRemembered(fileIn(directory), text, linked)))
    return (await readMember(directory)) ?? member
  return member
}

const linked = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

const isPrefix = (value: unknown): boolean => {
  try {
    return isText(value) && parsePrefix(value).length >= 0
  } catch {
    return false
  }
}

/** Tells whether a text is a pool. It accepts the ranges of earlier versions, which `parsePool` refuses. */
export const isPool = (value: unknown): value is string =>
  isText(value) && /:\d+$/.test(value) && isPrefix(value.slice(0, value.lastIndexOf(':')))

const isBlock = (value: unknown): value is RememberedBlock =>
  isFields(value) && isPrefix(value.block) && typeof value.revision === 'number'

const isBlockText = (value: unknown): value is string => isPrefix(value)

const isMove = (value: unknown): value is BlockMove =>
  isBlock(value) && 'takenBy' in value && (value.takenBy === null || isText(value.takenBy))

const isLostElsewhere = (value: unknown): value is LostElsewhere =>
  isFields(value) && isText(value.cluster) && isPrefix(value.block)

const isMember = (value: unknown): value is ClusterMember =>
  isFields(value) && isText(value.host) && isText(value.incarnation)

const listOf = <Item>(value: unknown, is: (item: unknown) => item is Item): readonly Item[] | null =>
  Array.isArray(value) && value.every(is) ? value : null

const parseMember = (text: string): RememberedMember | null => {
  const value = recordIn(text)
  if (value === null) return null
  const { cluster, host, incarnation, url } = value
  const pools = listOf(value.pools, isPool)
  const blocks = listOf(value.blocks, isBlock)
  const lost = listOf(value.lost, isMove)
  // Earlier versions did not write these.
  const leaving = listOf(value.leaving ?? [], isBlockText)
  const elsewhere = listOf(value.elsewhere ?? [], isPool)
  const lostElsewhere = listOf(value.lostElsewhere ?? [], isLostElsewhere)
  const earlier = listOf(value.earlier ?? [], isMember)
  if (!isText(cluster) || !isText(host) || !isText(incarnation)) return null
  if (pools === null || blocks === null || lost === null || leaving === null) return null
  if (elsewhere === null || lostElsewhere === null || earlier === null) return null
  return {
    ...{ cluster, host, incarnation, pools, blocks, leaving, lost },
    ...(value.left === true ? { left: true } : {}),
    ...(isText(url) ? { url } : {}),
    ...(elsewhere.length > 0 ? { elsewhere } : {}),
    ...(lostElsewhere.length > 0 ? { lostElsewhere } : {}),
    ...(earlier.length > 0 ? { earlier } : {}),
  }
}
