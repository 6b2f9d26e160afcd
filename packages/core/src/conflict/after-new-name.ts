import type { HeldBlocks } from '../pool/held-blocks.ts'
import { newNameText } from '../pool/name-taken.ts'
import type { Conflict } from './conflict.ts'

/** No subnet is picked in the cluster for a host that is none of its own. */
const joinText = ({ cluster, unjoined }: HeldBlocks): string | null =>
  unjoined !== undefined ? `First join cluster ${cluster}, or get the blocks of this host back.` : null

/** A conflict about a block of a cluster, whose remedy begins with a name or a block for this host where it needs one. */
export const afterNewName = (conflict: Conflict, blocks: HeldBlocks): Conflict => {
  const first = newNameText(blocks) ?? joinText(blocks)
  if (first === null) return conflict
  const { text, commands } = conflict.remedy
  // Which of the two ways it is, only the text tells.
  if (blocks.takeover !== undefined)
    return { ...conflict, remedy: { text: `${first} Then: ${text}`, commands: [blocks.takeover] } }
  const rest = commands.filter((command) => command !== blocks.join)
  return { ...conflict, remedy: { text: `${first} Then: ${text}`, commands: [blocks.join, ...rest] } }
}
