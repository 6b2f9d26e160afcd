import type { DesiredMapping, PublishedPort, Runner } from '@portolan/core'
import {
  createRunner,
  isSysctlWritable,
  openConntrack,
  openLinks,
  openListeners,
  readHost,
  readSysctl,
  withHostLock,
  writeSysctl,
} from '@portolan/host'
import { type HostFacts, PortolanError, StaleStateError } from '@portolan/netfilter'
import { effectiveSysctl, linkSysctlName } from '@portolan/netfilter/sysctls'
import { type BackendChoice, chooseBackend } from '../backend/backend.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import { inOrder } from './in-order.ts'
import type { LiveHost, PublishRequest, UnpublishRequest } from './live-host.ts'
import { openRuleKeeper } from './open-rule-keeper.ts'
import { bridgeOf, isolates, type OwnBridge, ownBridges } from './own-bridges.ts'
import { openPortBook } from './port-book.ts'
import { requestedMapping, requestedSockets } from './publish-request.ts'
import { refuseListener } from './refuse-listener.ts'
import { refuseAbsentAddress, targetBridge } from './refuse-place.ts'
import { socketKey } from './socket-key.ts'

/**
 * @example
 * const options: OpenHostOptions = { backend: 'nftables', project: 'jobs' }
 * await using host = await openHost(options)
 * host.published // []
 * @public @since 0.1.0
 */
export interface OpenHostOptions {
  /** `auto` unless told. */
  readonly backend?: BackendChoice
  /** The project the mappings belong to; `live` unless told. Not one that is also planned from a file. */
  readonly project?: string
  /** Has to start its programs in the network namespace of this process. */
  readonly runner?: Runner
}

/** How often a port is tried again when another program changes the rules just then. */
const ATTEMPTS = 3

/**
 * Opens this host for a live orchestrator, and takes up the mappings its project has there already.
 *
 * Several may be open at once, in one process or many: what one of them believes to be so is read again before it
 * answers that there is nothing to do, or that something cannot be done.
 *
 * It leases nothing: the caller names every host port and address, so there is nothing to choose. To have them
 * chosen and kept, plan an intent.
 *
 * @throws MissingToolError, PermissionError, InspectError when the host's rules cannot be read
 * @throws PortolanError `RUNNER_ELSEWHERE` when the Runner is of another network namespace than this process
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * await apply(await plan(intent, { backend: 'nftables' }))
 * await using host = await openHost({ backend: 'nftables' })
 * await host.publish({ hostPort: 8081, protocol: 'tcp', to: { address: '172.17.0.10', port: 80 } })
 * @public @since 0.1.0
 */
