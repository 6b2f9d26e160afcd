import { uncheckedSubnetNotes } from '@portolan/core/planning'
import { PortolanError } from '@portolan/netfilter'
import { readConfig } from 'portolan'
import { blocksHere } from './blocks-here.ts'

/**
 * Warns where it is not known whether a network's subnet lies in a block of another host. Damaged state is also only a
 * warning, because the container is on its network by then.
 */
export const warnUnchecked = async (
  network: Parameters<typeof uncheckedSubnetNotes>[0][number],
  directory: string,
  warn: (text: string) => void,
): Promise<void> => {
  try {
    const blocks = await blocksHere(readConfig(), directory)
    for (const note of uncheckedSubnetNotes([network], blocks)) warn(note)
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    warn(error.message)
  }
}
