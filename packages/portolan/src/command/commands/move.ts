import { blockingConflicts } from '../../plan/blocking-conflicts.ts'
import type { Plan } from '../../plan/plan.ts'
import { plan } from '../../plan/plan-intent.ts'
import { printPlan } from '../../plan/print/print-plan.ts'
import { addressesAnew } from '../cluster/addresses-anew.ts'
import { freshNeighbours } from '../cluster/fresh-neighbours.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'
import { lookOf } from '../output/look-of.ts'
import { readWanted } from '../sources/read-wanted.ts'
import { planOptions } from '../sources/sources.ts'
import { planning, waitFor } from '../wait-for.ts'
import { planAndApply } from './apply.ts'

/** `portolan move NETWORK`: shows the plan that renumbers a network; with --yes it is carried out. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { intent, planning: settled } = await readWanted(context)
  const { options, positionals, terminal } = context
  const more = { ...settled, move: positionals, ...(options.fix === true ? { fix: true } : {}) }
  if (options.yes === true)
    return planAndApply(context, more, (planned) => addressesText(planned, positionals), intent)
  const planned = await waitFor(context, planning, async () =>
    plan(intent, {
      ...(await planOptions(options)),
      ...(await freshNeighbours(context, false)),
      ...more,
    }),
  )
  terminal.print(options.json === true ? jsonText(planned) : printPlan(planned, lookOf(context), positionals))
  if (blockingConflicts(planned, positionals).length > 0) return exitCode.conflicts
  terminal.say(
    `portolan: nothing was changed; --yes carries it out. ${addressesAnew(planned.subnets, positionals)}`,
  )
  return planned.changes.length > 0 ? exitCode.changes : exitCode.ok
}

/**
 * The words after a move. Interfaces in containers belong to their engine, or to `attach`, and a plan of the host
 * changes none.
 */
const addressesText = ({ subnets }: Plan, networks: readonly string[]): string =>
  `${addressesAnew(subnets, networks)} What runs there keeps what it has until it is attached again: start a container again with its engine; for \`portolan attach\`, run \`portolan detach\` and \`portolan attach\` again.`
