import { checkProject, type DesiredMapping, type LeaseStore, type Runner } from '@portolan/core'
import {
  createRunner,
  defaultStateDirectory,
  type JournalChange,
  openConntrack,
  openLeaseStore,
  openLinks,
  openListeners,
} from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import type { BackendChoice } from '../backend/backend.ts'
import { chooseBackend } from '../backend/choose-backend.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import { readStatus } from '../status/read-status.ts'
import { watchHost } from '../watch/watch-host.ts'
import { leaseEndpoint, releaseLeases } from './endpoints/lease-endpoint.ts'
import { holdLiveProject } from './hold-live-project.ts'
import { inOrder } from './in-order.ts'
import type { LiveHost } from './live-host.ts'
import { attachToNetwork } from './networks/attach-to-network.ts'
import { bringAbout, ensureNetwork, removeNetwork } from './networks/ensure-network.ts'
import { releaseHostPorts } from './ports/automatic-ports.ts'
import { publishPorts } from './ports/publish-ports.ts'
import type { PublishRequest, UnpublishRequest } from './ports/publish-request.ts'
import { unpublishPorts } from './ports/unpublish-ports.ts'
import { isElsewhere } from './rules/is-elsewhere.ts'
import { LiveRules } from './rules/live-rules.ts'
import { openRuleKeeper } from './rules/open-rule-keeper.ts'
import { openWantedState, withoutEndpoint } from './wanted/wanted-state.ts'

/**
 * @example
 * const options: OpenHostOptions = { backend: 'nftables', project: 'jobs' }
 * await using host = await openHost(options)
 * host.published() // []
 * @public @since 0.1.0
 */
export interface OpenHostOptions {
  /** `auto` unless told. */
  readonly backend?: BackendChoice
  /** The project that networks, leases and ports belong to; `live` unless told. Not one that is also planned from a file. */
  readonly project?: string
  /** The folder of what is wanted, of leases and of old sysctl values: `/var/lib/portolan` for root, unless told. */
  readonly state?: string
  /** A lease store of your own in place of the one in `state`; it is not closed. */
  readonly leases?: LeaseStore
  /** Has to start its programs in the network namespace of this process. */
  readonly runner?: Runner
}

/**
 * Opens this host for a live orchestrator, and takes up what was wanted of the project before: its networks, leases and
 * ports. What of it is not in force is brought back with the next call that changes something. If its rules are in
 * another backend, they are moved to this one at once: in both they would count twice.
 *
 * Several may be open at once, in one process or many: what one of them believes to be so is read again before it
 * answers that there is nothing to do, or that something cannot be done.
 *
 * @throws MissingToolError, PermissionError, InspectError when the host's rules cannot be read
 * @throws PortolanError `RUNNER_ELSEWHERE` when the Runner is of another network namespace than this process, `STATE`
 * when what was written down cannot be read
 * @throws InvalidRequestError for what cannot name a project, and for one that was made by a plan, or by a live host with
 * another state directory
 * @example
 * await using host = await openHost({ backend: 'nftables', project: 'shop' })
 * await host.ensureNetwork('web', { pool: 'classic' })
 * const lease = await host.lease('web', 'web-1')
 * await host.publish([{ hostPort: 8080, to: { endpoint: 'web-1', port: 80 }, allowFrom: ['198.51.100.0/24'] }])
 * lease.ip // '172.17.0.1'
 * @public @since 0.1.0
 */
