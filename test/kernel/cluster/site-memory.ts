import { readNeighbours } from '@portolan/host'
import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import type { Running } from '../../lab/run.ts'
import { until } from '../../lab/until.ts'

/**
 * Waits until a host has stored so many blocks of its own, and so many of other hosts with their gateway addresses.
 * etcd has the blocks earlier, but plans and plugins use the stored ones.
 * @param joining - the program that stores them
 */
export const untilRemembered = async (
  { machine }: ClusterHostMachine,
  own: number,
  ofOthers: number,
  joining: Running,
): Promise<void> => {
  const remembered = () => readNeighbours(`/proc/${machine.pid}/root/var/lib/portolan`)
  const areThere = async (): Promise<boolean> => {
    const now = await remembered()
    const reached = now?.others.filter(({ via }) => via !== null) ?? []
    return now?.blocks.length === own && reached.length === ofOthers
  }
  await until(`${machine.name} to remember ${own} blocks of its own and ${ofOthers} of others`, areThere, {
    beside: joining,
    shows: remembered,
  })
}
