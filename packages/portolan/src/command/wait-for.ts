import type { CommandContext } from './command.ts'
import { usesFiles } from './sources/read-facts.ts'

/** Waits for work that only reads, and tells of the wait where output is for people. */
export const waitFor = <Result>(
  { options, terminal }: Pick<CommandContext, 'options' | 'terminal'>,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> =>
  terminal.during(what, work, {
    quiet: options.json === true,
    // A pipe in place of a file is read in one call, during which no signal is handled. So Control-C keeps its default
    // effect, and ends the process.
    deaf: usesFiles(options) || (options.file ?? []).includes('-'),
  })

/** The words for what `plan`, and every command that plans like it, waits for. */
export const planning = 'reading this host and planning'
