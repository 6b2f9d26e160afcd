import type { EtcdStoreOptions } from '@portolan/etcd'
import { type HostProcess, startHostProcess } from '../../lab/cluster/host-process.ts'
import type { Machine } from '../../lab/machine.ts'
import { firstFault } from './first-fault.ts'
import type { History } from './history.ts'

/** Reads every revision into a history, from the first on. When a server is lost it continues at the last revision. */
export const followRevisions = async (
  machine: Machine,
  options: EtcdStoreOptions,
  history: History,
): Promise<HostProcess & { raise(): void }> => {
  const process = await startHostProcess(machine, options)
  process.onTold(history.see)
  const fault = firstFault()
  const run = async (): Promise<void> => {
    for (;;) {
      const end = await process.call('follow', { from: history.revision() + 1 })
      if (end.kind === 'killed') return
      if (end.kind === 'failed' && end.code === 'CLUSTER_UNREACHABLE') continue
      throw new Error(`the history ended: ${JSON.stringify(end)}`)
    }
  }
  run().catch(fault.note)
  return { ...process, raise: fault.raise }
}
