import { script } from '@bomb.sh/tab'
import { InvalidRequestError } from '@portolan/netfilter'
import { didYouMean } from '../../text/closest.ts'
import type { CommandContext } from '../command.ts'
import { bashScript } from '../completion/bash-script.ts'
import { zshScript } from '../completion/zsh-script.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'

const shells: readonly string[] = ['bash', 'zsh', 'fish']

/** `portolan completion`: prints a script for a shell. */
export const run = async ({ positionals, terminal }: CommandContext): Promise<ExitCode> => {
  const [shell = ''] = positionals
  if (!shells.includes(shell))
    throw new InvalidRequestError(
      `no script for ${JSON.stringify(shell)}: expected one of ${shells.join(', ')}.${didYouMean(shell, shells)}`,
    )
  if (shell === 'bash') terminal.pass(bashScript.trimEnd())
  else if (shell === 'zsh') terminal.pass(zshScript.trimEnd())
  else script(shell, 'portolan', 'portolan')
  return exitCode.ok
}
