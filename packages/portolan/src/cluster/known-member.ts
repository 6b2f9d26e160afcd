import { hostname } from 'node:os'
import { type BlockSnapshot, type ClusterMember, describeCluster } from '@portolan/core'
import { type RememberedMember, readNetworkFacts } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { forgottenMember } from './forgotten-member.ts'
import { type JoinPlace, joinLine } from './join-line.ts'
import { networksUp, networksUpIn } from './networks-up.ts'
import { hasJoined, memberOf } from './this-member.ts'

/** The cluster host that this machine is, for plans of routes and rules. */
export interface KnownMember {
  readonly member: ClusterMember & Partial<Pick<RememberedMember, 'elsewhere' | 'earlier'>>
  /** The state directory was lost. The networks that are up here and the cluster's records tell the host. */
  readonly isForgotten: boolean
}

/** What this host remembers of a cluster that it has joined; null: it has not joined. */
export const joinedMember = async (directory: string, name: string): Promise<RememberedMember | null> => {
  const member = await memberOf(directory, name)
  return member !== null && hasJoined(member) ? member : null
}

/** A host with networks in the pools of a cluster that matches none of the cluster's hosts. */
export interface UnknownMember {
  readonly member: null
  /** `shop/web` */
  readonly networks: readonly string[]
}

/**
 * Finds the cluster host that this machine is. When the state directory was lost, the cluster's records and the
 * networks that are up here tell which host it was. Plans and watches both call this.
 *
 * @param read - reads the cluster; null: it does not answer
 */
export const knownMember = async (
  directory: string,
  name: string,
  read: () => Promise<BlockSnapshot | null>,
): Promise<KnownMember | UnknownMember | null> => {
  const member = await joinedMember(directory, name)
  if (member !== null) return { member, isForgotten: false }
  const facts = await readNetworkFacts()
  const snapshot = (networksUp(facts) ?? []).length === 0 ? null : await read()
  return snapshot === null ? null : knownByFacts(snapshot, facts)
}

/**
 * Finds the cluster host that a machine without memory was, by its facts; null: it has no network in the cluster's
 * pools.
 */
export const knownByFacts = (
  snapshot: BlockSnapshot,
  facts: HostFacts,
): KnownMember | UnknownMember | null => {
  const was = forgottenMember(snapshot, facts, hostname())
  if (was !== null) return { member: was, isForgotten: true }
  const networks = networksInPools(snapshot, facts)
  return networks.length === 0 ? null : { member: null, networks }
}

/** The networks that are up here in pools of a cluster, or in blocks whose pool was removed. */
const networksInPools = (snapshot: BlockSnapshot, facts: HostFacts): readonly string[] => {
  const { pools, hosts } = describeCluster(snapshot)
  const ranges = [
    ...pools.map(({ pool }) => pool.slice(0, pool.lastIndexOf(':'))),
    ...hosts.flatMap(({ blocks }) => blocks.map(({ block }) => block)),
  ]
  return networksUpIn(ranges, facts)
}

/** The message about a host that the cluster does not know, although its networks are in the cluster's pools. */
export const unknownText = (place: JoinPlace, name: string, networks: readonly string[]): string =>
  `it is not known which host of cluster ${name} this machine is, so routes and rules towards other hosts are not planned. Its networks (${networks.join(', ')}) are in the pools of the cluster. But the state directory ${place.directory} remembers no block there, and no host there has the name or an address of this machine and blocks with its networks. Join the cluster: \`${joinLine(place)}\`, with --member if the host's name there is not the machine's. It then gets a block, and \`portolan plan\` says which network has to move, and how.`

/** The message about a host whose state directory was lost. */
export const forgottenText = (place: JoinPlace, name: string, { host }: ClusterMember): string =>
  `the state directory ${place.directory} remembers no block of cluster ${name}, and networks of this host are in blocks of ${host} there. Routes and rules towards other hosts are planned as for ${host}, and no new network gets a subnet. If the directory was lost, get the blocks back: \`${joinLine(place, '--takeover', '--member', host)}\`.`
