import { version } from '../../version.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'

/** `portolan version`. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  terminal.print(options.json === true ? jsonText({ version }) : version)
  return exitCode.ok
}
