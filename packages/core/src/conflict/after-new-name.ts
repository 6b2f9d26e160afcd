import type { HeldBlocks } from '../pool/held-blocks.ts'
import { newNameText } from '../pool/name-taken.ts'
import type { Conflict } from './conflict.ts'

/** A conflict about a block of a cluster, whose remedy begins with another name for this host where it needs one. */
export const afterNewName = (conflict: Conflict, blocks: HeldBlocks): Conflict => {
  const first = newNameText(blocks)
  if (first === null) return conflict
  const { text, commands } = conflict.remedy
  const rest = commands.filter((command) => command !== blocks.join)
  return { ...conflict, remedy: { text: `${first} Then: ${text}`, commands: [blocks.join, ...rest] } }
}
