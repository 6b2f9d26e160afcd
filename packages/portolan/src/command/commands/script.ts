import { InvalidRequestError } from '@portolan/core'
import type { BackendChoice } from '../../backend/backend.ts'
import { plan } from '../../plan/plan-intent.ts'
import { type ScriptFormat, script, scriptFormats } from '../../script/script.ts'
import type { CommandContext } from '../commands.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { readIntent } from '../read-intent.ts'
import { planOptions } from '../sources.ts'

/** `portolan script`: prints a firewall script. */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const format = parseFormat(options.format)
  const settings = await planOptions(options)
  const planned = await plan(readIntent(options), {
    ...settings,
    backend:
      options.backend === undefined
        ? backendOf(format, settings.backend ?? 'auto')
        : (settings.backend ?? 'auto'),
  })
  for (const { kind, message, severity } of planned.conflicts) {
    if (severity === 'error') terminal.say(`portolan: ${kind}: ${message}`)
  }
  const text = script(planned, format)
  terminal.print(
    (options.json === true ? JSON.stringify({ format, script: text }, null, 2) : text).replace(/\n$/, ''),
  )
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

/** A format belongs to a backend, so naming the one names the other; a script may be for another host than this. */
const backendOf = (format: ScriptFormat, otherwise: BackendChoice): BackendChoice => {
  if (format === 'iptables-restore') return 'iptables-nft'
  return format === 'sh' ? otherwise : 'nftables'
}
