import { readFileSync } from 'node:fs'
import { createRunner } from '@portolan/host'
import { families, InvalidRequestError, PermissionError } from '@portolan/netfilter'
import { type HostRules, noRules } from '../../host-rules/host-rules.ts'
import { readAllRules } from '../../host-rules/read-all-rules.ts'
import { settledConfig } from '../../plan/plan-input.ts'
import { plan } from '../../plan/plan-intent.ts'
import { printSummary } from '../../plan/print/print-plan.ts'
import { drawMaps } from '../../report/draw-maps.ts'
import { gatherQuestions } from '../../report/gather-questions.ts'
import { printReport } from '../../report/print-report.ts'
import { blocksFor } from '../cluster/blocks-for.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Options } from '../options/option-table.ts'
import { jsonText } from '../output/json-text.ts'
import { sayLine } from '../output/say-line.ts'
import { writeReport } from '../output/write-report.ts'
import { readIntent } from '../sources/read-intent.ts'
import { readLeased } from '../sources/read-leased.ts'
import { searchOptions } from '../sources/sources.ts'
import { planning, waitFor } from '../wait-for.ts'

/** `portolan report`: a plan, and the paths of packets, as a page for a browser; changes nothing. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  const file = outputOf(options)
  const intent = readIntent(options)
  const { planned, page } = await waitFor(context, planning, async () => {
    const settings = await searchOptions(options)
    const planned = await plan(intent, settings)
    const rules = settings.rules ?? (await rulesAsFarAsRead())
    const leased = await readLeased(options)
    const blocks = await blocksFor(options, settings.config ?? {})
    const page = printReport(planned, {
      questions: gatherQuestions(planned, rules),
      drawings: drawMaps(planned, settledConfig(settings), leased.state, blocks),
      script: pageScript(),
    })
    return { planned, page }
  })
  for (const sentence of planned.unread) sayLine(terminal, sentence)
  if (file === '-') terminal.pass(page.trimEnd())
  else writeReport(file, page)
  if (options.json === true)
    terminal.print(
      jsonText({
        file,
        bytes: Buffer.byteLength(page),
        summary: planned.summary,
        conflicts: planned.conflicts.length,
      }),
    )
  else if (file !== '-') terminal.print(`${file}: ${printSummary(planned)} Open it in a browser.`)
  return exitCode.ok
}

/**
 * Reads every rule of this host. Without the permission for that, the page shows what the plan shows without them, and
 * its results about packets are only possible.
 */
const rulesAsFarAsRead = async (): Promise<HostRules> => {
  try {
    return await readAllRules(createRunner())
  } catch (error) {
    if (error instanceof PermissionError) return { ...noRules, hidden: families }
    throw error
  }
}

const outputOf = ({ output, json }: Options): string => {
  if (output === undefined)
    throw new InvalidRequestError(
      '-o FILE is missing: name the file of the page, such as -o report.html, or - for standard output.',
    )
  if (output === '-' && json === true)
    throw new InvalidRequestError('-o - and --json would both go to standard output: name a file.')
  return output
}

/**
 * The script of the page. script/bundle.js puts its file beside the bundle of the command, which contains this code.
 */
const pageScript = (): string => readFileSync(new URL('./report-page.js', import.meta.url), 'utf8')
