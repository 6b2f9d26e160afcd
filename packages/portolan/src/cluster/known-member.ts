import { hostname } from 'node:os'
import { type BlockSnapshot, type ClusterMember, describeCluster } from '@portolan/core'
import { type RememberedMember, readNetworkFacts } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { forgottenMember } from './forgotten-member.ts'
import { type JoinPlace, joinLine } from './join-line.ts'
import { networksUp, networksUpIn } from './networks-up.ts'
import { hasJoined, memberOf } from './this-member.ts'

/** What a host is in a cluster, for whatever plans its routes and rules. */
export interface KnownMember {
  readonly member: ClusterMember & Partial<Pick<RememberedMember, 'elsewhere' | 'earlier'>>
  /** Its state directory was lost, and the cluster tells by what is up here. */
  readonly isForgotten: boolean
}

/** What this host remembers to be in a cluster that it has joined; null: nothing. */
export const joinedMember = async (directory: string, name: string): Promise<RememberedMember | null> => {
  const member = await memberOf(directory, name)
  return member !== null && hasJoined(member) ? member : null
}

/** A host that has networks in the pools of a cluster, and that is none of its hosts as far as can be told. */
export interface UnknownMember {
  readonly member: null
  /** `shop/web` */
  readonly networks: readonly string[]
}

/**
 * What this host is in a cluster; or what it was, where its state directory was lost and the cluster tells by what is up
 * here. A plan and a watch both ask here.
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

/** What a host that remembers nothing was in a cluster, as what is up on it tells; null: nothing is in its pools. */
export const knownByFacts = (
  snapshot: BlockSnapshot,
  facts: HostFacts,
): KnownMember | UnknownMember | null => {
  const was = forgottenMember(snapshot, facts, hostname())
  if (was !== null) return { member: was, isForgotten: true }
  const networks = networksInPools(snapshot, facts)
  return networks.length === 0 ? null : { member: null, networks }
}

/** The networks of this host that are up in pools of a cluster, or in blocks there of which a pool was taken away. */
const networksInPools = (snapshot: BlockSnapshot, facts: HostFacts): readonly string[] => {
  const { pools, hosts } = describeCluster(snapshot)
  const ranges = [
    ...pools.map(({ pool }) => pool.slice(0, pool.lastIndexOf(':'))),
    ...hosts.flatMap(({ blocks }) => blocks.map(({ block }) => block)),
  ]
  return networksUpIn(ranges, facts)
}

/** What is to be said of a host that the cluster does not tell, though networks of it are in its pools. */
export const unknownText = (place: JoinPlace, name: string, networks: readonly string[]): string =>
  `the state directory ${place.directory} remembers no block of cluster ${name}, no host there has the name or an address of this one and blocks with its networks, and the pools of the cluster have the addresses of ${networks.join(', ')}. So it is not known which host this is, and routes and rules towards other hosts are not planned. Join the cluster: \`${joinLine(place)}\`, with --member where its name there is another than that of the machine. It gets a block then, and \`portolan plan\` says which network has to move, and how.`

/** What is to be said of a host whose state directory was lost. */
export const forgottenText = (place: JoinPlace, name: string, { host }: ClusterMember): string =>
  `the state directory ${place.directory} remembers no block of cluster ${name}, and networks of this host are in blocks of ${host} there. Routes and rules towards other hosts are planned as for ${host}, and no new network gets a subnet. If the directory was lost, get the blocks back: \`${joinLine(place, '--takeover', '--member', host)}\`.`
