import { readFileSync, realpathSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ClusterNeighbours, type RouteHolder, withoutRouteHolder } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { hostLockFile } from '../lock/host-lock-file.ts'
import { makeStateDirectory } from '../state/make-directory.ts'
import { isSameNamespace, type NamespaceKey, namespaceKey } from '../state/namespace-key.ts'
import { readOwn, writeDurably } from '../state/own-file.ts'
import { readMember } from './member-file.ts'

/** Beside the lock of the host: routes are of a network namespace, and gone after a boot, as this is. */
const noteFile = (): string => join(dirname(hostLockFile()), `routes-${namespaceKey().namespace}.json`)

interface RoutesNote extends NamespaceKey {
  readonly directory: string
}

/**
 * Tells other processes that the routes of this network namespace to blocks of other hosts are those of a state directory.
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
    // The routes are more than what others know of them, and the cluster's data tells most of it too.
  }
}

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** What is noted counts while that directory is there and is in a cluster, as another host than this one. */
const notedHolder = async (stateDirectory: string): Promise<RouteHolder | null> => {
  const directory = notedDirectory()
  if (directory === null || isSamePlace(directory, stateDirectory)) return null
  const [member, own] = [await memberIn(directory), await memberIn(stateDirectory)]
  if (member === null || member.left === true || member.pools.length + member.blocks.length === 0) return null
  // A copy of the directory, or what it was moved from.
  if (member.incarnation === own?.incarnation) return null
  const { cluster, host, url } = member
  const blocks = member.blocks.map(({ block }) => block)
  return { directory, cluster, host, blocks, ...(url === undefined ? {} : { url }) }
}

/**
 * Another state directory that the routes of this network namespace are of, as `noteRouteHolder` wrote it down, where that
 * one is in another cluster.
 *
 * @param neighbours - the other hosts of the cluster of this directory; null: it is in none
 * @returns null: none is known, or they are those of this directory
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
  // Two clusters may have one name, on other servers, and the servers of one may have been given other names.
  const isSame = holder.cluster === neighbours.cluster && holder.blocks.some((block) => held.includes(block))
  return isSame ? null : holder
}

/**
 * The other hosts of a cluster, with the other state directory that the routes of this host are of, where that one is in
 * another cluster.
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
    // Nothing is written down, or what another user wrote.
    return null
  }
}

/** By whichever path and link. */
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
