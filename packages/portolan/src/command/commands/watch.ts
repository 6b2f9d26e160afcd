import { emptyConfig, type Intent } from '@portolan/core'
import { createRunner, defaultStateDirectory, noteWatch, openMonitor } from '@portolan/host'
import { listenForCalls } from '@portolan/host/handover'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { parseBackendChoice } from '../../backend/backend.ts'
import { readConfig } from '../../config/read-config.ts'
import { openObservedHost } from '../../live/open-host.ts'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import { parseMetricsAddress } from '../../metrics/metrics-address.ts'
import type { WatchMetrics } from '../../metrics/open-metrics.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import { allPoolsInUse, type PoolSource } from '../../plan/pools-in-use.ts'
import type { StoredIntent } from '../../stored-intent/stored-intent.ts'
import { systemClock } from '../../watch/clock.ts'
import { eventText } from '../../watch/event-text.ts'
import { type HeldPlan, holdPlannedProject } from '../../watch/hold-planned-project.ts'
import type { HostEvent } from '../../watch/host-event.ts'
import { type WatchOptions, watchProject } from '../../watch/watch-project.ts'
import { applyOptions } from '../apply-options.ts'
import { blocksFor } from '../blocks-for.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { type FollowedBlocks, followBlocks } from '../follow-blocks.ts'
import { followCluster } from '../follow-cluster.ts'
import { freshNeighbours, namedCluster } from '../fresh-neighbours.ts'
import { fileSource, type IntentSource, keySource, openIntent, refuseFiles } from '../intent-source.ts'
import { jsonText } from '../json-text.ts'
import { refuseBlocked } from '../refuse-blocked.ts'
import { planOptions } from '../sources.ts'
import { tellServiceManager } from '../tell-service-manager.ts'

/** `portolan watch`: holds a project until it is stopped. */
export const run = async (context: CommandContext): Promise<ExitCode> => {
  refuseOnce(context)
  refuseFiles(context.options)
  const signals = followSignals()
  const { options } = context
  const endCalls = options.check === true || options.once === true ? null : listenForCalls()
  try {
    return isLive(context) ? await watchLive(context, signals) : await watchPlanned(context, signals)
  } finally {
    endCalls?.()
    signals.close()
  }
}

/**
 * Serves metrics where they are asked for. The code for it is loaded then alone.
 * @throws InvalidRequestError, PermissionError when it cannot be listened there
 */
const startMetrics = async (
  { options, terminal }: CommandContext,
  settings: PoolSource,
): Promise<WatchMetrics | null> => {
  const text = options.metrics
  if (text === undefined) return null
  const address = parseMetricsAddress(text)
  const { openMetrics } = await import('../../metrics/open-metrics.ts')
  // Blocks come and go while it is watched.
  const metrics = await openMetrics(address, async () =>
    allPoolsInUse(settings, await blocksFor(options, settings.config ?? {})),
  )
  terminal.say(`portolan: metrics are at http://${address.text}/metrics`)
  return metrics
}

/** A timer's run has ended before anything could read its metrics. */
const refuseOnce = ({ options: { metrics, once } }: CommandContext): void => {
  if (metrics !== undefined && once === true)
    throw new InvalidRequestError(
      '--once ends before a scraper could read what --metrics serves: give one of the two.',
    )
}

/** A project that is named without a file, and that a live host wrote down. */
const isLive = ({ options: { file, intent, project, state } }: CommandContext): boolean =>
  file === undefined &&
  intent === undefined &&
  project !== undefined &&
  liveProjects(state ?? defaultStateDirectory()).includes(project)

const watchLive = async (context: CommandContext, signals: Signals): Promise<ExitCode> => {
  const { options } = context
  const metrics = await startMetrics(context, { config: readConfig() })
  const endFollowing = followCluster(context)
  try {
    await using host = await openObservedHost(
      {
        backend: parseBackendChoice(options.backend ?? 'auto'),
        ...(options.project === undefined ? {} : { project: options.project }),
        ...(options.state === undefined ? {} : { state: options.state }),
        // What is picked is settled already; a network in a block that was lost is told.
        config: { ...emptyConfig, allowed: readConfig().allowed, cluster: namedCluster(context) },
      },
      (held) => metrics?.observe(held) ?? held,
    )
    try {
      return await told(host.watch(watchOptions(context, signals.stop)), context, metrics)
    } finally {
      // A scrape reads the leases of the host.
      await metrics?.close()
    }
  } finally {
    await endFollowing()
    await metrics?.close()
  }
}

const watchOptions = ({ options }: CommandContext, signal: AbortSignal): WatchOptions => ({
  signal,
  check: options.check === true,
  once: options.once === true,
})

const watchPlanned = async (context: CommandContext, signals: Signals): Promise<ExitCode> => {
  const { options } = context
  const settings = await planOptions(options)
  const metrics = await startMetrics(context, settings)
  try {
    return await holdPlanned(context, signals, settings, metrics)
  } finally {
    await metrics?.close()
  }
}

