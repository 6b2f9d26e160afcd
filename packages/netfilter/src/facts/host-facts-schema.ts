import { is } from 'valibot'
import { dropZone, tryParseAddress, tryParseInterfaceAddress } from '../address/index.ts'
import { closestOf } from '../error/index.ts'
import {
  address,
  addressOrNull,
  allOf,
  between,
  family,
  flag,
  listOf,
  namesTo,
  orNull,
  prefix,
  prefixOrNull,
  protocol,
  type Schema,
  someOf,
  text,
  textOrNull,
  texts,
  textThat,
  wholeNumber,
} from '../schema/index.ts'
import { byteLength } from '../text/byte-length.ts'
import type { HostFacts } from './host-facts.ts'

/** A nameserver as resolv.conf writes it: a link-local address may carry its interface. */
const nameserver = textThat('an IP address', (value) => tryParseAddress(dropZone(value)) !== null)

const isPrefix = (value: string): boolean => is(prefix, value)

/** The range that an engine gives addresses from: a prefix, or the first and the last address. */
const addressRange = textThat('a prefix, or a range such as 10.0.0.128-10.0.0.254', (value) => {
  const ends = value.split('-')
  return isPrefix(value) || (ends.length === 2 && ends.every((end) => tryParseAddress(end) !== null))
})

const destination = textThat(
  'default or a prefix such as 10.0.0.0/8',
  (value) => value === 'default' || isPrefix(value),
)

const interfaceAddress = textThat(
  'an address with its prefix length, such as 192.0.2.2/24',
  (value) => tryParseInterfaceAddress(value) !== null,
)

/**
 * The engines that Portolan reads network definitions of. Any other name is accepted too, unless it looks like a
 * misspelling of one of these.
 */
const engines = ['cni', 'docker', 'libvirt', 'netplan', 'podman', 'systemd-networkd', 'tailscale']

const engine = textThat(
  `the name of an engine (${engines.join(', ')})`,
  (value) => engines.includes(value) || closestOf(value, engines) === null,
)

/** net/core/dev.c `dev_valid_name`: IFNAMSIZ is 16 with the NUL at its end. */
const isInterfaceName = (value: string): boolean =>
  value !== '' && byteLength(value) <= 15 && !/^\.\.?$|[/:\s]/.test(value)

const interfaceName = textThat('the name of an interface, of 1 to 15 bytes', isInterfaceName)

const interfaceNameOrNull = orNull(
  textThat('the name of an interface, of 1 to 15 bytes, or null', isInterfaceName),
)

const port = between(0, 65535, 'a port from 0 to 65535')

const entries = {
  interfaces: listOf(
    someOf({
      name: interfaceName,
      index: wholeNumber,
      up: flag,
      kind: text(),
      master: textOrNull,
      mtu: wholeNumber,
      mac: text(),
      hairpin: flag,
      isolated: flag,
      nfCallIptables: flag,
      nfCallIp6tables: flag,
      alias: text(),
      addresses: listOf(interfaceAddress),
      peers: listOf(someOf({ address, peer: interfaceAddress })),
      inside: someOf({ mac: text(), addresses: listOf(interfaceAddress) }),
      autoconfigured: flag,
    }),
  ),
  routes: listOf(
    someOf({
      destination,
      gateway: addressOrNull,
      interface: interfaceNameOrNull,
      table: wholeNumber,
      type: text(),
      scope: text(),
      metric: wholeNumber,
      tos: wholeNumber,
      source: addressOrNull,
      protocol: text(),
    }),
  ),
  rules: listOf(
    someOf({
      family,
      priority: wholeNumber,
      table: wholeNumber,
      from: prefixOrNull,
      to: prefixOrNull,
      in: textOrNull,
      out: textOrNull,
      mark: wholeNumber,
      mask: wholeNumber,
      action: text(),
      invert: flag,
      suppressPrefixLength: wholeNumber,
      gotoPriority: wholeNumber,
      protocol: wholeNumber,
      sourcePorts: someOf({ first: port, last: port }),
      destinationPorts: someOf({ first: port, last: port }),
      users: someOf({ first: wholeNumber, last: wholeNumber }),
      dscp: wholeNumber,
      other: texts,
    }),
  ),
  neighbours: listOf(someOf({ address, interface: interfaceName, state: text() })),
  nameservers: listOf(nameserver),
  sockets: listOf(someOf({ protocol, address, port, process: text(), v6only: flag, interface: textOrNull })),
  flows: listOf(
    someOf({
      protocol,
      source: address,
      sourcePort: port,
      destination: address,
      destinationPort: port,
      answeredBy: someOf({ address, port }),
    }),
  ),
  sysctls: namesTo(text()),
  networks: listOf(
    someOf({
      engine,
      name: text(),
      subnets: listOf(prefix),
      bridge: text(),
      gateways: listOf(address),
      ranges: listOf(addressRange),
      used: listOf(someOf({ address, by: text() })),
      file: text(),
      own: allOf({ project: text(), network: text() }),
    }),
  ),
  enginePools: listOf(someOf({ engine, base: prefix, size: wholeNumber, file: text() })),
  machineId: text(),
  unread: texts,
}

/** The schema of `HostFacts` from outside. The compiler checks that the two agree. */
export const hostFactsSchema: Schema<HostFacts> = someOf(entries)

export const hostFactsKeys: ReadonlySet<string> = new Set(Object.keys(entries))
