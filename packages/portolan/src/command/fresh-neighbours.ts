import { hostname } from 'node:os'
import { type BlockSnapshot, BlockStoreError, type ClusterMember, neighboursOf } from '@portolan/core'
import { type RememberedMember, readMember, readNetworkFacts, writeNeighbours } from '@portolan/host'
import { forgottenMember } from '../cluster/forgotten-member.ts'
import { networksUp } from '../cluster/networks-up.ts'
import { openCluster } from '../cluster/open-cluster.ts'
import { hasJoined } from '../cluster/this-member.ts'
import { readConfig } from '../config/read-config.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import { directoryOf } from './cluster/call.ts'
import type { CommandContext } from './command.ts'
import { usesFiles } from './read-facts.ts'

/** The URL of the cluster that this host is in, for a command that plans; null: none is named. */
export const namedCluster = ({ options }: Pick<CommandContext, 'options'>): string | null =>
  options.cluster ?? readConfig().cluster ?? null

/** What this host remembers to be in a cluster; null: nothing. */
export const joinedMember = async (directory: string, name: string): Promise<RememberedMember | null> => {
  const member = await readMember(directory)
  return member?.cluster === name && hasJoined(member) ? member : null
}

/**
 * What this host is in the cluster that a command is for; or what it was, where its state directory was lost and the
 * cluster tells by what is up here.
 *
 * @param read - reads the cluster; null: it does not answer
 */
const memberOf = async (
  context: CommandContext,
  name: string,
  read: () => Promise<BlockSnapshot | null>,
): Promise<ClusterMember | null> => {
  const directory = directoryOf(context)
  const { terminal, options } = context
  const member = await joinedMember(directory, name)
  if (member !== null) return member
  const facts = await readNetworkFacts()
  const snapshot = (networksUp(facts) ?? []).length === 0 ? null : await read()
  const was = snapshot === null ? null : forgottenMember(snapshot, facts, hostname())
  if (was !== null)
    terminal.say(
      `portolan: the state directory ${directory} remembers no block of cluster ${name}, and networks of this host are in blocks of ${was.host} there. Routes and rules towards other hosts are planned as for ${was.host}, and no new network gets a subnet. If the directory was lost, get the blocks back: \`portolan cluster join --takeover --member ${was.host}\`.`,
    )
  else if (options.cluster !== undefined)
    terminal.say(
      `portolan: this host has not joined cluster ${name}, so no routes to other hosts are planned. Join it: \`portolan cluster join\`.`,
    )
  return was
}

/**
 * The other hosts of the cluster as etcd has them now, for a plan. Where etcd does not answer that is said, and the plan
 * is made with what this host remembers: routes stay as they are.
 *
 * @param remembers - write them down, as a command does that changes the host
 */
export const freshNeighbours = async (
  context: CommandContext,
  remembers: boolean,
): Promise<Pick<PlanOptions, 'neighbours'>> => {
  const url = namedCluster(context)
  if (url === null || usesFiles(context.options)) return {}
  const { name, store } = await openCluster(url)
  try {
    const read = (goesBy: string): Promise<BlockSnapshot | null> =>
      reached(context, () => store.read(), goesBy)
    const member = await memberOf(context, name, () => read('This host remembers nothing of it.'))
    if (member === null) return {}
    const snapshot = await read('Routes to other hosts are planned as this host saw the cluster last.')
    if (snapshot === null) return {}
    const neighbours = neighboursOf(snapshot, { ...member, cluster: name })
    if (remembers) await writeNeighbours(directoryOf(context), neighbours)
    return { neighbours }
  } finally {
    await store.close()
  }
}

const reached = async (
  { terminal }: CommandContext,
  read: () => Promise<BlockSnapshot>,
  goesBy: string,
): Promise<BlockSnapshot | null> => {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof BlockStoreError) || error.code !== 'CLUSTER_UNREACHABLE') throw error
    terminal.say(`portolan: ${error.message} ${goesBy}`)
    return null
  }
}
