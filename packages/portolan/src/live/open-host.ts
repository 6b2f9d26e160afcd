import {
  type DesiredMapping,
  type Family,
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
import { checkPort, requestedHostAddress, requestedMapping, requestedProtocol } from './publish-request.ts'
import { openRuleKeeper } from './rule-keeper.ts'

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
  const keeper = await openRuleKeeper(await chooseBackend(options.backend ?? 'auto', runner), project, runner)
  const links = openLinks()
  const queue = inOrder()
  let bridges = ownBridges(await readHost({ processNames: false }))
  let mappings = keeper.published
    .filter((port) => port.project === project)
    .map((port) => asMapping(port, bridges))

  const refreshBridges = async (): Promise<void> => {
    bridges = ownBridges(await readHost({ processNames: false }))
  }
  const bridgeFor = async (address: string): Promise<OwnBridge> => {
    const known = bridgeHolding(bridges, address)
    if (known !== null) return known
    await refreshBridges()
    const found = bridgeHolding(bridges, address)
    if (found === null)
      throw new InvalidRequestError(
        `${address} is in the subnet of no bridge of ours: apply a plan with its network first.`,
      )
    return found
  }
  const hold = async (next: readonly DesiredMapping[]): Promise<void> => {
    await withHostLock(async () => {
      try {
        await keeper.hold(next)
      } catch (error) {
        // Somebody changed what is ours since it was read: look again, once.
        if (!(error instanceof StaleStateError)) throw error
        await keeper.refresh()
        await keeper.hold(next)
      }
    })
    mappings = [...next]
  }

  const publish = async (request: PublishRequest): Promise<void> => {
    const bridge = await bridgeFor(requestedMapping(request, '').targets[0].address)
    const wanted = requestedMapping(request, bridge.network)
    const holder = keeper.published.find((port) => isSameSocket(port, wanted))
    if (holder !== undefined) {
      const [target] = holder.targets
      const isSame =
        holder.project === project &&
        target?.address === wanted.targets[0].address &&
        target.port === wanted.targets[0].port
      if (isSame) return
      throw new PortolanError(
        'HOST_PORT_IN_USE',
        `${wanted.label.split(' -> ')[0]} is published already: ${holder.label} of project ${holder.project} has it. Unpublish that first, or take another host port.`,
      )
    }
    await hold([...mappings, wanted])
    if (wanted.family === 'ip' && (wanted.hostAddress === null || wanted.hostAddress.startsWith('127.'))) {
      const sysctl = `net.ipv4.conf.${bridge.name.replaceAll('.', '/')}.route_localnet`
      if (readSysctl(sysctl) === '0') writeSysctl(sysctl, '1')
    }
  }

  const unpublish = async (request: UnpublishRequest): Promise<void> => {
    const protocol = requestedProtocol(request)
    const hostPort = checkPort(request.hostPort, 'hostPort')
    const hostAddress = requestedHostAddress(request)
    const isMeant = (mapping: DesiredMapping): boolean =>
      mapping.protocol === protocol &&
      mapping.hostPort === hostPort &&
      mapping.hostAddress === hostAddress &&
      (request.family === undefined || request.family === mapping.family)
    const gone = mappings.filter(isMeant)
    if (gone.length === 0) return
    await hold(mappings.filter((mapping) => !isMeant(mapping)))
    await forgetFlows(
      gone.map(({ family, targets: [{ address, port }] }) => ({
        family,
        protocol,
        hostAddress,
        hostPort,
        address,
        port,
      })),
    )
  }

  const attachPort = async (interfaceName: string, network: string): Promise<void> => {
    await refreshBridges()
    const bridge = bridgeOf(bridges, network)
    const isHeldByHooks = readSysctl('net.bridge.bridge-nf-call-iptables') !== null
    await links.attachPort(interfaceName, bridge.name, {
      hairpin: true,
      isolated: !bridge.icc && !isHeldByHooks,
    })
  }

  const close = (): Promise<void> => queue(async () => links.close())
  return {
    publish: (request) => queue(() => publish(request)),
    unpublish: (request) => queue(() => unpublish(request)),
    attachPort: (interfaceName, network) => queue(() => attachPort(interfaceName, network)),
    get published() {
      return keeper.published.filter((port) => port.project === project)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface Socket {
  readonly family: Family
  readonly protocol: string
  readonly hostAddress: string | null
  readonly hostPort: number
}

const isSameSocket = (a: Socket, b: Socket): boolean =>
  a.family === b.family &&
  a.protocol === b.protocol &&
  a.hostPort === b.hostPort &&
  a.hostAddress === b.hostAddress

/** A mapping that is in force from an earlier run. */
const asMapping = (
  { label, family, protocol, hostAddress, hostPort, targets }: PublishedPort,
  bridges: readonly OwnBridge[],
): DesiredMapping => {
  const [target = { address: '', port: 0 }] = targets
  const network = target.address === '' ? '' : (bridgeHolding(bridges, target.address)?.network ?? '')
  return {
    label,
    family,
    protocol,
    kind: 'nat',
    hostAddress,
    hostPort,
    interface: null,
    allowFrom: null,
    targets: [{ service: '', replica: 1, network, ...target, weight: 1 }],
  }
}