const holdPlanned = async (
  context: CommandContext,
  signals: Signals,
  settings: PlanOptions,
  metrics: WatchMetrics | null,
): Promise<ExitCode> => {
  const stored = await openIntent(context.options)
  const source = stored === null ? fileSource(context.options) : keySource(context.options, stored)
  try {
    return await holdSource(context, signals, settings, metrics, source, stored)
  } finally {
    await stored?.close()
  }
}

const holdSource = async (
  context: CommandContext,
  signals: Signals,
  settings: PlanOptions,
  metrics: WatchMetrics | null,
  source: IntentSource,
  stored: StoredIntent | null,
): Promise<ExitCode> => {
  const { options, terminal } = context
  await refuseBlocked(context, source.read())
  const runner = createRunner()
  const hold = (from: PlanOptions): Promise<HeldPlan> =>
    holdPlannedProject(() => source.read(), { ...from, runner }, applyOptions(context))
  // Before anything is read: what changes after that is told.
  await using monitor = await openMonitor({ legacy: { runner } })
  const others = await freshNeighbours(context, options.check !== true)
  const settled = options.check === true ? { ...settings, ...others } : settings
  let held = await hold(settled)
  for (const sentence of held.unread) terminal.say(`portolan: ${sentence}`)
  // What only tells brings nothing back.
  const endNote =
    options.check === true
      ? () => {}
      : await noteWatch(options.state ?? defaultStateDirectory(), held.project)
  const endFollowing = followCluster(context)
  /** What is wanted is not in force, perhaps for what this host lacks of its cluster: it is tried again with another block. */
  let lacking: FollowedBlocks | null = null
  const untaken = (error: PortolanError, retryMs: number | null): Promise<ExitCode> =>
    told(notTaken(held.project, error, retryMs), context, metrics)
  let isReread = false
  // What only tells puts nothing into force.
  const keep = async (): Promise<void> => (options.check === true ? undefined : source.keep())
  try {
    await keep()
    if (options.once !== true) stored?.follow((error, retryMs) => void untaken(error, retryMs))
    for (;;) {
      const changed = [signals.reload, ...(stored === null ? [] : [stored.changed])]
      const signal = AbortSignal.any([
        signals.stop,
        ...changed,
        ...(lacking === null ? [] : [lacking.changed]),
      ])
      const observed = metrics?.observe(held) ?? held
      const ended = await told(
        watchProject(observed, monitor, watchOptions(context, signal)),
        context,
        metrics,
        isReread,
      )
      isReread = false
      if (options.once === true || signals.stop.aborted) return ended
      // What is written while the files are read is another reload.
      signals.rearm()
      source.rearm()
      lacking?.close()
      lacking = null
      try {
        refuseRenamed(held.project, source.read())
        lacking = followBlocks(options.state ?? defaultStateDirectory())
        const next = await hold(settled)
        lacking.close()
        lacking = null
        held.close()
        held = next
        isReread = true
        await keep()
        terminal.say(`portolan: ${source.name} read again`)
      } catch (error) {
        if (!(error instanceof PortolanError)) throw error
        await untaken(error, null)
      }
    }
  } finally {
    lacking?.close()
    await endFollowing()
    endNote()
    held.close()
  }
}

/** Files that cannot be taken, as an event: what follows the events would not hear of it otherwise. */
async function* notTaken(
  project: string,
  { code, message }: PortolanError,
  retryMs: number | null,
): AsyncGenerator<HostEvent, void> {
  const at = systemClock.date().toISOString()
  yield { at, project, kind: 'failed', error: { code, message }, retryMs }
}

/**
 * The rules of the old project would stay, and nothing would watch them any more.
 * @throws InvalidRequestError
 */
const refuseRenamed = (held: string, { project }: Intent): void => {
  if (project === held) return
  throw new InvalidRequestError(
    `the files describe project ${project} now, and this watch holds ${held}. To change over, stop this watch, run "portolan destroy -p ${held}", and start a watch anew.`,
  )
}

/** Prints events as they come, the first ones of what was read again. @returns the exit code they come to */
const told = async (
  events: AsyncIterable<HostEvent>,
  { options, terminal }: CommandContext,
  metrics: WatchMetrics | null,
  isNew = false,
): Promise<ExitCode> => {
  let failed = false
  for await (const event of events) {
    failed = event.kind === 'failed'
    metrics?.take(event)
    if (event.kind === 'watching') await tellServiceManager(terminal)
    isNew &&= event.kind !== 'watching'
    if (options.json === true) terminal.print(jsonText(event, null, 0))
    else for (const line of eventText(event, terminal.style, isNew)) terminal.print(line)
  }
  return options.once === true && failed ? exitCode.error : exitCode.ok
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
