import { createRunner } from '@portolan/host'
import { InvalidRequestError } from '@portolan/netfilter'
import type { BackendChoice } from '../../backend/backend.ts'
import { readRules } from '../../host-rules/read-rules.ts'
import { plan } from '../../plan/plan-intent.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import { type ScriptFormat, script, scriptFormats } from '../../script/script.ts'
import { freshNeighbours } from '../cluster/fresh-neighbours.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import type { Options } from '../options/option-table.ts'
import { jsonText } from '../output/json-text.ts'
import { sayLine } from '../output/say-line.ts'
import { readIntent } from '../sources/read-intent.ts'
import { planOptions } from '../sources/sources.ts'
import { planning, waitFor } from '../wait-for.ts'

/** `portolan script`: prints a firewall script. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const { options, terminal } = context
  const format = parseFormat(options.format)
  const intent = readIntent(options)
  const planned = await waitFor(context, planning, async () => {
    const settings = await scriptOptions(options, format)
    return plan(intent, { ...settings, ...(await freshNeighbours(context, false)) })
  })
  for (const { kind, message } of planned.conflicts) sayLine(terminal, `${kind}: ${message}`)
  for (const sentence of planned.unread) sayLine(terminal, sentence)
  const text = script(planned, format)
  if (options.json === true) terminal.print(jsonText({ format, script: text }))
  else terminal.pass(text.replace(/\n$/, ''))
  return exitCode.ok
}

const parseFormat = (text: string | undefined): ScriptFormat => {
  const found = scriptFormats.find((format) => format === text)
  if (found === undefined) {
    throw new InvalidRequestError(
      `${text === undefined ? 'script needs --format' : `--format ${text}`}: expected one of ${scriptFormats.join(', ')}.`,
    )
  }
  return found
}

/**
 * The options of the plan from which the script is made. The script may be for another host than this one, so no
 * program has to be installed here. Rules that cannot be read count as none.
 */
const scriptOptions = async (options: Options, format: ScriptFormat): Promise<PlanOptions> => {
  const settings = await planOptions(options)
  const backend = options.backend === undefined ? backendOf(format) : (settings.backend ?? 'auto')
  // `auto` has to ask this host. Any other choice holds, whatever is installed here.
  if (backend === 'auto' || settings.rules !== undefined) return { ...settings, backend }
  return { ...settings, backend, rules: await readRules(createRunner(), null) }
}

/** A format belongs to a backend, so naming the one names the other. */
const backendOf = (format: ScriptFormat): BackendChoice => {
  if (format === 'iptables-restore') return 'iptables-nft'
  return format === 'sh' ? 'auto' : 'nftables'
}