export const openHost = async (options: OpenHostOptions = {}): Promise<LiveHost> => {
  const runner = options.runner ?? createRunner()
  const project = options.project ?? 'live'
  await refuseElsewhere(runner)
  const keeper = openRuleKeeper(await chooseBackend(options.backend ?? 'auto', runner), project, runner)
  const links = openLinks()
  const listeners = openListeners()
  const conntrack = openConntrack()
  const queue = inOrder()
  const book = openPortBook(project)
  let facts: HostFacts = {}
  let bridges: readonly OwnBridge[] = []
  /** Nothing of our rules was missing when they were read last. */
  let whole = false
  let closed = false
  /** Bridges on which 127.0.0.1 is known to lead to containers. */
  const localnet = new Set<string>()

  const refresh = async (): Promise<void> => {
    facts = await readHost({ processNames: false })
    bridges = ownBridges(facts)
    const rules = await keeper.read(facts)
    book.learn(rules)
    whole = rules.whole
  }
  /** Is something missing that another program took away, so that the whole has to be written? */
  const isDamaged = (): boolean => !whole || book.hasLost()

  /**
   * From what is known: is the mapping still to be added, or is something else missing?
   * @throws InvalidRequestError, PortolanError when it cannot be
   */
  const isMissing = (wanted: DesiredMapping, force: boolean): boolean => {
    targetBridge(wanted, bridges)
    if (!force) refuseAbsentAddress(wanted, facts)
    return !book.holds(wanted) || isDamaged()
  }

  const isMissingForSure = async (wanted: DesiredMapping, force: boolean): Promise<boolean> => {
    try {
      if (isMissing(wanted, force)) return true
      if (await keeper.isUnchanged()) return false
    } catch (error) {
      if (!(error instanceof PortolanError)) throw error
    }
    await refresh()
    return isMissing(wanted, force)
  }

  /**
   * Where a rule changed meanwhile, ours are read again: most such changes are not of ours.
   *
   * @returns false when the rules are not as they were thought to be, or there is no short way: nothing is done then
   */
  const quickly = async (
    action: 'add' | 'remove',
    mapping: DesiredMapping,
    isWanted: () => boolean,
  ): Promise<boolean> => {
    for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
      if (isDamaged() || !isWanted()) return false
      try {
        return await keeper.quickly(action, mapping)
      } catch (error) {
        if (!(error instanceof StaleStateError)) throw error
      }
      await refresh()
    }
    return false
  }

  /** Reads the rules, and has the project's mappings in them made those that `decide` says; null: as they are. */
  const slowly = async (decide: () => readonly DesiredMapping[] | null): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withHostLock(async () => {
          if (!(await keeper.isCurrent())) await refresh()
          const mappings = decide() ?? (isDamaged() ? book.toKeep(isOnBridge) : null)
          if (mappings === null) return
          await keeper.hold(mappings)
          whole = true
          book.hold(mappings)
        })
      } catch (error) {
        if (!(error instanceof StaleStateError) || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** Resolves with whether it was added, rather than found there. */
  const publish = async (request: PublishRequest): Promise<DesiredMapping | null> => {
    const wanted = requestedMapping(request)
    const force = request.force ?? false
    let added = false
    if (await isMissingForSure(wanted, force)) {
      if (!force) await refuseListener(project, wanted, listeners)
      added = await quickly('add', wanted, () => !book.holds(wanted))
      if (!added)
        await slowly(() => {
          if (!isMissing(wanted, force)) return null
          added = !book.holds(wanted)
          const isAnother = (mapping: DesiredMapping) => socketKey(mapping) !== socketKey(wanted)
          const kept = book.toKeep(isOnBridge).filter(isAnother)
          return [...kept, wanted]
        })
    }
    book.publish(wanted)
    const bridge = targetBridge(wanted, bridges)
    if (answersOnLoopback(wanted) && !localnet.has(bridge.name)) {
      const sysctl = linkSysctlName('ipv4', bridge.name, 'route_localnet')
      if (readSysctl(sysctl) === '0') writeSysctl(sysctl, '1')
      localnet.add(bridge.name)
    }
    return added ? wanted : null
  }

  const isOnBridge = (mapping: DesiredMapping): boolean => {
    try {
      return targetBridge(mapping, bridges) !== null
    } catch {
      return false
    }
  }

  /** Resolves with what was taken back. */
  const unpublish = async (request: UnpublishRequest): Promise<readonly PublishedPort[]> => {
    const sockets = requestedSockets(request)
    const taken: PublishedPort[] = []
    const known = book.at(sockets)
    let done = !isDamaged() && (known.length === sockets.length || (await keeper.isUnchanged()))
    for (const port of known) {
      done = done && (await quickly('remove', book.asMapping(port), () => book.at([port]).length > 0))
      if (!done) break
      book.forget(port)
      taken.push(port)
    }
    if (!done)
      await slowly(() => {
        const found = book.at(sockets)
        taken.push(...found)
        for (const port of found) book.forget(port)
        return found.length === 0 ? null : book.toKeep(isOnBridge)
      })
    for (const socket of sockets) book.forget(socket)
    return taken
  }

  const attachPort = async (interfaceName: string, network: string): Promise<void> => {
    if (await keeper.isUnchanged()) {
      facts = await readHost({ processNames: false })
      bridges = ownBridges(facts)
    } else await refresh()
    const bridge = bridgeOf(bridges, network)
    // A container is not put on a network whose guards are gone.
    if (isDamaged()) await slowly(() => null)
    const isolated = !bridge.icc && isolates(bridge, interfaceName, facts)
    // Before the port comes: what is there is isolated, and packets that are switched back would be refused by it.
    if (isolated && (bridge.link.nfCallIptables === true || bridge.link.nfCallIp6tables === true))
      await links.changeBridge(bridge.name, { nfCallIptables: false, nfCallIp6tables: false })
    loosenReversePath(bridge.name, facts)
    await links.attachPort(interfaceName, bridge.name, { hairpin: true, isolated })
  }

  const close = (): Promise<void> =>
    queue(async () => {
      if (closed) return
      closed = true
      links.close()
      listeners.close()
      keeper.close()
      await Promise.allSettled(forgetting)
      conntrack.close()
    })

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
      if (closed) throw new PortolanError('CLOSED', 'This host object is closed: open the host again.')
      return work()
    })

  try {
    await refresh()
  } catch (error) {
    await close()
    throw error
  }
  return {
    publish: async (request) => {
      const added = await whileOpen(() => publish(request))
      if (added?.protocol === 'udp') await forget(conntrack.forgetUntranslated([added]))
    },
    unpublish: async (request) => {
      const taken = await whileOpen(() => unpublish(request))
      await forget(
        conntrack.forgetFlows(taken.flatMap((port) => port.targets.map((to) => ({ ...port, ...to })))),
      )
    },
    attachPort: (interfaceName, network) => whileOpen(() => attachPort(interfaceName, network)),
    get published() {
      return book.own()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A container on two networks answers over either bridge; a strict filter drops one of the answers. */
const loosenReversePath = (bridge: string, { sysctls = {} }: HostFacts): void => {
  const name = linkSysctlName('ipv4', bridge, 'rp_filter')
  const isStrict = effectiveSysctl(sysctls, 'ipv4', bridge, 'rp_filter') === 1
  if (isStrict && isSysctlWritable(name)) writeSysctl(name, '2')
}

const answersOnLoopback = ({ family, hostAddress }: DesiredMapping): boolean =>
  family === 'ip' && (hostAddress === null || hostAddress.startsWith('127.'))
