import { link } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlockMove, ClusterMember, LostElsewhere, RememberedBlock } from '@portolan/core'
import { clusterLine } from '@portolan/core/planning'
import { PortolanError, parsePrefix } from '@portolan/netfilter'
import { stateNamed } from '../state/state-file.ts'
import { type RememberedFile, readRemembered, writeRemembered } from './remembered-file.ts'

/**
 * What a host remembers of itself in a cluster, beside its leases.
 * @public @since 0.1.0
 */
export interface RememberedMember {
  readonly cluster: string
  /** Its name there. */
  readonly host: string
  /** Drawn once: tells it from another machine of its name. */
  readonly incarnation: string
  /** Where hosts of the cluster claim blocks, now or before. */
  readonly pools: readonly string[]
  readonly blocks: readonly RememberedBlock[]
  /** Those of them that no pool has any more: they are given back once no network is in them. */
  readonly leaving: readonly string[]
  /** Blocks that it had, and in which it may still have networks. */
  readonly lost: readonly BlockMove[]
  /**
   * It gave its blocks back, and its name with them, or its first call was refused: it is `host` again where that is asked
   * for, or is the machine's.
   */
  readonly left?: boolean
  /** The URL by which it joined, for commands that are printed; absent: none is known that holds in any folder. */
  readonly url?: string
  /** Pools of clusters that it was in before: routes there are its own. Absent: it was in no other. */
  readonly elsewhere?: readonly string[]
  /** Blocks of those clusters in which it may still have networks. Absent: there are none. */
  readonly lostElsewhere?: readonly LostElsewhere[]
  /** What it was by names that it gave up: an older copy of etcd may have blocks for those. Absent: it had none. */
  readonly earlier?: readonly ClusterMember[]
}

export const memberFile = (directory: string): string => join(directory, 'cluster.json')

const fileIn = (directory: string): RememberedFile => ({
  directory,
  file: memberFile(directory),
  does: 'says which blocks of a cluster this host has',
})

/** The file of this directory is damaged, so that it tells no cluster: the command that asks for it may know none either. */
export const joinCommand = (directory: string, ...options: readonly string[]): string =>
  clusterLine('join', { cluster: null, state: stateNamed(directory) }, options)

export const withCluster = 'with --cluster URL where config.yaml names no cluster'

/**
 * What this host remembered of itself in a cluster.
 *
 * @returns null: it has not joined one
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
  throw new PortolanError(
    'STATE',
    `The file ${remembered.file} is damaged: it ${remembered.does}. Move it away, and run \`${joinCommand(directory, '--takeover')}\`, ${withCluster}: that gets the blocks back once no program keeps this host alive in the cluster.`,
  )
}

/**
 * Remembers what this host is in a cluster. A process that is killed leaves what was remembered before, or this.
 *
 * @returns what is remembered now: with `isFirst`, what another process remembered first
 * @throws PortolanError (`STATE`) when it cannot be written; PermissionError when it may not be
 * @example
 * await writeMember(directory, { ...member, blocks })
 * @public @since 0.1.0
 */
export const writeMember = async (
  directory: string,
  member: RememberedMember,
  { isFirst = false }: { readonly isFirst?: boolean } = {},
): Promise<RememberedMember> => {
  const text = `${JSON.stringify({ version: 1, ...member }, null, 2)}\n`
  if (!isFirst) await writeRemembered(fileIn(directory), text)
  // Of two processes that begin at once, one is first, and both are the same host.
  else if (!(await writeRemembered(fileIn(directory), text, linked)))
    return (await readMember(directory)) ?? member
  return member
}

const linked = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

type Fields = Readonly<Record<string, unknown>>

const isText = (value: unknown): value is string => typeof value === 'string'
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const isPrefix = (value: unknown): boolean => {
  try {
    return isText(value) && parsePrefix(value).length >= 0
  } catch {
    return false
  }
}

/** As an earlier version may have written it, which took ranges that `parsePool` refuses. */
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
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isFields(value) || value.version !== 1) return null
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
