import type { Wording } from '@portolan/netfilter'
import { afterOptions, shellCommand } from '@portolan/netfilter/advice'

/**
 * The command that gives a network another subnet; null: a shell would not read the network's name as it is.
 *
 * @param move - the command of a `Wording`; `{}` stands for the network
 * @example
 * moveCommand('portolan move {}', 'two words') // "portolan move 'two words'"
 */
export const moveCommand = (move: NonNullable<Wording['move']>, network: string): string | null => {
  const written = shellCommand(afterOptions(network))
  return written === null ? null : move.replace('{}', () => written)
}
