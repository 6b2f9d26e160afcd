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
 * This host, held open by a live orchestrator: networks, leases and ports of one project. The object keeps its sockets
 * and what it has read, so that publishing a port costs one small transaction. Calls run in the order in which they
 * were made. Each call may be repeated: a state that is reached already stays.
 *
 * Each request is recorded in the state directory before it is carried out. The record outlives this process, a kill at
 * any instant, and a boot of the host: the next `openHost` of the project knows it. Several programs may hold one
 * project open.
 *
 * On a host of a cluster, the calls that put something on a network also read what the state directory remembers of the
 * other hosts. They update the routes to those hosts' blocks, and the rules that name them.
 * `portolan cluster join --watch` writes that record, and `watch` follows it at once.
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
   * Makes sure that a network exists: its subnet is leased, its bridge is up and its rules are in force.
   *
   * A network in a block of a cluster that this host has lost stays as it is: `status`, `watch` and the notes of
   * `attach` report it. The same is true for `lease` and `publish`.
   *
   * @param options - absent options keep their value; in a new network they have the default of a Compose file
   * @throws PoolExhaustedError when no subnet is free
   * @throws InvalidRequestError for an invalid option, and for another subnet than the network has
   * @throws PortolanError `CONFLICTS` when something on the host stands in the way, such as a bridge of its name
   * @throws ApplyError, PermissionError as `apply` does
   */
  ensureNetwork(name: string, options?: NetworkOptions): Promise<DesiredNetwork>
  /**
   * Returns what `ensureNetwork` would make, with an address for one more endpoint. Nothing is leased or changed.
   *
   * @throws as `ensureNetwork`, and PortolanError `SUBNET_EXHAUSTED` when every address of the network is leased
   */
  checkNetwork(name: string, options?: NetworkOptions): Promise<DesiredNetwork>
  /**
   * Makes sure that a network on an interface of the host exists (macvlan, ipvlan): its subnet is leased, and a VLAN
   * that is its parent (`eth1.100`) is made. `attach` puts containers on it. Containers and this host do not reach one
   * another over that interface, and no port is published there.
   *
   * @throws InvalidRequestError for an invalid option, and for another subnet or parent than the network has
   * @throws PortolanError `CONFLICTS` when the interface does not exist, or takes no children
   * @throws ApplyError, PermissionError as `apply` does
   */
  ensureParentedNetwork(name: string, options: ParentedNetworkOptions): Promise<DesiredParentedNetwork>
  /**
   * Removes a network with its bridge, its rules and the lease of its subnet. For a network on an interface, the VLAN
   * that was made for it goes too. A missing network is no error.
   * @throws PortolanError `NETWORK_IN_USE` while endpoints or ports are on it
   */
  removeNetwork(name: string): Promise<void>
  /**
   * Leases the addresses of an endpoint, one in each family of the network, and a MAC. They belong to this name until
   * `release`. Afterwards they go to another name only when nothing else is free.
   *
   * @param network - a network of this project
   * @throws InvalidRequestError when the project has no such network
   * @throws PortolanError `SUBNET_EXHAUSTED`; for a fixed address `ADDRESS_LEASED`, `ADDRESS_OUT_OF_RANGE`
   */
  lease(network: string, endpoint: string, options?: EndpointOptions): Promise<DesiredEndpoint>
  /**
   * Releases the addresses of an endpoint on a network. Also unpublishes the ports that lead to it there, and removes
   * the interface that `attach` made for it.
   */
  release(network: string, endpoint: string): Promise<void>
  /**
   * Attaches an interface (the host's end of a container's veth) to a network's bridge. The interface becomes a port in
   * hairpin mode and is set up. It is isolated when isolation enforces `icc: off` (`iccKeeper`). An interface on
   * another network of Portolan moves. Rules that another program removed are restored first.
   *
   * @param network - `web`, or `shop/web` for a network of another project
   * @throws InvalidRequestError when this host has no such network, and for an interface that the host itself uses: one
   * with addresses or routes of its own, a bridge, or a port of a foreign bridge
   */
  attachPort(interfaceName: string, network: string): Promise<void>
  /**
   * Gives a process in its own network namespace a working interface on a network. The interface has addresses of both
   * families (leased, unless the endpoint has them already), MAC, MTU and default routes. Its end on the host is made
   * as by `attachPort`. Packets pass when the call returns. The call does all of this or nothing. A repeated call for
   * the same namespace changes nothing, or adds what is missing. The interface goes with its namespace; the lease stays
   * until `detach` or `release`.
   *
   * Of several networks in one namespace, the first gives the default route. The next one takes over when the first is
   * detached; `metric` sets another order. The loopback interface inside is set up.
   *
   * The programs `nsenter`, `sh` and `ip` do the work inside the namespace.
   *
   * @throws InvalidRequestError when there is no such network or namespace, for an invalid name, MTU, MAC or address,
   * and for values that differ from those of the attached endpoint
   * @throws PortolanError `ENDPOINT_ATTACHED` when the endpoint is attached to another namespace, or with addresses
   * that it no longer has; `SUBNET_EXHAUSTED`; for a fixed address `ADDRESS_LEASED`, `ADDRESS_OUT_OF_RANGE`
   * @throws ApplyError when the interface inside exists already, or the kernel refuses; PermissionError without
   * CAP_NET_ADMIN and CAP_SYS_ADMIN; MissingToolError
   */
  attach(request: AttachRequest): Promise<AttachedEndpoint>
  /**
   * Takes an endpoint off its networks: removes its interfaces, unpublishes the ports that lead to it and releases its
   * addresses. Its namespace may be gone already. An endpoint that is not attached, or unknown, is no error.
   *
   * @param endpoint - the name under which it was attached
   */
  detach(endpoint: string, options?: DetachOptions): Promise<void>
  /**
   * Publishes ports, all of them or none, in one transaction. The same call again changes nothing. UDP flows to a port
   * that are under way reach the container soon after; `settled` waits for that.
   *
   * Calls that wait for each other share one transaction, up to a thousand of them. Each succeeds or fails by itself. A
   * call that asks for `auto` runs alone.
   *
   * When another program has flushed or damaged the managed rules, this call restores all of them. Those are the rules
   * of this project, the rules of the networks on this host, read from their bridges, and the rules that other projects
   * had when this object last read them. Rules that another process applied after that reading are not known here when
   * they were flushed before the next reading: apply that project again.
   *
   * @returns the ports, one for each family and host port, with the numbers that replace `auto`
   * @throws PortolanError `HOST_PORT_IN_USE` when another mapping of Portolan has the host socket
   * @throws PortolanError `HOST_PORT_TAKEN` when a process of the host listens there, unless `force` is given
   * @throws PortolanError `PORTS_EXHAUSTED` when no host port is left for `auto`
   * @throws InvalidRequestError when the target is no container's address on a bridge of Portolan, the host does not
   * have the host address (unless `force` is given), or a value is missing or out of range
   * @throws PortolanError `RULES_LOST` when rules of other projects that restricted ports are missing, and nothing
   * tells what they were
   * @throws ApplyError, PermissionError as `apply` does
   * @throws PortolanError `CLOSED` after `close`
   */
  publish(requests: PublishRequest | readonly PublishRequest[]): Promise<readonly PublishedPort[]>
  /**
   * Unpublishes ports in one transaction. New flows are no longer translated from then on. Flows under way are
   * forgotten afterwards, in one search of conntrack for all requests of the meantime; `settled` waits for that. A port
   * that is published again before, unchanged, keeps its flows. A port that is not published is no error. Rules that
   * another program removed are restored as by `publish`.
   *
   * Flows that are still to be forgotten are not recorded. When this process is killed just then, a UDP client that
   * never pauses keeps reaching the old container, or the host when the port was being published
   * (`conntrack -D -p udp --dport PORT` ends that).
   * @throws ApplyError, PermissionError as `apply` does
   */
  unpublish(requests: UnpublishRequest | readonly UnpublishRequest[]): Promise<void>
  /**
   * Resolves when the flows are gone that earlier calls of `publish`, `unpublish` and `release` had to end. `close`
   * waits for that too.
   * @throws PermissionError, InspectError, ApplyError when conntrack could not be read or changed: flows go on that
   * should have ended (`conntrack -D` ends them). It is thrown once, here or by `close`
   * @example
   * await host.unpublish({ hostPort: 53, protocol: 'udp' })
   * await host.settled()
   */
  settled(): Promise<void>
  /** The networks of the project. */
  networks(): readonly DesiredNetwork[]
  /** The endpoints of the project that have addresses. */
  endpoints(): readonly DesiredEndpoint[]
  /** The published ports of the project, in no particular order. */
  published(): readonly PublishedPort[]
  /**
   * Watches the host. Repairs what another program removes or changes of the project, and reports it. Also reports what
   * on the host breaks, or would break, a published port. Ends with the signal, with `close`, or when the loop is left.
   * Repairs do not wait until events are read.
   * @throws PermissionError without CAP_NET_ADMIN; PortolanError `NETLINK` when the kernel cannot be listened to
   */
  watch(options?: WatchOptions): AsyncGenerator<HostEvent, void>
  /**
   * Reads the state of the project's ports now: connections, differences from the desired state, and conflicts. Changes
   * nothing, and does not wait for other calls.
   *
   * @param options - `conflicts`: false skips the search for conflicts, which reads every rule of the host. With an
   * endpoint, the search covers the ports that lead to it, the networks and the host. All errors of these are reported;
   * conflicts of other ports may be missing. `connections`: false skips conntrack, so that the connections are null
   * @throws PortolanError `CLOSED` after `close`
   */
  status(options?: {
    readonly conflicts?: boolean | { readonly network: string; readonly endpoint: string }
    readonly connections?: boolean
  }): Promise<HostStatus>
  close(): Promise<void>
}
