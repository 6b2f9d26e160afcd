import { bridgeNetwork } from '@portolan/core'
import { defaultStateDirectory, readNetworkFacts } from '@portolan/host'
import { lostBlockNote, readLostBlocks } from '../../status/lost-blocks.ts'
import type { Options } from '../options/option-table.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { keptProjects } from '../sources/read-wanted.ts'
import { withJoinedCluster } from './with-joined-cluster.ts'

/**
 * What is to be said of a network that something is attached to, where it is in a block that this host had in a cluster. Of
 * a network of a live project `attach` of the host says it.
 */
export const lostBlockNotes = async (
  options: Options,
  { project, network }: { readonly project: string; readonly network: string },
): Promise<readonly string[]> => {
  const lost = await readLostBlocks(options.state ?? defaultStateDirectory(), () => false)
  if (lost.isNone) return lost.unread
  const { interfaces = [] } = await readNetworkFacts()
  const networks = interfaces
    .flatMap((link) => bridgeNetwork(link) ?? [])
    .filter((one) => one.project === project && one.network.name === network)
  const found = lost.find(networks)
  if (found.length === 0) return []
  const kept = await keptProjects(options)
  const written = withOwnOptions({
    ...(await withJoinedCluster(options)),
    ...(kept.includes(project) ? { project } : { file: ['FILE'] }),
  })
  return found.map((conflict) => lostBlockNote(conflict, written))
}
