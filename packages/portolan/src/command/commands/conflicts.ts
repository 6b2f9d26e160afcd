import { type Conflict, type IncompleteSearch, packetsOfDesired } from '@portolan/core'
import { createRunner } from '@portolan/host'
import { type Anomaly, findAnomalies } from '@portolan/netfilter'
import { lowerRules } from '../../host-rules/lower-rules.ts'
import { readAllRules } from '../../host-rules/read-all-rules.ts'
import { printAnomalies } from '../../hygiene/print-anomalies.ts'
import type { Plan } from '../../plan/plan.ts'
import { plan } from '../../plan/plan-intent.ts'
import { listConflicts } from '../../plan/print/list-conflicts.ts'
import { printConflicts } from '../../plan/print/print-conflicts.ts'
import { printIncomplete } from '../../plan/print/print-incomplete.ts'
import { freshNeighbours } from '../cluster/fresh-neighbours.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Options } from '../options/option-table.ts'
import { jsonText } from '../output/json-text.ts'
import { lookOf } from '../output/look-of.ts'
import { sayLine } from '../output/say-line.ts'
import { usesFiles } from '../sources/read-facts.ts'
import { readWanted } from '../sources/read-wanted.ts'
import { readRuleFiles, searchOptions } from '../sources/sources.ts'
import { planning, waitFor } from '../wait-for.ts'

/** `portolan conflicts`: shows only the conflicts of the planned state. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { intent, planning: settled } = await readWanted(context)
  const { options, terminal } = context
  const look = lookOf(context)
  const planned = await waitFor(context, planning, async () =>
    plan(intent, {
      ...(await searchOptions(options)),
      ...settled,
      ...(await freshNeighbours(context, false)),
    }),
  )
  const { conflicts, incomplete, unread } = planned
  for (const sentence of unread) sayLine(terminal, sentence)
  const anomalies = options.all === true ? await anomaliesOf(planned, options) : null
  if (options.json === true)
    terminal.print(
      jsonText(
        {
          conflicts,
          ...(incomplete.length === 0 ? {} : { incomplete }),
          ...(anomalies === null ? {} : { anomalies }),
          ...(unread.length === 0 ? {} : { unread }),
        },
        plainNumbers,
      ),
    )
  else {
    terminal.print(
      conflicts.length === 0
        ? none(unread, incomplete)
        : (anomalies === null
            ? printConflicts(conflicts, look)
            : listConflicts(conflicts, isOfOneFamily(planned), terminal.style)
          ).join('\n'),
    )
    if (incomplete.length > 0)
      terminal.print([terminal.style.bold('Not searched'), ...printIncomplete(incomplete, look)].join('\n'))
    if (anomalies !== null)
      terminal.print(
        [
          ...(anomalies.length === 0
            ? ['Nothing odd among the foreign rules.']
            : printAnomalies(anomalies, terminal.style)),
          details,
        ].join('\n'),
      )
  }
  return conflicts.some(({ severity }) => severity === 'error') ? exitCode.conflicts : exitCode.ok
}

const isOfOneFamily =
  ({ desired: { networks } }: Plan) =>
  ({ network }: Conflict): boolean =>
    networks.some(({ name, ip, ip6 }) => name === network && (ip === null || ip6 === null))

/** The list of --all is short. This line says where the rest is told. */
const details = 'Without --all: examples and remedies. With --json: everything.'

const none = (unread: readonly string[], incomplete: readonly IncompleteSearch[]): string => {
  if (incomplete.length > 0) return 'No conflicts found among the packets that were looked at.'
  return unread.length === 0 ? 'No conflicts.' : 'No conflicts, as far as the host could be read.'
}

/** The anomalies among the present rules of the host that packets of the project meet. */
const anomaliesOf = async ({ desired }: Plan, options: Options): Promise<readonly Anomaly[]> => {
  const rules = usesFiles(options) ? readRuleFiles(options) : await readAllRules(createRunner())
  return findAnomalies(lowerRules(rules), { packets: packetsOfDesired(desired) })
}

/** Writes a bigint as a string: counters and IPv6 addresses are larger than a JSON number holds. */
const plainNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
