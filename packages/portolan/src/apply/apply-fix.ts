import { ApplyError, type Runner } from '@portolan/core'
import type { FixChange } from '../plan/fix-change.ts'
import type { HostMemory } from './host-memory.ts'

/**
 * Asks another program to let packets pass, or to stop doing so. What takes it back is remembered first.
 *
 * @throws ApplyError when the program refuses; MissingToolError when it is not there
 */
export const applyFix = async (
  { operation, description }: FixChange,
  memory: HostMemory,
  runner: Runner,
): Promise<void> => {
  const { project, commands, undo } = operation
  const [first = []] = commands
  if (undo !== null) await memory.rememberFix({ project, words: first, undo })
  for (const [program = '', ...words] of commands) {
    const { exitCode, stderr } = await runner.run(program, words)
    // What is gone already need not be taken back.
    if (exitCode === 0 || undo === null) continue
    const command = [program, ...words].join(' ')
    throw new ApplyError(
      `"${command}" was refused: ${stderr.trim()} (${description}) Mend that, or apply without --fix.`,
      { applied: [], stderr, offending: command },
    )
  }
  if (undo === null) await memory.forgetFix(project, commands)
}
