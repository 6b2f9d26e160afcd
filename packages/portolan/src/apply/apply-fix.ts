import { ApplyError, type Runner } from '@portolan/core'
import type { Fix } from '@portolan/host'
import type { FixChange } from '../plan/fix-change.ts'
import type { HostMemory } from './host-memory.ts'

/**
 * Asks another program to let packets pass, or to stop doing so. What takes it back is remembered first.
 *
 * @throws ApplyError when the program refuses; MissingToolError when it is not there
 */
export const applyFix = async (
  { operation: { kind, fix }, description }: FixChange,
  memory: HostMemory,
  runner: Runner,
): Promise<void> => {
  if (kind === 'take-back') {
    await takeBack(fix, description, runner)
    await memory.forgetFix(fix)
    return
  }
  const isKnown = memory.hasFix(fix)
  await memory.rememberFix(fix)
  // What an earlier apply asked for, or came to before it was killed, is not asked for twice.
  if (isKnown) await takeBack({ undo: withoutShared(fix) }, description, runner)
  for (const command of fix.commands) {
    const { exitCode, stderr } = await run(command, runner)
    if (exitCode !== 0) throw refusal(command, stderr, `(${description}) Mend that, or apply without --fix.`)
  }
}

/** What iptables answers when somebody else holds its lock (iptables/xshared.h `RESOURCE_PROBLEM`). */
const BUSY = 4

/** The way back without what comes again on the way there: one reload is enough, and nothing is missing in between. */
const withoutShared = ({ commands, undo }: Fix): Fix['undo'] => {
  const again = new Set(commands.map((words) => JSON.stringify(words)))
  return undo.filter((words) => !again.has(JSON.stringify(words)))
}

/** What is gone already need not be taken back: only a program that is busy has to be asked again. */
const takeBack = async ({ undo }: Pick<Fix, 'undo'>, description: string, runner: Runner): Promise<void> => {
  for (const command of undo) {
    const { exitCode, stderr } = await run(command, runner)
    if (exitCode === BUSY) throw refusal(command, stderr, `(${description}) Try again.`)
  }
}

const run = ([program = '', ...words]: readonly string[], runner: Runner) => runner.run(program, words)

const refusal = (command: readonly string[], stderr: string, advice: string): ApplyError => {
  const offending = command.join(' ')
  return new ApplyError(`"${offending}" was refused: ${stderr.trim()} ${advice}`, {
    applied: [],
    stderr,
    offending,
  })
}
