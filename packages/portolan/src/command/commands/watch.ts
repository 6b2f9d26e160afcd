import { emptyConfig } from '@portolan/core'
import { defaultStateDirectory } from '@portolan/host'
import { listenForCalls } from '@portolan/host/handover'
import { commandWording, InvalidRequestError } from '@portolan/netfilter'
import { parseBackendChoice } from '../../backend/backend.ts'
import { readConfig } from '../../config/read-config.ts'
import { liveWording } from '../../live/live-wording.ts'
import { openObservedHost } from '../../live/open-host.ts'
import { liveProjects } from '../../live/wanted/live-projects.ts'
import { parseMetricsAddress } from '../../metrics/metrics-address.ts'
import type { WatchMetrics } from '../../metrics/open-metrics.ts'
import type { PlanOptions } from '../../plan/plan-options.ts'
import { allPoolsInUse, type PoolSource } from '../../plan/pools-in-use.ts'
import { blocksFor } from '../cluster/blocks-for.ts'
import { namedCluster } from '../cluster/cluster-url.ts'
import { followCluster } from '../cluster/follow-cluster.ts'
import { withJoinedCluster } from '../cluster/with-joined-cluster.ts'
import type { CommandContext } from '../command.ts'
import type { ExitCode } from '../exit-code.ts'
import { printEvents, watchOptions } from '../output/tell-events.ts'
import { timedTerminal } from '../output/timed-terminal.ts'
import { fileSource, keySource, openIntent, refuseFiles } from '../sources/intent-source.ts'
import { keptText } from '../sources/read-wanted.ts'
import { planOptions } from '../sources/sources.ts'
import { followSignals, type Signals } from '../watch/follow-signals.ts'
import { holdSource } from '../watch/hold-source.ts'

/** `portolan watch`: holds a project until it is stopped. */
export const run = async (called: CommandContext): Promise<ExitCode> => {
  const terminal = timedTerminal(called.terminal)
  const context = await withKey({ ...called, terminal })
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
 * Serves metrics where they are asked for. Only then is the code for it loaded.
 * @throws InvalidRequestError, PermissionError when the address cannot be listened on
 */
const startMetrics = async (
  { options, terminal }: CommandContext,
  settings: PoolSource,
): Promise<WatchMetrics | null> => {
  const text = options.metrics
  if (text === undefined) return null
  const address = parseMetricsAddress(text)
  const { openMetrics } = await import('../../metrics/open-metrics.ts')
  // Blocks come and go during the watch.
  const metrics = await openMetrics(address, async () =>
    allPoolsInUse(settings, await blocksFor(options, settings.config ?? {})),
  )
  terminal.say(`portolan: metrics are at http://${address.text}/metrics`)
  return metrics
}

/** Refuses --metrics with --once. A timer's run ends before anything can read its metrics. */
const refuseOnce = ({ options: { metrics, once } }: CommandContext): void => {
  if (metrics !== undefined && once === true)
    throw new InvalidRequestError(
      '--once ends before a scraper could read what --metrics serves: give one of the two.',
    )
}

/**
 * Adds the key of a project's text to the context, where -p names the project and nothing says where to read it. `plan`
 * and `status` use that text as well.
 */
const withKey = async (context: CommandContext): Promise<CommandContext> => {
  const { options, terminal } = context
  if (options.intent !== undefined) return context
  const kept = await keptText(options)
  if (kept === null) return context
  const { project, profiles = [], url } = kept
  if (url === undefined)
    throw new InvalidRequestError(
      `the text of project ${project} came from a key of etcd, and which one is not remembered. Name it with --intent etcd:///KEY, or the file that the project is to be read from with -f.`,
    )
  terminal.say(
    `portolan: project ${project} is read from ${url}, as its text came from there; -f names a file.`,
  )
  const joined = await withJoinedCluster(options)
  const profile = options.profile ?? (profiles.length === 0 ? undefined : profiles)
  return {
    ...context,
    options: { ...joined, intent: url, ...(profile === undefined ? {} : { profile: [...profile] }) },
  }
}

/** Is the project named without a file, and written down by a live host? */
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
        // Naming another backend would move the rules.
        backend: options.check === true ? 'auto' : parseBackendChoice(options.backend ?? 'auto'),
        ...(options.project === undefined ? {} : { project: options.project }),
        ...(options.state === undefined ? {} : { state: options.state }),
        // The project's own program changes it. What concerns this command are its options.
        wording: { ...liveWording, elsewhere: commandWording.elsewhere, backend: commandWording.backend },
        // The pools are left out, because subnets are picked already. A network in a block that was lost is told.
        config: { ...emptyConfig, allowed: readConfig().allowed, cluster: namedCluster(context) },
      },
      (held) => metrics?.observe(held) ?? held,
    )
    try {
      return await printEvents(host.watch(watchOptions(context, signals.stop)), context, metrics)
    } finally {
      // A scrape reads the leases of the host, so the server ends before the host is closed.
      await metrics?.close()
    }
  } finally {
    await endFollowing()
    await metrics?.close()
  }
}

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
