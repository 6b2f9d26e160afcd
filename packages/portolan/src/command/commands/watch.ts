import { createRunner, defaultStateDirectory, openMonitor } from '@portolan/host'
import { InvalidRequestError, MissingToolError, PortolanError } from '@portolan/netfilter'
import { parseBackendChoice } from '../../backend/backend.ts'
import { openHost } from '../../live/open-host.ts'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import { plan } from '../../plan/plan-intent.ts'
import { eventText } from '../../watch/event-text.ts'
import { type HeldPlan, holdPlannedProject } from '../../watch/hold-planned-project.ts'
import type { HostEvent } from '../../watch/host-event.ts'
import { type WatchOptions, watchProject } from '../../watch/watch-project.ts'
import { applyOptions } from '../apply-options.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { readIntent } from '../read-intent.ts'
import { planOptions } from '../sources.ts'

/** `portolan watch`: holds a project until it is stopped. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  const signals = followSignals()
  try {
    return isLive(context) ? await watchLive(context, signals) : await watchPlanned(context, signals)
  } finally {
    signals.close()
  }
}

/** A project that is named without a file, and that a live host wrote down. */
const isLive = ({ options: { file, project, state } }: CommandContext): boolean =>
  file === undefined &&
  project !== undefined &&
  liveProjects(state ?? defaultStateDirectory()).includes(project)

const watchLive = async (context: CommandContext, signals: Signals): Promise<ExitCode> => {
  const { options } = context
  await using host = await openHost({
    backend: parseBackendChoice(options.backend ?? 'auto'),
    ...(options.project === undefined ? {} : { project: options.project }),
    ...(options.state === undefined ? {} : { state: options.state }),
  })
  return told(host.watch(watchOptions(context, signals.stop)), context)
}

const watchOptions = ({ options }: CommandContext, signal: AbortSignal): WatchOptions => ({
  signal,
  check: options.check === true,
  once: options.once === true,
})

const watchPlanned = async (context: CommandContext, signals: Signals): Promise<ExitCode> => {
  const { options, terminal } = context
  const settings = await planOptions(options)
  await refuseBlocked(context)
  const runner = createRunner()
  const hold = (): Promise<HeldPlan> =>
    holdPlannedProject(() => readIntent(options), { ...settings, runner }, applyOptions(context))
  // Before anything is read: what changes after that is told.
  await using monitor = await openMonitor({ legacy: { runner } })
  let held = await hold()
  try {
    for (;;) {
      const signal = AbortSignal.any([signals.stop, signals.reload])
      const ended = await told(watchProject(held, monitor, watchOptions(context, signal)), context)
      if (options.once === true || signals.stop.aborted) return ended
      // What is written while the files are read is another reload.
      signals.rearm()
      try {
        const next = await hold()
        held.close()
        held = next
        terminal.say('portolan: the files were read again')
      } catch (error) {
        if (!(error instanceof PortolanError)) throw error
        terminal.say(`portolan: ${error.message} The project is held as it was.`)
      }
    }
  } finally {
    held.close()
  }
}

/** What was never applied is applied here as `apply` would: not in spite of conflicts. */
const refuseBlocked = async (context: CommandContext): Promise<void> => {
  const { options } = context
  const planned = await plan(readIntent(options), await planOptions(options))
  const isThere = planned.leases !== null && planned.leases.kept.length > 0
  const blocks = planned.conflicts.filter(({ severity }) => severity === 'error')
  if (isThere || blocks.length === 0 || options.check === true) return
  throw new InvalidRequestError(
    `project ${planned.project} was not applied yet, and ${blocks.length === 1 ? 'a conflict stands' : `${blocks.length} conflicts stand`} in its way (${blocks[0]?.kind}): run "portolan apply" first. Nothing was changed.`,
  )
}

/** Prints events as they come. @returns the exit code they come to */
const told = async (
  events: AsyncIterable<HostEvent>,
  { options, terminal }: CommandContext,
): Promise<ExitCode> => {
  let failed = false
  for await (const event of events) {
    failed = event.kind === 'failed'
    if (event.kind === 'watching') await tellServiceManager(terminal)
    if (options.json === true) terminal.print(jsonText(event, null, 0))
    else for (const line of eventText(event, terminal.style)) terminal.print(line)
  }
  return options.once === true && failed ? exitCode.error : exitCode.ok
}

/**
 * Tells systemd that what is wanted is in force (sd_notify(3)), where it asked for that: a unit with Type=notify starts
 * what comes after it then.
 */
const tellServiceManager = async (terminal: CommandContext['terminal']): Promise<void> => {
  if ((process.env.NOTIFY_SOCKET ?? '') === '') return
  try {
    const { exitCode: code, stderr } = await createRunner().run('systemd-notify', ['--ready'])
    if (code !== 0) terminal.say(`portolan: systemd was not told that it is ready: ${stderr.trim()}`)
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error
    terminal.say(`portolan: systemd was not told that it is ready: ${error.message}`)
  }
}

/** What the user or the service manager tells this process. */
interface Signals {
  /** SIGTERM or SIGINT came. */
  readonly stop: AbortSignal
  /** SIGHUP came since the last `rearm`. */
  readonly reload: AbortSignal
  rearm(): void
  close(): void
}

const followSignals = (): Signals => {
  const stopped = new AbortController()
  let reloaded = new AbortController()
  const stop = (): void => stopped.abort()
  const reload = (): void => reloaded.abort()
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', reload)
  return {
    stop: stopped.signal,
    get reload() {
      return reloaded.signal
    },
    rearm: () => {
      reloaded = new AbortController()
    },
    close: () => void process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', reload),
  }
}
