import { InvalidRequestError } from '@portolan/netfilter'
import {
  absentOr,
  address,
  allOf,
  anything,
  between,
  checkedBy,
  flag,
  listOf,
  namesTo,
  orNull,
  prefix,
  type Schema,
  text,
} from '@portolan/netfilter/schema'
import { faultIn } from '../fault-in.ts'

/**
 * A network in the form of Podman. Unknown keys are kept.
 * @see https://github.com/containers/netavark/blob/main/plugin-API.md
 */
export interface PodmanNetwork {
  readonly name: string
  readonly driver?: string
  /** The name of the bridge. */
  readonly network_interface?: string | null
  readonly subnets?: readonly PodmanSubnet[] | null
  readonly routes?: readonly unknown[] | null
  readonly ipv6_enabled?: boolean
  readonly internal?: boolean
  readonly dns_enabled?: boolean
  readonly network_dns_servers?: readonly string[] | null
  /** The options of `--opt`. */
  readonly options?: Readonly<Record<string, string>> | null
  readonly ipam_options?: Readonly<Record<string, string>> | null
}

export interface PodmanSubnet {
  readonly subnet: string
  readonly gateway?: string | null
}

/** The request for one container on one network. */
export interface ContainerCall {
  readonly container_id: string
  readonly container_name?: string
  readonly port_mappings?: readonly PodmanPort[] | null
  readonly network: PodmanNetwork
  readonly network_options: {
    /** The name of the interface inside the container. */
    readonly interface_name: string
    readonly static_ips?: readonly string[] | null
    readonly static_mac?: string | null
    readonly options?: Readonly<Record<string, string>> | null
  }
}

export interface PodmanPort {
  readonly container_port: number
  readonly host_port: number
  /** Empty: every address. */
  readonly host_ip?: string
  /** One or more of tcp, udp and sctp, separated by commas; empty: tcp. */
  readonly protocol?: string
  /** The number of consecutive ports; 0 stands for one. */
  readonly range?: number
}

const maybe = <T>(schema: Schema<T>) => absentOr(orNull(schema))

const port = between(1, 65_535, 'a port from 1 to 65535')

const network: Schema<PodmanNetwork> = allOf({
  name: text(),
  driver: absentOr(text()),
  network_interface: maybe(text()),
  subnets: maybe(listOf(allOf({ subnet: prefix, gateway: maybe(address) }))),
  routes: maybe(listOf(anything)),
  ipv6_enabled: absentOr(flag),
  internal: absentOr(flag),
  dns_enabled: absentOr(flag),
  network_dns_servers: maybe(listOf(address)),
  options: maybe(namesTo(text())),
  ipam_options: maybe(namesTo(text())),
})

const call: Schema<ContainerCall> = allOf({
  container_id: text(),
  container_name: absentOr(text()),
  port_mappings: maybe(
    listOf(
      allOf({
        container_port: port,
        host_port: port,
        host_ip: absentOr(text()),
        protocol: absentOr(text()),
        range: absentOr(between(0, 65_535, 'a whole number from 0 to 65535')),
      }),
    ),
  ),
  network,
  network_options: allOf({
    interface_name: text(),
    static_ips: maybe(listOf(address)),
    static_mac: maybe(text()),
    options: maybe(namesTo(text())),
  }),
})

/**
 * Reads the network of `create`.
 * @throws InvalidRequestError
 */
export const readNetwork = (stdin: string): PodmanNetwork => read(stdin, network, 'the network')

/**
 * Reads the container of `setup` and `teardown`.
 * @throws InvalidRequestError
 */
export const readCall = (stdin: string): ContainerCall => read(stdin, call, 'the call')

const read = <T>(stdin: string, schema: Schema<T>, what: string): T => {
  let value: unknown
  try {
    value = JSON.parse(stdin)
  } catch (error) {
    throw new InvalidRequestError(
      `${what} on standard input is no JSON (${error instanceof Error ? error.message : String(error)}): Podman and netavark start this program. To try it, see the guide "Use it as a Podman plugin".`,
    )
  }
  return checkedBy(
    schema,
    value,
    (fault) => new InvalidRequestError(faultIn(`${what} on standard input`, fault)),
  )
}
