import type { DesiredMapping, PublishedPort } from '@portolan/core'
import type { JournalChange } from '@portolan/host'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'
import { checkOptions, flagValue, type OptionKinds } from '@portolan/netfilter/schema'
import { signalValue } from '../arguments/value-kinds.ts'
import type { Backend } from '../backend/backend.ts'
import type { HeldProject } from '../watch/held-project.ts'
import { watchOn } from '../watch/watch-on.ts'
import type { WatchOptions } from '../watch/watch-project.ts'
import { attachEndpoint } from './attachments/attach-endpoint.ts'
import { checkDetachOptions } from './attachments/attach-request.ts'
import { removeChildren } from './attachments/detach-child.ts'
import { removeAttached } from './attachments/detach-endpoint.ts'
import { networkNamed } from './attachments/endpoint-place.ts'
import { releasePlanned } from './attachments/planned-place.ts'
import { refuseUnwritable } from './attachments/refuse-unwritable.ts'
import { checkNames } from './check-names.ts'
import { leaseEndpoint, releaseLeases } from './endpoints/lease-endpoint.ts'
import { holdLiveProject } from './hold-live-project.ts'
import { turnsInOrder } from './in-order.ts'
import { keepWritten } from './left-behind/keep-written.ts'
import { recordLeftNetworks } from './left-behind/record-left-networks.ts'
import { refusePlanned } from './left-behind/refuse-planned.ts'
import type { LiveHost } from './live-host.ts'
import type { LiveMachine } from './live-machine.ts'
import { liveWording, throwIn } from './live-wording.ts'
import { attachToNetwork } from './networks/attach-to-network.ts'
import { blockRoutes } from './networks/block-routes.ts'
import { changeNetworks } from './networks/change-networks.ts'
import { checkNetwork } from './networks/check-network.ts'
import { ensureNetwork, removeNetwork } from './networks/ensure-network.ts'
import { goneNetworks } from './networks/gone-networks.ts'
import { ensureParentedNetwork, removeParentedNetwork } from './networks/parented-networks.ts'
import { releaseHostPorts } from './ports/automatic-ports.ts'
import { flowsToForget } from './ports/flows-to-forget.ts'
import { isAutomatic, publishPorts } from './ports/publish-ports.ts'
import type { PublishRequest, UnpublishRequest } from './ports/publish-request.ts'
import { unpublishPorts } from './ports/unpublish-ports.ts'
import { BackendMovedError } from './rules/backend-moved-error.ts'
import { LiveRules } from './rules/live-rules.ts'
import { openRuleKeeper } from './rules/open-rule-keeper.ts'
import { type StatusOptions, statusKinds } from './status-options.ts'
import { withoutEndpoint } from './wanted/wanted-state.ts'

/**
 * Opens a machine for a live orchestrator. `openHost` does this with the present machine.
 *
 * @param project - the project that networks, leases and ports belong to
 * @param machine - closed with the host, or when it cannot be opened
 * @throws as `openHost`
 * @example
 * await using host = await openHostOn('shop', machine)
 * await host.ensureNetwork('web')
 * @public @since 0.1.0
 */
export const openHostOn = (project: string, machine: LiveMachine): Promise<LiveHost> =>
  openObservedHostOn(project, machine, (held) => held)

/**
 * Opens a machine as `openHostOn` does, with an observed project.
 * @param observe - returns the project to watch in place of the real one, for example one that records its calls
 * @internal
 */
