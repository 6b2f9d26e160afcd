import { hostname } from 'node:os'
import type { BlockSnapshot, ClusterMember } from '@portolan/core'
import { type RememberedMember, readNetworkFacts } from '@portolan/host'
import { forgottenMember } from './forgotten-member.ts'
import { networksUp } from './networks-up.ts'
import { hasJoined, memberOf } from './this-member.ts'

/** What a host is in a cluster, for whatever plans its routes and rules. */
export interface KnownMember {
  readonly member: ClusterMember
  /** Its state directory was lost, and the cluster tells by what is up here. */
  readonly isForgotten: boolean
}

/** What this host remembers to be in a cluster that it has joined; null: nothing. */
export const joinedMember = async (directory: string, name: string): Promise<RememberedMember | null> => {
  const member = await memberOf(directory, name)
  return member !== null && hasJoined(member) ? member : null
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
): Promise<KnownMember | null> => {
  const member = await joinedMember(directory, name)
  if (member !== null) return { member, isForgotten: false }
  const facts = await readNetworkFacts()
  const snapshot = (networksUp(facts) ?? []).length === 0 ? null : await read()
  const was = snapshot === null ? null : forgottenMember(snapshot, facts, hostname())
  return was === null ? null : { member: was, isForgotten: true }
}

/** What is to be said of a host whose state directory was lost. */
export const forgottenText = (directory: string, name: string, { host }: ClusterMember): string =>
  `the state directory ${directory} remembers no block of cluster ${name}, and networks of this host are in blocks of ${host} there. Routes and rules towards other hosts are planned as for ${host}, and no new network gets a subnet. If the directory was lost, get the blocks back: \`portolan cluster join --takeover --member ${host}\`.`
