import type { OwnedNetwork } from '@portolan/core'
import type { Wording } from '@portolan/netfilter'
import { lostBlockNote, readLostBlocks } from '../../status/lost-blocks.ts'

/** What is to be said of a network of a live host that something is attached to, where it is in a block that was lost. */
export const lostNetworkNotes = async (
  stateDirectory: string,
  network: OwnedNetwork,
  wording?: Wording,
): Promise<readonly string[]> => {
  const lost = await readLostBlocks(stateDirectory, () => true, undefined, undefined, wording)
  return [...lost.unread, ...lost.find([network]).map((conflict) => lostBlockNote(conflict))]
}
