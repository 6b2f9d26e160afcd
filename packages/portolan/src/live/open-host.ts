import {
  type DesiredMapping,
  families,
  InvalidRequestError,
  PortolanError,
  type PublishedPort,
  type Runner,
  StaleStateError,
} from '@portolan/core'
import {
  createRunner,
  forgetFlows,
  openLinks,
  readHost,
  readSysctl,
  withHostLock,
  writeSysctl,
} from '@portolan/host'
import { type BackendChoice, chooseBackend } from '../backend/backend.ts'
import { inOrder } from './in-order.ts'
import type { LiveHost, PublishRequest, UnpublishRequest } from './live-host.ts'
import { bridgeHolding, bridgeOf, type OwnBridge, ownBridges } from './own-bridges.ts'
import { plainMapping } from './plain-mapping.ts'
import { checkPort, requestedHostAddress, requestedMapping, requestedProtocol } from './publish-request.ts'
import { openRuleKeeper } from './rule-keeper.ts'
import { socketKey } from './socket-key.ts'

/** @public @since 0.1.0 */
export interface OpenHostOptions {
  /** `auto` unless told. */
  readonly backend?: BackendChoice
  /** The project the mappings belong to; `live` unless told. Not one that is also planned from a file. */
  readonly project?: string
  readonly runner?: Runner
}

/**
 * Opens this host for a live orchestrator, and takes up the mappings its project has there already.
 *
 * @throws MissingToolError, PermissionError, InspectError when the host's rules cannot be read
 * @example
 * await using host = await openHost({ backend: 'nftables' })
 * await host.attachPort('veth12', 'web')
 * await host.publish({ hostPort: 8080, protocol: 'tcp', to: { address: '172.17.0.10', port: 80 } })
 * @public @since 0.1.0
 */
export const openHost = async (options: OpenHostOptions = {}): Promise<LiveHost> => {
  const runner = options.runner ?? createRunner()
  const project = options.project ?? 'live'
  const keeper = openRuleKeeper(await chooseBackend(options.backend ?? 'auto', runner), project, runner)
  const links = openLinks()
  const queue = inOrder()
  /** What every project has published, as far as is known, by host socket. */
  let published = new Map<string, PublishedPort>()
  let bridges: readonly OwnBridge[] = []
  /** Bridges on which 127.0.0.1 is known to lead to containers. */
  const localnet = new Set<string>()

  const refresh = async (): Promise<void> => {
    const [ports, facts] = await Promise.all([keeper.readPublished(), readHost({ processNames: false })])
    published = new Map(ports.map((port) => [socketKey(port), port]))
    bridges = ownBridges(facts)
  }
  const ownPorts = (): readonly PublishedPort[] =>
    [...published.values()].filter((port) => port.project === project)

  const bridgeFor = async (address: string): Promise<OwnBridge> => {
    const known = bridgeHolding(bridges, address)
    if (known !== null) return known
    await refresh()
    const found = bridgeHolding(bridges, address)
    if (found !== null) return found
    throw new InvalidRequestError(
      `${address} is in the subnet of no bridge of ours: apply a plan with its network first.`,
    )
  }

  /** One mapping in or out: in the shortest way, or where the host is not as thought, by reading it again. */
  const carryOut = async (action: 'add' | 'remove', mapping: DesiredMapping): Promise<void> => {
    try {
      if (await keeper.quickly(action, mapping)) return
    } catch (error) {
      if (!(error instanceof StaleStateError)) throw error
    }
    await withHostLock(async () => {
      await refresh()
      const rest = ownPorts().filter((port) => socketKey(port) !== socketKey(mapping))
      if (action === 'add') refuseTaken(mapping)
      await keeper.hold([...rest.map(asMapping), ...(action === 'add' ? [mapping] : [])])
    })
  }

  /** True when it is published just so already. */
  const refuseTaken = (wanted: DesiredMapping): boolean => {
    const holder = published.get(socketKey(wanted))
    if (holder === undefined) return false
    const [target] = holder.targets
    const [to] = wanted.targets
    if (holder.project === project && target?.address === to.address && target.port === to.port) return true
    throw new PortolanError(
      'HOST_PORT_IN_USE',
      `${wanted.label.split(' -> ')[0]} is published already: ${holder.label} of project ${holder.project} has it. Unpublish that first, or take another host port.`,
    )
  }

  const publish = async (request: PublishRequest): Promise<void> => {
    const wanted = requestedMapping(request)
    const bridge = await bridgeFor(wanted.targets[0].address)
    if (refuseTaken(wanted)) return
    await carryOut('add', wanted)
    published.set(socketKey(wanted), { ...wanted, project })
    if (answersOnLoopback(wanted) && !localnet.has(bridge.name)) {
      const sysctl = `net.ipv4.conf.${bridge.name.replaceAll('.', '/')}.route_localnet`
      if (readSysctl(sysctl) === '0') writeSysctl(sysctl, '1')
      localnet.add(bridge.name)
    }
  }

  const unpublish = async (request: UnpublishRequest): Promise<void> => {
    const protocol = requestedProtocol(request)
    const hostPort = checkPort(request.hostPort, 'hostPort')
    const hostAddress = requestedHostAddress(request)
    for (const family of families.filter((one) => request.family === undefined || request.family === one)) {
      const key = socketKey({ family, protocol, hostAddress, hostPort })
      const port = published.get(key)
      if (port?.project !== project) continue
      await carryOut('remove', asMapping(port))
      published.delete(key)
      await forgetFlows(port.targets.map((to) => ({ family, protocol, hostAddress, hostPort, ...to })))
    }
  }

  const attachPort = async (interfaceName: string, network: string): Promise<void> => {
    bridges = ownBridges(await readHost({ processNames: false }))
    const bridge = bridgeOf(bridges, network)
    const isHeldByHooks = readSysctl('net.bridge.bridge-nf-call-iptables') !== null
    await links.attachPort(interfaceName, bridge.name, {
      hairpin: true,
      isolated: !bridge.icc && !isHeldByHooks,
    })
  }

  const close = (): Promise<void> =>
    queue(async () => {
      links.close()
      keeper.close()
    })

  try {
    await refresh()
  } catch (error) {
    await close()
    throw error
  }
  return {
    publish: (request) => queue(() => publish(request)),
    unpublish: (request) => queue(() => unpublish(request)),
    attachPort: (interfaceName, network) => queue(() => attachPort(interfaceName, network)),
    get published() {
      return ownPorts()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const answersOnLoopback = ({ family, hostAddress }: DesiredMapping): boolean =>
  family === 'ip' && (hostAddress === null || hostAddress.startsWith('127.'))

/** A port that is in force, as the mapping that was asked for. */
const asMapping = ({
  label,
  family,
  protocol,
  hostAddress,
  hostPort,
  targets,
}: PublishedPort): DesiredMapping => {
  const [first = { address: '', port: 0 }, ...others] = targets
  return plainMapping({ label, family, protocol, hostAddress, hostPort, targets: [first, ...others] })
}
