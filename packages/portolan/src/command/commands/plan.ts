import { plan } from '../../plan/plan-intent.ts'
import { planJson } from '../../plan/plan-json.ts'
import { printPlan } from '../../plan/print/print-plan.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { lookOf } from '../look-of.ts'
import { readIntent } from '../read-intent.ts'
import { searchOptions } from '../sources.ts'

/** `portolan plan`: shows what would be done, and why; changes nothing. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  const planned = await plan(readIntent(options), await searchOptions(options))
  terminal.print(options.json === true ? jsonText(planJson(planned)) : printPlan(planned, lookOf(context)))
  if (planned.conflicts.some(({ severity }) => severity === 'error')) return exitCode.conflicts
  return planned.changes.length > 0 ? exitCode.changes : exitCode.ok
}