export const openHost = async (options: OpenHostOptions = {}): Promise<LiveHost> => {
  const runner = options.runner ?? createRunner()
  const project = options.project ?? 'live'
  const stateDirectory = options.state ?? defaultStateDirectory()
  checkProject(project)
  await refuseElsewhere(runner)
  const backend = await chooseBackend(options.backend ?? 'auto', runner)
  const wanted = openWantedState(stateDirectory, project)
  const rules = new LiveRules(project, openRuleKeeper(backend, project, runner, stateDirectory), wanted)
  const leases = options.leases ?? openLeaseStore(stateDirectory)
  const links = openLinks()
  const listeners = openListeners()
  const conntrack = openConntrack()
  const queue = inOrder()
  const tools = { backend, runner, leases, stateDirectory, listeners, localnet: new Set<string>() }
  let closed = false

  const ending = new AbortController()
  const close = (): Promise<void> => {
    ending.abort()
    return queue(async () => {
      if (closed) return
      closed = true
      links.close()
      listeners.close()
      rules.close()
      await Promise.allSettled(forgetting)
      conntrack.close()
      if (options.leases === undefined) await leases.close()
      await wanted.close()
    })
  }

  /** Conntrack entries that are being looked for; what comes meanwhile need not wait for that. */
  const forgetting = new Set<Promise<unknown>>()
  const forget = async (work: Promise<unknown>): Promise<void> => {
    forgetting.add(work)
    try {
      await work
    } finally {
      forgetting.delete(work)
    }
  }
  const whileOpen = <Result>(work: () => Promise<Result>): Promise<Result> =>
    queue(async () => {
      refuseClosed()
      return work()
    })
  const refuseClosed = (): void => {
    if (closed) throw new PortolanError('CLOSED', 'This host object is closed: open the host again.')
  }
  const unpublish = async (
    requests: readonly UnpublishRequest[],
    beside: readonly JournalChange[] = [],
  ): Promise<readonly DesiredMapping[]> => {
    const taken = await unpublishPorts(rules, requests, beside)
    await releaseHostPorts(rules, leases, taken)
    return taken
  }
  const forgetFlows = async (taken: readonly DesiredMapping[]): Promise<void> => {
    const flows = taken.flatMap((mapping) =>
      mapping.kind === 'nat'
        ? mapping.targets.map((to) => ({ ...mapping, address: to.address, port: to.port }))
        : [],
    )
    if (flows.length > 0) await forget(conntrack.forgetFlows(flows))
  }

  try {
    await rules.refresh()
    refusePlanned(rules)
    if (rules.isDamaged() && (await isElsewhere(project, backend, runner)))
      await bringAbout(rules, tools, (intent) => intent)
  } catch (error) {
    await close()
    throw error
  }
  return {
    ensureNetwork: (name, networkOptions = {}) =>
      whileOpen(() => ensureNetwork(rules, tools, name, networkOptions)),
    removeNetwork: (name) => whileOpen(() => removeNetwork(rules, tools, name)),
    lease: (network, endpoint, endpointOptions = {}) =>
      whileOpen(() => leaseEndpoint(rules, leases, network, endpoint, endpointOptions)),
    release: async (network, endpoint) => {
      const taken = await whileOpen(async () => {
        const known = wanted.endpoint(network, endpoint)?.endpoint
        const addresses = [known?.ip, known?.ip6].filter((one) => typeof one === 'string')
        const ports = await unpublish(
          [{ endpoint, network }, ...addresses.map((address) => ({ address }))],
          known === undefined ? [] : [withoutEndpoint(network, endpoint)],
        )
        await releaseLeases(rules, leases, network, endpoint)
        return ports
      })
      await forgetFlows(taken)
    },
    attachPort: (interfaceName, network) =>
      whileOpen(() => attachToNetwork(rules, links, interfaceName, network)),
    publish: async (requests) => {
      const { mappings, added } = await whileOpen(() =>
        publishPorts(rules, tools, listOf<PublishRequest>(requests)),
      )
      const udp = added.filter(({ protocol, kind }) => protocol === 'udp' && kind === 'nat')
      if (udp.length > 0) await forget(conntrack.forgetUntranslated(udp))
      return mappings.map((mapping) => ({ ...mapping, project }))
    },
    unpublish: async (requests) => {
      await forgetFlows(await whileOpen(() => unpublish(listOf<UnpublishRequest>(requests))))
    },
    networks: () => wanted.networks().map(({ network }) => network),
    endpoints: () => wanted.endpoints().map(({ endpoint }) => endpoint),
    published: () => wanted.ports().map((mapping) => ({ ...mapping, project })),
    watch: (watchOptions = {}) => {
      refuseClosed()
      const held = holdLiveProject(rules, tools, links, conntrack, whileOpen)
      return watchHost(held, runner, { ...watchOptions, signal: endOf(watchOptions.signal, ending.signal) })
    },
    status: async ({ conflicts = true } = {}) => {
      refuseClosed()
      return readStatus({ project, backend, runner, stateDirectory, conflicts })
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const endOf = (one: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  one === undefined ? other : AbortSignal.any([one, other])

const listOf = <Item>(items: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(items) ? (items as readonly Item[]) : [items as Item]

/** A plan would take a live project for one that wants nothing, and a live host would do the same to a plan's. */
const refusePlanned = ({ project, bridges, wanted }: LiveRules): void => {
  const planned = bridges.find(
    (bridge) => bridge.project === project && wanted.network(bridge.network) === null,
  )
  if (planned === undefined || wanted.exists()) return
  throw new InvalidRequestError(
    `project ${project} was made by a plan, or by a live host with another state directory (network ${planned.network}): open the host with another project or with that directory, or destroy the project first.`,
  )
}
