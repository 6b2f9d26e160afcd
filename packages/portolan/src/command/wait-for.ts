import type { CommandContext } from './command.ts'
import { usesFiles } from './sources/read-facts.ts'

/** Waits for what only reads, and tells of it where output is for people. */
export const waitFor = <Result>(
  { options, terminal }: Pick<CommandContext, 'options' | 'terminal'>,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> =>
  terminal.during(what, work, {
    quiet: options.json === true,
    // A pipe in place of a file is waited for in one call, during which no signal is heard: its default ends the process.
    deaf: usesFiles(options) || (options.file ?? []).includes('-'),
  })

/** What `plan` and all that plans like it waits for. */
export const planning = 'reading this host and planning'
