import {
  type BlockSnapshot,
  type ClusterNeighbours,
  describeCluster,
  neighboursOf,
  parseClusterUrl,
} from '@portolan/core'
import { readMember, readNetworkFacts, writeNeighbours } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { earlierTexts } from '../../cluster/earlier-names.ts'
import { joinLine } from '../../cluster/join-line.ts'
import {
  forgottenText,
  joinedMember,
  type KnownMember,
  knownMember,
  type UnknownMember,
  unknownText,
} from '../../cluster/known-member.ts'
import { type DataLoss, lostData, unknownHostsText } from '../../cluster/lost-data.ts'
import { noPools } from '../../cluster/no-pools.ts'
import { openCluster } from '../../cluster/open-cluster.ts'
import { refuseElsewhere } from '../../cluster/other-cluster.ts'
import { neighboursIn, rememberLoss, rememberLostIn } from '../../cluster/remember-neighbours.ts'
import { isOutage } from '../../cluster/reported-faults.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import type { CommandContext } from '../command.ts'
import { sayError } from '../output/say-error.ts'
import { usesFiles } from '../sources/read-facts.ts'
import { directoryOf } from './call.ts'
import { namedCluster } from './cluster-url.ts'
import { saidOfCluster } from './said-of-cluster.ts'

/**
 * Tells what this host is in the cluster of a command. Where its state directory was lost, the cluster and what is up
 * here tell what it was.
 *
 * @param read - reads the cluster; null: it does not answer
 */
const memberOf = async (
  context: CommandContext,
  name: string,
  read: () => Promise<BlockSnapshot | null>,
): Promise<KnownMember | UnknownMember | null> => {
  const directory = directoryOf(context)
  const { terminal, options } = context
  const place = { cluster: options.cluster ?? null, directory }
  const known = await knownMember(directory, name, read)
  const said = saidOfCluster(terminal)
  if (known?.member === null) said.say(unknownText(place, name, known.networks))
  else if (known?.isForgotten === true) said.say(forgottenText(place, name, known.member))
  return known
}

/** @param seen - the cluster; null: it was not asked */
const sayNotJoined = async (context: CommandContext, name: string, seen: BlockSnapshot | null) => {
  const { terminal, options } = context
  const place = { cluster: options.cluster ?? null, directory: directoryOf(context) }
  const planned = `this host has not joined cluster ${name}, so no routes to other hosts are planned.`
  if (seen !== null && describeCluster(seen).pools.length === 0)
    saidOfCluster(terminal).say(noPools(place, name, await readNetworkFacts()))
  else if (options.cluster !== undefined)
    saidOfCluster(terminal).say(`${planned} Join it: \`${joinLine(place)}\`.`)
}

/** The other hosts of the cluster. For a host that has not joined: what keeps its subnets out of their addresses. */
export type Others = Pick<PlanOptions, 'neighbours' | 'clusterSeen'>

/** The part of `Others` that a later plan needs too. */
export const seenOf = ({ clusterSeen }: Others): Pick<PlanOptions, 'clusterSeen'> =>
  clusterSeen === undefined ? {} : { clusterSeen }

/**
 * Reads the other hosts of the cluster from etcd, for a plan. Where etcd does not answer, that is printed, and the plan
 * is made with what this host remembers: routes stay as they are.
 *
 * @param remembers - write the other hosts down, as a command does that changes the host. Otherwise only the loss of a
 * block is written down
 * @param picks - subnets may be picked or named, so a cluster that this host has not joined is asked for its addresses.
 * Otherwise it is asked only where networks of this host are in its pools
 */
