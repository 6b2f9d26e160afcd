import { type BlockSnapshot, BlockStoreError, neighboursOf } from '@portolan/core'
import { type RememberedMember, readMember, writeNeighbours } from '@portolan/host'
import { openCluster } from '../cluster/open-cluster.ts'
import { readConfig } from '../config/read-config.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import { directoryOf } from './cluster/call.ts'
import type { CommandContext } from './command.ts'
import { usesFiles } from './read-facts.ts'

/** The URL of the cluster that this host is in, for a command that plans; null: none is named. */
export const namedCluster = ({ options }: Pick<CommandContext, 'options'>): string | null =>
  options.cluster ?? readConfig().cluster ?? null

/** What this host is in the cluster that a command is for. */
export const memberOf = async (
  context: CommandContext,
  name: string,
  isAsked: boolean,
): Promise<RememberedMember | null> => {
  const member = await readMember(directoryOf(context))
  if (member?.cluster === name) return member
  if (isAsked)
    context.terminal.say(
      `portolan: this host has not joined cluster ${name}, so no routes to other hosts are planned. Join it: \`portolan cluster join\`.`,
    )
  return null
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
    const member = await memberOf(context, name, context.options.cluster !== undefined)
    if (member === null) return {}
    const snapshot = await reached(context, () => store.read())
    if (snapshot === null) return {}
    const neighbours = neighboursOf(snapshot, member)
    if (remembers) await writeNeighbours(directoryOf(context), neighbours)
    return { neighbours }
  } finally {
    await store.close()
  }
}

const reached = async (
  { terminal }: CommandContext,
  read: () => Promise<BlockSnapshot>,
): Promise<BlockSnapshot | null> => {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof BlockStoreError) || error.code !== 'CLUSTER_UNREACHABLE') throw error
    terminal.say(
      `portolan: ${error.message} Routes to other hosts are planned as this host saw the cluster last.`,
    )
    return null
  }
}
