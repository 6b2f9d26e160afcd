/// <reference lib="esnext.disposable" preserve="true" />
import type {
  DesiredEndpoint,
  DesiredNetwork,
  DesiredParentedNetwork,
  EndpointOptions,
  NetworkOptions,
  ParentedNetworkOptions,
  PublishedPort,
} from '@portolan/core'
import type { HostStatus } from '../status/status.ts'
import type { HostEvent } from '../watch/host-event.ts'
import type { WatchOptions } from '../watch/watch-project.ts'
import type { AttachedEndpoint } from './attachments/attach-endpoint.ts'
import type { AttachRequest, DetachOptions } from './attachments/attach-request.ts'
import type { PublishRequest, UnpublishRequest } from './ports/publish-request.ts'

/**
 * This host, held open by a live orchestrator: networks, leases and ports of one project. It keeps its sockets and what
 * it has read, so that publishing a port costs one small transaction. Calls are carried out in the order they were made,
 * and each may be made again: what is so already is left as it is.
 *
 * What is asked for is written down in the state directory before it is done. It outlives this process, a kill at any
 * instant, and the host's boot: the next `openHost` of the project knows it. Several programs may hold one project
 * open.
 *
 * On a host of a cluster, the calls that put something on a network take up what the state directory remembers of the
 * other hosts, which `portolan cluster join --watch` writes there: routes to their blocks, and rules that name them.
 * `watch` does so as soon as it is written.
 * @example
 * await using host: LiveHost = await openHost({ backend: 'nftables', project: 'shop' })
 * await host.ensureNetwork('web', { pool: 'classic' })
 * const lease = await host.lease('web', 'web-1')
 * await host.publish({ hostPort: 8080, to: { endpoint: 'web-1', port: 80 } })
 * lease.ip // '172.17.0.1'
 * host.published().length // 1
 * @public @since 0.1.0
 */