export const freshNeighbours = async (
  context: CommandContext,
  remembers: boolean,
  picks = true,
): Promise<Others> => {
  const url = namedCluster(context)
  if (url === null || usesFiles(context.options)) return {}
  const { name, store } = await openCluster(url)
  const directory = directoryOf(context)
  const place = { cluster: context.options.cluster ?? null, directory }
  try {
    let isAway = false
    let loss: DataLoss | null = null
    // An etcd that does not answer is not asked again.
    const read = async (goesBy: string): Promise<BlockSnapshot | null> => {
      if (isAway) return null
      const snapshot = await reached(
        context,
        async () => {
          const now = await store.read()
          loss = await lostData(place, name, now, () => store.read())
          if (loss !== null) throw loss.error
          return now
        },
        goesBy,
      )
      isAway = snapshot === null
      return snapshot
    }
    await refuseElsewhere(directory, name, () => read('Nothing is planned.'))
    const unknown = `Which blocks this host has there is not known: the state directory ${directory} remembers nothing of cluster ${name}. No routes to other hosts are planned, no subnet is picked, and a subnet that is named is not checked against blocks of other hosts.`
    const known = await memberOf(context, name, () => read(unknown))
    const member = known?.member ?? null
    if (member === null) {
      const isAsked = picks || known !== null
      const seen = isAsked ? await read(unknown) : null
      // Where etcd does not answer, the text above was printed already.
      if (known === null && !isAway) await sayNotJoined(context, name, seen)
      if (!isAsked) return {}
      // This host is no host of that cluster, so all blocks there are of others.
      const none = { cluster: name, host: '', incarnation: '' }
      return seen === null ? {} : { clusterSeen: neighboursOf(seen, none) }
    }
    const snapshot = await read('Routes to other hosts are planned as this host saw the cluster last.')
    if (snapshot === null) return await goneByMemory(directory, loss)
    const neighbours = await neighboursIn(directory, name, member, snapshot)
    const said = saidOfCluster(context.terminal)
    said.unknownHosts(unknownHostsText(place, neighbours))
    for (const text of earlierTexts(place, name, member, describeCluster(snapshot))) said.say(text)
    if (remembers) await writeNeighbours(directory, neighbours)
    else await rememberLoss(directory, name, snapshot)
    return { neighbours }
  } finally {
    await store.close()
  }
}

/** Where etcd has lost its data, blocks of this host that others have there count as lost. */
const goneByMemory = async (directory: string, loss: DataLoss | null): Promise<Others> => {
  const neighbours = loss?.seen ?? null
  if (neighbours === null) return {}
  await rememberLostIn(directory, neighbours)
  return { neighbours }
}

/**
 * The other hosts for a command that asks etcd only if this host does not remember what it is. Without that memory,
 * what is wanted is what a plan would make, so etcd is asked as for a plan. What keeps etcd from being asked is
 * printed.
 */
export const forgottenNeighbours = async (context: CommandContext): Promise<Others> => {
  try {
    const url = namedCluster(context)
    if (url === null) return {}
    const joined = await joinedMember(directoryOf(context), parseClusterUrl(url).cluster)
    return joined === null ? await freshNeighbours(context, false, false) : {}
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    sayError(context.terminal, error, error.message)
    return {}
  }
}

/**
 * The other hosts of the cluster for a watch that plans again. Where the state directory was lost meanwhile, the
 * cluster is asked, and its answer is written down anew. Where the cluster does not tell, the other hosts are as the
 * watch knew them last. Only a host that gave its blocks back has none.
 *
 * @param last - the other hosts as the watch knew them last; null: none
 */
export const neighboursAgain = async (
  context: CommandContext,
  last: ClusterNeighbours | null,
): Promise<ClusterNeighbours | null> => {
  if (last === null) return null
  const directory = directoryOf(context)
  try {
    if ((await joinedMember(directory, last.cluster)) !== null) return last
    const { neighbours } = await freshNeighbours(context, true)
    return neighbours ?? ((await readMember(directory)) === null ? last : null)
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    sayError(context.terminal, error, error.message)
    return last
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
    if (!isOutage(error)) throw error
    if (saidOfCluster(terminal).faults.add(error)) terminal.say(`portolan: ${error.message} ${goesBy}`)
    return null
  }
}
