import { plan } from '../../plan/plan-intent.ts'
import { planJson } from '../../plan/plan-json.ts'
import { printPlan } from '../../plan/print/print-plan.ts'
import { freshNeighbours } from '../cluster/fresh-neighbours.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'
import { lookOf } from '../output/look-of.ts'
import { readWanted } from '../sources/read-wanted.ts'
import { searchOptions } from '../sources/sources.ts'
import { planning, waitFor } from '../wait-for.ts'
import { otherTextNotes } from '../watch/other-text.ts'

/** `portolan plan`: shows what would be done, and why; changes nothing. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { intent, planning: settled, heldBack } = await readWanted(context)
  const { options, terminal } = context
  const made = await waitFor(context, planning, async () =>
    plan(intent, {
      ...(await searchOptions(options)),
      ...settled,
      ...(await freshNeighbours(context, false)),
    }),
  )
  const planned = { ...made, notes: [...made.notes, ...(await otherTextNotes(options, intent))] }
  terminal.print(
    options.json === true
      ? jsonText({ ...planJson(planned), ...(heldBack === null ? {} : { heldBack }) })
      : printPlan(planned, lookOf(context)),
  )
  if (planned.conflicts.some(({ severity }) => severity === 'error')) return exitCode.conflicts
  return planned.changes.length > 0 ? exitCode.changes : exitCode.ok
}
