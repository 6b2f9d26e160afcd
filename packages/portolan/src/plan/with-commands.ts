import type { Conflict } from '@portolan/core'
import { moveCommand } from '@portolan/core/planning'
import { commandWordingAs, visibleLine, type Wording } from '@portolan/netfilter'
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
 * way already. The sentences can be printed afterwards: they quote names that other programs and users chose, and such
 * a name may have characters that act on a terminal or reverse the writing direction.
 */
export const withCommands = (conflict: Conflict, { ownCommand, wording }: Words): Conflict => {
  const { remedy, network } = conflict
  const written = linesOf(network, wording)
  const commands = remedy.commands.map((one) =>
    ownCommand === undefined || written.includes(one) ? one : ownCommand(one),
  )
  const [message, text] = [visibleLine(conflict.message), visibleLine(remedy.text)]
  const isSame =
    message === conflict.message &&
    text === remedy.text &&
    commands.every((command, at) => command === remedy.commands[at])
  return isSame ? conflict : { ...conflict, message, remedy: { ...remedy, text, commands } }
}

const linesOf = (network: string | null, wording: Wording | undefined): readonly (string | null)[] => {
  const { move = null, subnets = null } = wording ?? {}
  return [subnets, move === null || network === null ? null : moveCommand(move, network)]
}
