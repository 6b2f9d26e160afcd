import { tryParseAddress, tryParseHostOrPrefix } from '@portolan/netfilter'
import {
  absentOr,
  allOf,
  anything,
  between,
  either,
  flag,
  listOf,
  macValue,
  namesTo,
  oneOf,
  prefix,
  type Schema,
  someOf,
  text,
  texts,
  textThat,
} from '@portolan/netfilter/schema'

/** A host port of the capability `portMappings`, as a runtime requests it. */
export interface PortMapping {
  /** 0: no host port, as in Kubernetes. */
  readonly hostPort: number
  readonly containerPort: number
  /** In any letter case; `tcp` by default. */
  readonly protocol?: string
  /** Absent or empty: every address. */
  readonly hostIP?: string
}

/** The keys of a network configuration that this plugin reads. */
export interface WrittenConfig {
  /** The pool of the network's subnet; `classic` by default. */
  readonly pool?: string | readonly string[]
  /** The IPv4 subnet; by default the first one of the pool that collides with nothing. */
  readonly subnet?: string
  readonly gateway?: string
  /** The part of the subnet from which addresses are taken. */
  readonly ipRange?: string
  /** An IPv6 subnet as well: true for one from the pool, or the subnet itself. */
  readonly ipv6?: boolean | string
  readonly bridge?: string
  readonly mtu?: number
  readonly internal?: boolean
  readonly icc?: boolean
  readonly ipMasq?: boolean
  readonly backend?: 'auto' | 'nftables' | 'iptables' | 'iptables-nft' | 'iptables-legacy'
  /** The project of this plugin's networks; `cni` by default. */
  readonly project?: string
  readonly stateDir?: string
  /** The effect of a conflict of severity error: it fails ADD, or is only a warning on stderr. */
  readonly conflicts?: 'error' | 'warn'
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly runtimeConfig?: {
    readonly portMappings?: readonly PortMapping[]
    readonly ips?: readonly string[]
    readonly mac?: string
  }
  /** A runtime writes here what it likes; `cni.ips` is a list of addresses. */
  readonly args?: unknown
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
const mac = textThat(macValue.expected, macValue.holds)
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

/** The schema of a network configuration. Unknown keys are ignored, unless one looks like a misspelt known key. */
export const configSchema: Schema<WrittenConfig & { readonly name?: string; readonly prevResult?: unknown }> =
  someOf({
    cniVersion: text(),
    name: text(),
    type: text(),
    pool: either(text(), texts, 'a pool, or a list of pools'),
    subnet: prefix,
    gateway: text(),
    ipRange: prefix,
    ipv6: either(flag, prefix, 'true, false, or an IPv6 subnet'),
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