export interface LiveHost extends AsyncDisposable {
  /**
   * Makes a network be there: its subnet is leased, its bridge is up and its rules are in force.
   *
   * One that is there in a block of a cluster which this host has lost stays as it is: `status`, `watch` and the notes of
   * `attach` tell it. So it is with `lease` and `publish`.
   *
   * @param options - those that are absent stay as they were, or else are as in a Compose file that says nothing
   * @throws PoolExhaustedError when no subnet is free
   * @throws InvalidRequestError for an option that cannot be, and for another subnet than the network has
   * @throws PortolanError `CONFLICTS` when something on the host stands in the way, such as a bridge of its name
   * @throws ApplyError, PermissionError as `apply` does
   */
  ensureNetwork(name: string, options?: NetworkOptions): Promise<DesiredNetwork>
  /**
   * Says what `ensureNetwork` would make, with an address for one more endpoint. Nothing is leased and nothing is changed.
   *
   * @throws as `ensureNetwork`, and PortolanError `SUBNET_EXHAUSTED` when every address of the network is leased
   */
  checkNetwork(name: string, options?: NetworkOptions): Promise<DesiredNetwork>
  /**
   * Makes a network on an interface of the host be there (macvlan, ipvlan): its subnet is leased, and a VLAN that is its
   * parent (`eth1.100`) is made. Containers come on it with `attach`. They and this host do not reach one another over
   * that interface, and no port is published there.
   *
   * @throws InvalidRequestError for an option that cannot be, and for another subnet or parent than the network has
   * @throws PortolanError `CONFLICTS` when the interface is not there, or takes no children
   * @throws ApplyError, PermissionError as `apply` does
   */
  ensureParentedNetwork(name: string, options: ParentedNetworkOptions): Promise<DesiredParentedNetwork>
  /**
   * Removes a network with its bridge, its rules and the lease of its subnet; one on an interface with a VLAN that was made
   * for it. One that is not there is no error.
   * @throws PortolanError `NETWORK_IN_USE` while endpoints or ports are on it
   */
  removeNetwork(name: string): Promise<void>
  /**
   * Leases the addresses of an endpoint, one in each family of the network, and a MAC. They stay for this name until
   * `release`; after it they go to another name only when nothing else is free.
   *
   * @param network - of this project
   * @throws InvalidRequestError when the project has no such network
   * @throws PortolanError `SUBNET_EXHAUSTED`; for a fixed address `ADDRESS_LEASED`, `ADDRESS_OUT_OF_RANGE`
   */
  lease(network: string, endpoint: string, options?: EndpointOptions): Promise<DesiredEndpoint>
  /**
   * Gives the addresses of an endpoint up, takes back the ports that lead to it on that network, and removes the interface
   * that `attach` made for it there.
   */
  release(network: string, endpoint: string): Promise<void>
  /**
   * Attaches an interface (the host's end of a container's veth) to a network's bridge: enslaved, hairpin mode on,
   * isolated where that is how icc is held off (`iccKeeper`), up. One that is on another network of ours moves. Rules that another program took away come back first.
   *
   * @param network - `web`, or `shop/web` for one of another project
   * @throws InvalidRequestError when no such network is on this host, and for an interface that the host itself uses: one
   * with addresses or routes of its own, a bridge, or a port of a bridge that is not ours
   */
  attachPort(interfaceName: string, network: string): Promise<void>
  /**
   * Gives a process of a network namespace of its own a working interface on a network: addresses of both families (leased,
   * unless the endpoint has them already), MAC, MTU, default routes, its end on the host as `attachPort` makes one. When it
   * returns, packets pass. It is made whole or not at all. Again for the same namespace it changes nothing, or mends what is
   * missing. The interface goes with its namespace; the lease stays until `detach` or `release`.
   *
   * Of several networks in one namespace the first gives the default route, and the next one takes over when it is
   * detached; `metric` orders them otherwise. The loopback interface inside is set up.
   *
   * What has to be done inside is done by the programs `nsenter`, `sh` and `ip`.
   *
   * @throws InvalidRequestError when there is no such network or namespace, for a name, an MTU, a MAC or an
   * address that cannot be, and for others than the attached endpoint has
   * @throws PortolanError `ENDPOINT_ATTACHED` when the endpoint is attached to another namespace, or with addresses that it no
   * longer has; `SUBNET_EXHAUSTED`; for a
   * fixed address `ADDRESS_LEASED`, `ADDRESS_OUT_OF_RANGE`
   * @throws ApplyError when the interface inside is there already, or the kernel refuses; PermissionError without CAP_NET_ADMIN
   * and CAP_SYS_ADMIN; MissingToolError
   */
  attach(request: AttachRequest): Promise<AttachedEndpoint>
  /**
   * Takes an endpoint off its networks: removes its interfaces, takes back the ports that lead to it and gives its addresses
   * up. Nothing of its namespace has to be there any more. An endpoint that is not attached, or not there, is no error.
   *
   * @param endpoint - the name that it was attached under
   */
  detach(endpoint: string, options?: DetachOptions): Promise<void>
  /**
   * Publishes ports, all of them or none, in one transaction; again with the same target changes nothing. UDP flows to a
   * port that are under way go to the container soon after; `settled` waits for that.
   *
   * Calls that wait for each other are one transaction too, up to a thousand of them, and each succeeds or fails by itself.
   * One that asks for `auto` waits alone.
   *
   * Where another program has flushed or damaged our rules meanwhile, this brings back all of them: what is wanted of
   * this project, the rules of the networks on this host, told from their bridges, and what other projects had when this
   * object last read the rules. What another process applied after that reading and a flush took before the next one is
   * not known here: apply that project again.
   *
   * @returns the ports, one for each family and host port, with the numbers that `auto` came to
   * @throws PortolanError `HOST_PORT_IN_USE` when something else of ours has a host socket
   * @throws PortolanError `HOST_PORT_TAKEN` when a process of the host listens there, unless `force` is given
   * @throws PortolanError `PORTS_EXHAUSTED` when no host port is left for `auto`
   * @throws InvalidRequestError when the target is no container's address on one of our bridges, the host does not
   * have the host address (unless `force` is given), or a value is missing or out of range
   * @throws PortolanError `RULES_LOST` when rules of others are missing that restricted ports, and nothing tells what they were
   * @throws ApplyError, PermissionError as `apply` does
   * @throws PortolanError `CLOSED` after `close`
   */
  publish(requests: PublishRequest | readonly PublishRequest[]): Promise<readonly PublishedPort[]>
  /**
   * Takes ports back, in one transaction; new flows are led nowhere from then on. Those under way are forgotten behind
   * it, in one search of conntrack for all that is asked for meanwhile; `settled` waits for that. A port that is
   * published again before, as it was, keeps its flows. One that is not published is no error. Rules that another program
   * took away come back as they do by `publish`.
   *
   * Nothing is noted of the flows that are still to be forgotten: after a process that was killed just then, a UDP
   * client that never pauses keeps reaching the old container, or the host where the port was being published
   * (`conntrack -D -p udp --dport PORT` ends that).
   * @throws ApplyError, PermissionError as `apply` does
   */
  unpublish(requests: UnpublishRequest | readonly UnpublishRequest[]): Promise<void>
  /**
   * Resolves when no flow is left that `publish`, `unpublish` and `release` had to end. `close` waits for that too.
   * @throws PermissionError, InspectError, ApplyError when conntrack could not be read or changed: flows go on that should
   * have ended (`conntrack -D` ends them). It is told once, here or by `close`
   * @example
   * await host.unpublish({ hostPort: 53, protocol: 'udp' })
   * await host.settled()
   */
  settled(): Promise<void>
  /** The networks of the project. */
  networks(): readonly DesiredNetwork[]
  /** The endpoints of the project that have addresses. */
  endpoints(): readonly DesiredEndpoint[]
  /** What the project has published, in no particular order. */
  published(): readonly PublishedPort[]
  /**
   * Watches the host, repairs what another program takes away or changes of the project, and tells of it; tells of what
   * on the host breaks, or would break, what is published. Ends with the signal, with `close`, or when the loop is left.
   * What it repairs, and when, does not wait for events to be taken.
   * @throws PermissionError without CAP_NET_ADMIN; PortolanError `NETLINK` when the kernel cannot be listened to
   */
  watch(options?: WatchOptions): AsyncGenerator<HostEvent, void>
  /**
   * Reads what is mapped of the project now: connections, what of it is not as it is wanted, and conflicts. Changes
   * nothing, and does not wait for other calls.
   *
   * @param options - `conflicts`: false leaves the search for conflicts out, which asks every rule of the host. An endpoint
   * has it look at the ports that lead there, at networks and at the host: of these all errors are told, and other ports
   * may have conflicts that are not. `connections`: false leaves out what is open, which asks conntrack, so that it is null
   * @throws PortolanError `CLOSED` after `close`
   */
  status(options?: {
    readonly conflicts?: boolean | { readonly network: string; readonly endpoint: string }
    readonly connections?: boolean
  }): Promise<HostStatus>
  close(): Promise<void>
}
