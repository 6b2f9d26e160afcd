import { setTimeout as delay } from 'node:timers/promises'
import type { ClusterNeighbours } from '@portolan/core'
import { lostBlockNotes } from '@portolan/core/planning'
import { readNetworkFacts, writeNeighbours } from '@portolan/host'
import { followCluster } from '../../cluster/follow-cluster.ts'
import { claimLines, type JoinPlace } from '../../cluster/join-line.ts'
import { forgottenText, joinedMember, knownMember, unknownText } from '../../cluster/known-member.ts'
import { lostData, unknownHostsText } from '../../cluster/lost-data.ts'
import { networksUp } from '../../cluster/networks-up.ts'
import { openCluster } from '../../cluster/open-cluster.ts'
import { readLostUse } from '../../cluster/read-lost-use.ts'
import { neighboursIn } from '../../cluster/remember-neighbours.ts'
import { isOutage } from '../../cluster/reported-faults.ts'
import type { CommandContext } from '../command.ts'
import { directoryOf } from './call.ts'
import { namedCluster } from './cluster-url.ts'
import { openOutage } from './outage.ts'
import { saidOfCluster } from './said-of-cluster.ts'

/** The pause after an error of etcd, in milliseconds. */
const PAUSE_MS = 5_000

/**
 * Follows the named cluster and remembers its other hosts, until it is stopped. Where etcd does not answer, that is
 * printed once, and once when it answers again. What is remembered stays meanwhile.
 */
export const followNeighbours = async (context: CommandContext, signal: AbortSignal): Promise<void> => {
  const url = namedCluster(context)
  if (url === null) return
  const { name, store } = await openCluster(url)
  const directory = directoryOf(context)
  const place = { cluster: context.options.cluster ?? null, directory }
  try {
    let isKnown = (await joinedMember(directory, name)) !== null
    // Where the state directory was lost, networks that are up tell which host this was. Without one, nothing tells it.
    if (!isKnown && (networksUp(await readNetworkFacts()) ?? []).length === 0) return
    let lost: readonly string[] = []
    const said = saidOfCluster(context.terminal)
    const outage = openOutage(context.terminal, 'Routes to other hosts stay as they are.', said.faults)
    while (!signal.aborted) {
      try {
        for await (const snapshot of followCluster(store, signal)) {
          const loss = await lostData(place, name, snapshot, () => store.read())
          if (loss !== null) {
            outage.failed(loss.error)
            if (loss.seen !== null) {
              await writeNeighbours(directory, loss.seen)
              lost = await tellLost(context, place, loss.seen, lost)
            }
            throw loss.error
          }
          outage.answered('routes follow the other hosts.')
          // This host is another one after `join --takeover`. Where the directory was lost, this host is what a plan
          // takes it for.
          const known = await knownMember(directory, name, async () => snapshot)
          if (known === null) continue
          if (known.member === null) {
            // A command that plans prints this each time. Here it is printed once.
            if (isKnown) said.say(unknownText(place, name, known.networks))
            isKnown = false
            continue
          }
          const { member, isForgotten } = known
          if (isForgotten && isKnown) said.say(forgottenText(place, name, member))
          if (!isForgotten) said.isWell()
          isKnown = !isForgotten
          const neighbours = await neighboursIn(directory, name, member, snapshot)
          said.unknownHosts(unknownHostsText(place, neighbours))
          // This writes only something new, which this process or another one has found.
          await writeNeighbours(directory, neighbours)
          lost = await tellLost(context, place, neighbours, lost)
        }
      } catch (error) {
        if (!isOutage(error)) throw error
        outage.failed(error)
        await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  } finally {
    await store.close()
  }
}

/**
 * Prints once that this host lost a block. A block with a network in it is a conflict, which the watch tells, and is
 * left out here.
 *
 * @param reported - the notes that were printed before
 * @returns the notes that are printed by now
 */
const tellLost = async (
  { terminal }: CommandContext,
  place: JoinPlace,
  neighbours: ClusterNeighbours,
  reported: readonly string[],
): Promise<readonly string[]> => {
  const facts = await readNetworkFacts()
  const { lost } = await readLostUse(place.directory, { leases: null, facts }, neighbours)
  const notes = lostBlockNotes(
    lost.filter(({ networks }) => networks.length === 0),
    neighbours,
    claimLines(place, neighbours),
  )
  for (const note of notes) if (!reported.includes(note)) terminal.say(`portolan: ${note}`)
  return notes
}
