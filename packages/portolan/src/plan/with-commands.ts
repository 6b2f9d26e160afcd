import type { Conflict } from '@portolan/core'
import { moveCommand } from '@portolan/core/planning'
import { commandWordingAs, type Wording } from '@portolan/netfilter'
import type { PlanOptions } from './plan-options.ts'

/** The words of messages and of commands of `portolan`. */
type Words = Pick<PlanOptions, 'ownCommand' | 'wording'>

/**
 * The words for messages: the given ones, or words that write commands of `portolan` as `ownCommand` does. Sentences
 * are made with these words, so their commands need no later rewriting.
 */
export const wordsOf = ({ ownCommand, wording }: Words): Pick<PlanOptions, 'wording'> => {
  const words = wording ?? (ownCommand === undefined ? undefined : commandWordingAs(ownCommand))
  return words === undefined ? {} : { wording: words }
}

/**
 * Rewrites the commands of a conflict's remedy with `ownCommand`. Commands that come from the words are written that
 * way already.
 */
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
