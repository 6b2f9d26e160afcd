import type { BlockStoreError } from '@portolan/core'
import { lostData } from '../../cluster/lost-data.ts'
import { rememberLoss, rememberLostIn } from '../../cluster/remember-neighbours.ts'
import { isOutage } from '../../cluster/reported-faults.ts'
import { type ClusterCall, placeOf } from './call.ts'

/**
 * Writes down what a refused call found out about the blocks of this host. etcd may not answer any more by then.
 *
 * @returns the error that says that etcd has lost its data; null: etcd has not, or does not answer
 */
export const noteLoss = async (call: ClusterCall): Promise<BlockStoreError | null> => {
  const { store, directory, name } = call
  try {
    const snapshot = await store.read()
    const lost = await lostData(placeOf(call), name, snapshot, () => store.read())
    if (lost === null) await rememberLoss(directory, name, snapshot)
    else await rememberLostIn(directory, lost.seen)
    return lost?.error ?? null
  } catch (error) {
    if (!isOutage(error)) throw error
    return null
  }
}
