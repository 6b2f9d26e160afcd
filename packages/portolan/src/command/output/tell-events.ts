import type { PortolanError } from '@portolan/netfilter'
import type { WatchMetrics } from '../../metrics/open-metrics.ts'
import { systemClock } from '../../watch/clock.ts'
import { eventText } from '../../watch/event-text.ts'
import type { HostEvent } from '../../watch/host-event.ts'
import type { WatchOptions } from '../../watch/watch-project.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { withOwnOptions } from '../options/with-own-options.ts'
import { jsonText } from './json-text.ts'
import { tellServiceManager } from './tell-service-manager.ts'

/** The options of a watch, from those of the command line. */
export const watchOptions = ({ options }: CommandContext, signal: AbortSignal): WatchOptions => ({
  signal,
  check: options.check === true,
  once: options.once === true,
})

/** An event for files that cannot be taken. A program that follows the events would not learn of it otherwise. */
export async function* notTaken(
  project: string,
  { code, message }: PortolanError,
  retryMs: number | null,
): AsyncGenerator<HostEvent, void> {
  const at = systemClock.date().toISOString()
  yield { at, project, kind: 'failed', error: { code, message }, retryMs }
}

/**
 * Prints events as they come.
 *
 * @param since - the cause of the first events, up to the event that says that the project is in force: see `eventText`
 * @returns the exit code to which the events lead
 */
export const printEvents = async (
  events: AsyncIterable<HostEvent>,
  { options, terminal }: CommandContext,
  metrics: WatchMetrics | null,
  since: 'new' | 'kept' | null = null,
): Promise<ExitCode> => {
  let failed = false
  let first = since
  /** Did an event just tell a difference that is left as it is? */
  let isAmiss = false
  for await (const event of events) {
    failed = event.kind === 'failed'
    metrics?.take(event)
    if (event.kind === 'watching') await tellServiceManager(terminal)
    if (options.json === true) terminal.print(jsonText(event, null, 0))
    else
      for (const line of eventText(event, terminal.style, isAmiss ? 'amiss' : first, withOwnOptions(options)))
        terminal.print(line)
    if (event.kind === 'watching') first = null
    isAmiss = event.kind === 'drift' && event.outcome !== 'repaired'
  }
  return options.once === true && failed ? exitCode.error : exitCode.ok
}
