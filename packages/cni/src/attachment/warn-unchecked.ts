import { uncheckedSubnetNotes } from '@portolan/core/planning'
import { readConfig } from 'portolan'
import { blocksHere } from './blocks-here.ts'

/** Says of a network that its subnet may be in a block of another host, where that is not known. */
export const warnUnchecked = async (
  network: Parameters<typeof uncheckedSubnetNotes>[0][number],
  directory: string,
  warn: (text: string) => void,
): Promise<void> => {
  const blocks = await blocksHere(readConfig(), directory)
  for (const note of uncheckedSubnetNotes([network], blocks)) warn(note)
}
