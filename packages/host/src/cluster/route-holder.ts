import { readFileSync, realpathSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ClusterNeighbours, type RouteHolder, withoutRouteHolder } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { hostLockFile } from '../lock/host-lock-file.ts'
import { makeStateDirectory } from '../state/make-directory.ts'
import { isSameNamespace, type NamespaceKey, namespaceKey } from '../state/namespace-key.ts'
import { readOwn, writeDurably } from '../state/own-file.ts'
import { readMember } from './member-file.ts'

/** The file is beside the lock of the host, because routes too belong to a network namespace and end with the boot. */
const noteFile = (): string => join(dirname(hostLockFile()), `routes-${namespaceKey().namespace}.json`)

interface RoutesNote extends NamespaceKey {
  readonly directory: string
}

/**
 * Records that the routes of this network namespace to blocks of other hosts belong to a state directory.
 *
 * @example
 * noteRouteHolder('/var/lib/portolan')
 * @public @since 0.1.0
 */
export const noteRouteHolder = (stateDirectory: string): void => {
  try {
    const note: RoutesNote = { ...namespaceKey(), directory: realpathSync(stateDirectory) }
    const [path, text] = [noteFile(), JSON.stringify(note)]
    if (textOf(path) === text) return
    makeStateDirectory(dirname(path))
    const temporary = `${path}.${process.pid}.tmp`
    writeDurably(temporary, text)
    renameSync(temporary, path)
  } catch {
    // A failure is ignored: the routes matter more than this record, and the cluster's data shows most of it too.
  }
}

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** The recorded holder. It counts while its directory exists and is in a cluster as another host than this one. */
const notedHolder = async (stateDirectory: string): Promise<RouteHolder | null> => {
  const directory = notedDirectory()
  if (directory === null || isSamePlace(directory, stateDirectory)) return null
  const [member, own] = [await memberIn(directory), await memberIn(stateDirectory)]
  if (member === null || member.left === true || member.pools.length + member.blocks.length === 0) return null
  // That directory is a copy of this one, or this one was moved from it.
  if (member.incarnation === own?.incarnation) return null
  const { cluster, host, url } = member
  const blocks = member.blocks.map(({ block }) => block)
  return { directory, cluster, host, blocks, ...(url === undefined ? {} : { url }) }
}

/**
 * Finds another state directory that the routes of this network namespace belong to, as `noteRouteHolder` recorded it.
 * It must be in another cluster.
 *
 * @param neighbours - the other hosts of this directory's cluster; null: the directory is in no cluster
 * @returns null: no such directory is known, or the routes belong to this one
 * @example
 * await otherRouteHolder('/var/lib/portolan', null) // null
 * @public @since 0.1.0
 */
export const otherRouteHolder = async (
  stateDirectory: string,
  neighbours: ClusterNeighbours | null,
): Promise<RouteHolder | null> => {
  const holder = await notedHolder(stateDirectory)
  if (holder === null || neighbours === null) return holder
  const held = [...neighbours.blocks, ...neighbours.others.map(({ block }) => block)]
  // Two clusters on different servers may have the same name, and one cluster's servers may have got other names. So
  // the clusters are the same if they have the same name and a common block.
  const isSame = holder.cluster === neighbours.cluster && holder.blocks.some((block) => held.includes(block))
  return isSame ? null : holder
}

/**
 * Adds to the other hosts of a cluster the other state directory that this host's routes belong to, if that directory
 * is in another cluster.
 *
 * @example
 * await withRouteHolder('/var/lib/portolan', null) // null
 * @public @since 0.1.0
 */
export const withRouteHolder = async (
  stateDirectory: string,
  neighbours: ClusterNeighbours | null,
): Promise<ClusterNeighbours | null> => {
  if (neighbours === null) return null
  const alone = withoutRouteHolder(neighbours)
  const holder = await otherRouteHolder(stateDirectory, alone)
  return holder === null ? alone : { ...alone, routesOf: holder }
}

const notedDirectory = (): string | null => {
  try {
    const path = noteFile()
    const note = JSON.parse(readOwn(`The file ${path}`, path)) as Partial<RoutesNote>
    const { namespace = '', bootId = '', routeSocket = null, directory } = note
    const isHere = isSameNamespace({ namespace, bootId, routeSocket }, namespaceKey()) !== false
    return isHere && typeof directory === 'string' ? directory : null
  } catch {
    // There is no record, or another user wrote it.
    return null
  }
}

/** Tells whether two paths lead to the same directory, through whatever links. */
const isSamePlace = (one: string, other: string): boolean => {
  try {
    const [a, b] = [statSync(one, { bigint: true }), statSync(other, { bigint: true })]
    return a.ino === b.ino && a.dev === b.dev
  } catch {
    return false
  }
}

const memberIn = async (directory: string) => {
  try {
    return await readMember(directory)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
