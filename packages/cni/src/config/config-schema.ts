import { tryParseAddress, tryParseHostOrPrefix } from '@portolan/netfilter'
import {
  absentOr,
  allOf,
  anything,
  between,
  flag,
  listOf,
  namesTo,
  oneOf,
  prefix,
  type Schema,
  someOf,
  text,
  textThat,
} from '@portolan/netfilter/schema'

/** A host port, as runtimes ask for it by the capability `portMappings`. */
export interface PortMapping {
  /** 0: none, as in Kubernetes. */
  readonly hostPort: number
  readonly containerPort: number
  /** In any case; `tcp` unless told. */
  readonly protocol?: string
  /** Absent and empty: every address. */
  readonly hostIP?: string
}

/** What is written in a network configuration, of what this plugin reads. */
export interface WrittenConfig {
  /** Where the network's subnet comes from; `classic` unless told. */
  readonly pool?: string | readonly string[]
  /** IPv4 subnet; the first of the pool that collides with nothing unless told. */
  readonly subnet?: string
  readonly gateway?: string
  /** A part of the subnet that addresses are taken from. */
  readonly ipRange?: string
  /** A subnet of IPv6 too: true for one of the pool, or the subnet. */
  readonly ipv6?: boolean | string
  readonly bridge?: string
  readonly mtu?: number
  readonly internal?: boolean
  readonly icc?: boolean
  readonly ipMasq?: boolean
  readonly backend?: 'auto' | 'nftables' | 'iptables' | 'iptables-nft' | 'iptables-legacy'
  /** The project that networks of this plugin are of; `cni` unless told. */
  readonly project?: string
  readonly stateDir?: string
  /** What a conflict of severity error does: it fails ADD, or is told on stderr alone. */
  readonly conflicts?: 'error' | 'warn'
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly runtimeConfig?: {
    readonly portMappings?: readonly PortMapping[]
    readonly ips?: readonly string[]
    readonly mac?: string
  }
  readonly args?: { readonly cni?: { readonly ips?: readonly string[] } }
  readonly dns?: Dns
  readonly 'cni.dev/valid-attachments'?: readonly ValidAttachment[]
}

export interface ValidAttachment {
  readonly containerID: string
  readonly ifname: string
}

export interface Dns {
  readonly nameservers?: readonly string[]
  readonly domain?: string
  readonly search?: readonly string[]
  readonly options?: readonly string[]
}

const port = between(1, 65_535, 'a port from 1 to 65535')
const hostPort = between(0, 65_535, 'a port from 1 to 65535, or 0 for none')
const ip = textThat(
  'an IP address, with a prefix length or without',
  (value) => tryParseHostOrPrefix(value) !== null,
)
const mac = textThat('a MAC address such as 02:42:ac:11:00:01', (value) =>
  /^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(value),
)
const hostIp = textThat(
  'an IP address of this host, or an empty text',
  (value) => value === '' || tryParseAddress(value) !== null,
)

const portMapping = allOf({
  hostPort,
  containerPort: port,
  protocol: absentOr(
    textThat('tcp, udp or sctp', (value) => ['tcp', 'udp', 'sctp'].includes(value.toLowerCase())),
  ),
  hostIP: absentOr(hostIp),
})

/** Keys of others are kept and ignored, unless one of these seems to be meant. */
export const configSchema: Schema<unknown> = someOf({
  cniVersion: text(),
  name: text(),
  type: text(),
  pool: anything,
  subnet: prefix,
  gateway: text(),
  ipRange: prefix,
  ipv6: anything,
  bridge: text(),
  mtu: between(68, 65_535, 'a whole number of bytes from 68 to 65535'),
  internal: flag,
  icc: flag,
  ipMasq: flag,
  backend: oneOf('auto', 'nftables', 'iptables', 'iptables-nft', 'iptables-legacy'),
  project: text(),
  stateDir: textThat('the path of a folder, from the root (/) on', (value) => value.startsWith('/')),
  conflicts: oneOf('error', 'warn'),
  capabilities: namesTo(flag),
  runtimeConfig: someOf({ portMappings: listOf(portMapping), ips: listOf(ip), mac }),
  args: anything,
  dns: someOf({
    nameservers: listOf(text()),
    domain: text(),
    search: listOf(text()),
    options: listOf(text()),
  }),
  prevResult: anything,
  'cni.dev/valid-attachments': listOf(allOf({ containerID: text(), ifname: text() })),
})
