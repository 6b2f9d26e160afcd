import { plan } from '../../plan/plan-intent.ts'
import { printConflict } from '../../plan/print-plan.ts'
import type { CommandContext } from '../commands.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { readIntent } from '../read-intent.ts'
import { planOptions } from '../sources.ts'

/** `portolan conflicts`: only what is wrong with the planned state. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const { conflicts } = await plan(readIntent(options), await planOptions(options))
  if (options.json === true) terminal.print(JSON.stringify({ conflicts }, null, 2))
  else if (conflicts.length === 0) terminal.print('No conflicts.')
  else terminal.print(conflicts.flatMap((conflict) => printConflict(conflict, terminal.style)).join('\n'))
  return conflicts.some(({ severity }) => severity === 'error') ? exitCode.conflicts : exitCode.ok
}
