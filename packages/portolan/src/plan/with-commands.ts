import type { Conflict } from '@portolan/core'
import { moveCommand } from '@portolan/core/planning'
import { commandWordingAs, type Wording } from '@portolan/netfilter'
import type { PlanOptions } from './plan-options.ts'

/** How commands of `portolan` are written, and how messages name them. */
type Words = Pick<PlanOptions, 'ownCommand' | 'wording'>

/**
 * The words of messages with the commands of `portolan` as they are to be written, where they are not told: a sentence is
 * made with them in the first place.
 */
export const wordsOf = ({ ownCommand, wording }: Words): Pick<PlanOptions, 'wording'> => {
  const words = wording ?? (ownCommand === undefined ? undefined : commandWordingAs(ownCommand))
  return words === undefined ? {} : { wording: words }
}

/** A conflict with the commands of `portolan` beside its text as they are to be written: those of its words are already. */
export const withCommands = (conflict: Conflict, { ownCommand, wording }: Words): Conflict => {
  if (ownCommand === undefined) return conflict
  const { remedy, network } = conflict
  const written = linesOf(network, wording)
  const commands = remedy.commands.map((one) => (written.includes(one) ? one : ownCommand(one)))
  const isSame = commands.every((command, at) => command === remedy.commands[at])
  return isSame ? conflict : { ...conflict, remedy: { ...remedy, commands } }
}

const linesOf = (network: string | null, wording: Wording | undefined): readonly (string | null)[] => {
  const { move = null, subnets = null } = wording ?? {}
  return [subnets, move === null || network === null ? null : moveCommand(move, network)]
}
