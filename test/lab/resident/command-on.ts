import { fileURLToPath } from 'node:url'
import type { Machine } from '../machine.ts'
import type { RunOutcome } from '../run.ts'
import { residentCommand } from './resident-command.ts'

const program = fileURLToPath(new URL('../../../packages/portolan/bin/portolan.js', import.meta.url))

/** The `portolan` command of a machine. */
export interface CommandOn extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** The argv that runs a command line in a process of its own. */
  argv(words: readonly string[]): readonly string[]
  /** Runs a command line to its end, in the resident process where that is possible. */
  run(words: readonly string[]): Promise<RunOutcome>
}

/**
 * Runs command lines of `portolan`, most of them in one resident process. Loading the command and the etcd client takes
 * longer than most command lines take. The first line of each verb has its own process, as on a real host.
 * @param begun - the verbs that have had their own process
 */
export const commandOn = (
  machine: Machine,
  environment: Readonly<Record<string, string>>,
  begun: Set<string> = new Set(),
): CommandOn => {
  const resident = residentCommand(machine.inside, environment)
  const argv: CommandOn['argv'] = (words) => [process.execPath, program, ...words]
  return {
    argv,
    run: async (words) => {
      const verb = words.slice(0, words[0] === 'cluster' ? 2 : 1).join(' ')
      const isFirst = !begun.has(verb)
      begun.add(verb)
      return (isFirst ? null : resident.run(words)) ?? machine.run(argv(words), { environment })
    },
    [Symbol.asyncDispose]: () => resident[Symbol.asyncDispose](),
  }
}