export const openObservedHostOn = async (
  project: string,
  machine: LiveMachine,
  observe: (held: HeldProject) => HeldProject,
): Promise<LiveHost> => {
  const { wanted, leases, links, listeners, conntrack } = machine
  const keeper = openRuleKeeper(machine.backend, project, machine.rules)
  const rules = new LiveRules(project, machine, keeper, wanted)
  const fail = throwIn(machine.wording ?? liveWording)
  const { take: queue, join } = turnsInOrder(fail)
  const flows = flowsToForget(conntrack, () => queue(async () => {}))
  const tools = { ...machine, flows, localnet: new Set<string>() }
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
      try {
        await flows.settled()
      } finally {
        conntrack.close()
        await machine.close()
        await wanted.close()
      }
    })
  }

  /** Continues in the backend that another program chose for the project. Rules in both backends would apply twice. */
  const follow = async (named: Backend): Promise<void> => {
    machine.moveTo?.(named)
    rules.goOnWith(openRuleKeeper(machine.backend, project, machine.rules))
    await rules.refresh()
    if ((await machine.elsewhere()).length > 0) await changeNetworks(rules, machine, (intent) => intent)
  }
  const inItsBackend = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (let isMended = false; ; ) {
      try {
        const named = rules.movedTo()
        if (named !== null) await follow(named)
        return await work()
      } catch (error) {
        // The refusal may be due to a bridge that another program deleted, so the missing networks are made first.
        if (error instanceof InvalidRequestError && !isMended && goneNetworks(rules).length > 0) {
          isMended = true
          await changeNetworks(rules, machine, (intent) => intent)
        } else if (!(error instanceof BackendMovedError)) throw error
      }
    }
  }
  const written = keepWritten(machine)
  /** Runs work between other calls, without writing lost records first. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> =>
    queue(async () => {
      refuseClosed()
      return inItsBackend(work)
    })
  const whileOpen = <Result>(work: () => Promise<Result>): Promise<Result> =>
    inTurn(async () => {
      if (wanted.isLost()) await written.takeAgain()
      const result = await work()
      await written.look()
      return result
    })
  const routes = blockRoutes(rules, machine)
  /**
   * Runs a call that puts something on a network. The other hosts of the cluster may have changed, so routes come
   * first.
   */
  const whileReached = <Result>(work: () => Promise<Result>): Promise<Result> =>
    whileOpen(async () => {
      await routes.keepUp()
      return work()
    })
  const refuseClosed = (): void => {
    if (closed) throw new PortolanError('CLOSED', 'This host object is closed: open the host again.')
  }
  // Written property by property: V8 copies an object by `...` in its runtime, which takes several times as long.
  const publishedBy = (mapping: DesiredMapping): PublishedPort & DesiredMapping => ({
    project,
    family: mapping.family,
    protocol: mapping.protocol,
    interface: mapping.interface,
    allowFrom: mapping.allowFrom,
    kind: mapping.kind,
    hostAddress: mapping.hostAddress,
    hostPort: mapping.hostPort,
    targets: mapping.targets,
    label: mapping.label,
  })
  const publish = async (calls: readonly (readonly PublishRequest[])[]) => {
    refuseClosed()
    if (wanted.isLost()) await written.takeAgain()
    const publishAll = () => publishPorts(rules, tools, calls)
    const { mappings, added } = await inItsBackend(() =>
      routes.areUp() ? publishAll() : routes.keepUp().then(publishAll),
    )
    flows.published(added)
    const published: (readonly PublishedPort[])[] = []
    for (const those of mappings) published.push(those.map(publishedBy))
    return published
  }
  const unpublish = async (
    requests: readonly UnpublishRequest[],
    beside: readonly JournalChange[] = [],
  ): Promise<void> => {
    const taken = await unpublishPorts(rules, requests, beside)
    flows.takenBack(taken)
    await releaseHostPorts(rules, leases, taken)
  }
  const unpublishAll = async (
    calls: readonly (readonly UnpublishRequest[])[],
  ): Promise<readonly undefined[]> => {
    refuseClosed()
    if (wanted.isLost()) await written.takeAgain()
    await inItsBackend(() => unpublish(calls.flat()))
    return calls.map(() => undefined)
  }
  const release = async (network: string, endpoint: string, neverUsed = false): Promise<void> => {
    const known = wanted.endpoint(network, endpoint)?.endpoint
    const addresses = [known?.ip, known?.ip6].filter((one) => typeof one === 'string')
    await unpublish(
      [{ endpoint, network }, ...addresses.map((address) => ({ address }))],
      known === undefined ? [] : [withoutEndpoint(network, endpoint)],
    )
    await releaseLeases(rules, leases, network, endpoint, neverUsed)
  }
  try {
    await recordLeftNetworks(rules, machine, await rules.refresh())
    await refusePlanned(rules, machine)
    const mayBeElsewhere = rules.isDamaged() || machine.isNamed === true
    if (mayBeElsewhere && (await machine.elsewhere()).length > 0)
      await changeNetworks(rules, machine, (intent) => intent)
    await written.look()
  } catch (error) {
    await close()
    throw error
  }
  return {
    ensureNetwork: (name, networkOptions = {}) =>
      whileReached(() => ensureNetwork(rules, machine, name, networkOptions)),
    checkNetwork: (name, networkOptions = {}) =>
      whileOpen(() => checkNetwork(rules, machine, name, networkOptions)),
    ensureParentedNetwork: (name, networkOptions) =>
      whileOpen(() => ensureParentedNetwork(rules, machine, name, networkOptions)),
    removeNetwork: (name) =>
      whileOpen(async () => {
        checkNames({ network: name })
        if (await removeParentedNetwork(rules, machine, name)) return
        await removeNetwork(rules, machine, name)
      }),
    lease: (network, endpoint, endpointOptions = {}) =>
      whileOpen(async () => {
        checkNames({ network, endpoint })
        return leaseEndpoint(rules, leases, network, endpoint, endpointOptions)
      }),
    release: (network, endpoint) =>
      whileOpen(async () => {
        checkNames({ network, endpoint })
        await refuseUnwritable(leases, { project, network, endpoint })
        // The addresses may go to another endpoint, and an interface that still has them would answer for it.
        await removeAttached(rules, machine, { project, network, endpoint })
        await release(network, endpoint)
      }),
    attach: (request) => whileReached(() => attachEndpoint(rules, machine, request)),
    detach: (endpoint, detachOptions = {}) =>
      whileOpen(async () => {
        checkDetachOptions(endpoint, detachOptions)
        const { network: asked, keepLease = false, neverUsed } = detachOptions
        const named = asked === undefined ? { project, network: null } : networkNamed(asked, project)
        // This check and the next step may refuse the call, and then nothing may be gone yet.
        if (!keepLease) await refuseUnwritable(leases, { ...named, endpoint })
        const parented = await removeChildren(machine, { ...named, endpoint }, detachOptions)
        await removeAttached(rules, machine, { ...named, endpoint })
        if (keepLease) return
        for (const network of parented) await releasePlanned(leases, { ...named, network, endpoint })
        if (named.network !== null && (named.project !== project || wanted.network(named.network) === null))
          await releasePlanned(leases, { ...named, network: named.network, endpoint })
        // This covers endpoints that are no longer wanted: a process may have been killed before their ports and leases
        // were gone.
        if (named.project !== project) return
        for (const { network } of wanted.networks())
          if (named.network === null || named.network === network.name)
            await release(network.name, endpoint, neverUsed)
      }),
    attachPort: (interfaceName, network) =>
      whileReached(async () => {
        checkNames({ interface: interfaceName, network })
        return attachToNetwork(rules, machine, interfaceName, network)
      }),
    publish: (requests) => {
      const call = listOf<PublishRequest>(requests)
      // The port that `auto` gets depends on the ports published before it.
      const alone = async () => (await publish([call]))[0] ?? []
      return call.some(isAutomatic) ? queue(alone) : join(call, publish)
    },
    unpublish: (requests) => join(listOf<UnpublishRequest>(requests), unpublishAll),
    settled: async () => {
      // Earlier calls may still have to unpublish ports.
      await whileOpen(async () => {})
      await flows.settled().catch(fail)
    },
    networks: () => wanted.networks().map(({ network }) => network),
    endpoints: () => wanted.endpoints().map(({ endpoint }) => endpoint),
    published: () => wanted.ports().map((mapping) => ({ ...mapping, project })),
    watch: (watchOptions = {}) => {
      checkOptions<WatchOptions>(watchOptions, watchKinds, 'the options of watch')
      refuseClosed()
      const held = observe(holdLiveProject(rules, machine, inTurn, written))
      return watchOn(held, machine, { ...watchOptions, signal: endOf(watchOptions.signal, ending.signal) })
    },
    status: async (statusOptions = {}) => {
      checkOptions<StatusOptions>(statusOptions, statusKinds, 'the options of status')
      refuseClosed()
      const { conflicts = true, connections = true } = statusOptions
      return machine.readStatus({ conflicts, connections }).catch(fail)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const watchKinds: OptionKinds<WatchOptions> = { signal: signalValue, check: flagValue, once: flagValue }

const endOf = (one: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  one === undefined ? other : AbortSignal.any([one, other])

const listOf = <Item>(items: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(items) ? (items as readonly Item[]) : [items as Item]
