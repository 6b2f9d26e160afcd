import type { CommandContext } from '../commands.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { readFacts } from '../read-facts.ts'

/** `portolan inspect`: the facts of this host as JSON. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const facts = await readFacts(options)
  for (const sentence of facts.unread ?? []) terminal.say(`portolan: ${sentence}`)
  terminal.print(JSON.stringify(facts, null, 2))
  return exitCode.ok
}
