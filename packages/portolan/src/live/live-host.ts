import type { PublishedPort } from '@portolan/core'
import type { AddressInput, Protocol } from '@portolan/netfilter'

/**
 * A host port for one container, as an orchestrator asks for it while containers come and go.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * await apply(await plan(intent, { backend: 'nftables' }))
 * const request: PublishRequest = { hostPort: 5353, protocol: 'udp', to: { address: '172.17.0.10', port: 53 } }
 * await using host = await openHost({ backend: 'nftables' })
 * await host.publish(request)
 * @public @since 0.1.0
 */
export interface PublishRequest {
  /** 1 to 65535. */
  readonly hostPort: number
  /** `tcp` unless told. */
  readonly protocol?: Protocol
  /** One address of the host; absent or null: every one of the family of `to`. */
  readonly hostAddress?: AddressInput | null
  /** An address on one of our bridges, and its port. */
  readonly to: { readonly address: AddressInput; readonly port: number }
  /**
   * Publish even though a process of the host listens on the port, which then no longer gets its clients, or the
   * host does not have `hostAddress` (yet).
   */
  readonly force?: boolean
}

/**
 * A host port to take back.
 * @example
 * const request: UnpublishRequest = { hostPort: 5353, protocol: 'udp' }
 * await using host = await openHost({ backend: 'nftables' })
 * await host.unpublish(request)
 * @public @since 0.1.0
 */
export interface UnpublishRequest {
  readonly hostPort: number
  readonly protocol?: Protocol
  readonly hostAddress?: AddressInput | null
  /** Absent: both families, or that of `hostAddress`. */
  readonly family?: 'ip' | 'ip6'
}

/**
 * This host, held open by a live orchestrator: it keeps its sockets and what it has read, so that publishing a
 * port costs one small transaction. Calls are carried out in the order they were made.
 *
 * Its mappings belong to a project of their own, which a plan for a Compose project leaves alone and `destroy`
 * removes with all the rest.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * await apply(await plan(intent, { backend: 'nftables' }))
 * const host: LiveHost = await openHost({ backend: 'nftables' })
 * await host.publish({ hostPort: 9090, to: { address: '172.17.0.1', port: 90 } })
 * host.published.length // 1
 * await host.unpublish({ hostPort: 9090 })
 * await host.close()
 * @public @since 0.1.0
 */
export interface LiveHost extends AsyncDisposable {
  /**
   * Publishes a port; again with the same target changes nothing. UDP flows to the port that are under way go to the
   * container from then on.
   *
   * Where another program has flushed or damaged our rules meanwhile, this brings back all of them: the rules of the
   * networks on this host, told from their bridges, and what every project had when this object last read the rules. A
   * mapping that is gone while all else is whole was taken back, and stays so; so was one of another project that is gone
   * while others of its map (in iptables: its chain) are there. What another process applied after that
   * reading and a flush took before the next one is not known here: apply that project again.
   * @throws PortolanError `HOST_PORT_IN_USE` when something else of ours has the host socket
   * @throws PortolanError `HOST_PORT_TAKEN` when a process of the host listens there, unless `force` is given
   * @throws InvalidRequestError when the target is no container's address on one of our bridges, the host does not
   * have the host address (unless `force` is given), or a value is missing or out of range
   * @throws PortolanError `RULES_LOST` when rules are missing that restricted ports, and nothing tells what they were
   * @throws ApplyError, PermissionError as `apply` does
   * @throws PortolanError `CLOSED` after `close`
   */
  publish(request: PublishRequest): Promise<void>
  /**
   * Takes a port back, and forgets its flows. One that is not published is no error. Rules that another program took
   * away come back as they do by `publish`.
   *
   * Nothing is noted of the flows that are still to be forgotten: after a process that was killed just then, a UDP
   * client that never pauses keeps reaching the old container, or the host where the port was being published
   * (`conntrack -D -p udp --dport PORT` ends that).
   * @throws ApplyError, PermissionError as `apply` does
   */
  unpublish(request: UnpublishRequest): Promise<void>
  /**
   * Attaches an interface (the host's end of a container's veth) to a network's bridge: enslaved, hairpin mode on,
   * isolated where that is how icc is held off (`iccKeeper`), up. Rules that another program took away come back first.
   *
   * @param network - `web`, or `shop/web` where several projects have one of that name
   * @throws InvalidRequestError when no such network is on this host
   */
  attachPort(interfaceName: string, network: string): Promise<void>
  /** What the project has published, as far as this object has heard, in no particular order. */
  readonly published: readonly PublishedPort[]
  close(): Promise<void>
}
