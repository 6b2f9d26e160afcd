import type { NodeAddresses } from '@portolan/core'
import { parseBridgeAlias } from '@portolan/core'
import {
  containsAddress,
  type Family,
  families,
  formatAddress,
  type HostFacts,
  type InterfaceAddress,
  type InterfaceFact,
  prefixAround,
  tryParseAddress,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'
import { askedAddresses } from './asked-addresses.ts'

/** The input for the choice of the addresses through which other hosts reach the blocks of this one. */
export interface NodeChoice {
  readonly facts: HostFacts
  /** The addresses that --address names. */
  readonly asked: readonly string[]
  /** The addresses that this host announced before; null: none. */
  readonly announced: NodeAddresses | null
  /** The addresses of the etcd servers. */
  readonly servers: readonly string[]
}

/**
 * Chooses the addresses through which other hosts reach the blocks of this one. The named addresses come first, then
 * those announced before, while the host still has them. Next come those of the interface towards etcd, then those of
 * the default route's interface.
 *
 * @throws InvalidRequestError for an address that this host does not have
 */
export const nodeAddresses = ({ facts, asked, announced, servers }: NodeChoice): NodeAddresses => {
  const wires = (facts.interfaces ?? []).filter(isWire)
  const own = ownAddresses(facts)
  const wanted = askedAddresses(asked, own)
  const names = [...towards(servers, wires), ...defaultInterfaces(facts)]
  const [ip, ip6] = families.map((family) => {
    const kept = announced?.[family] ?? null
    if (wanted[family] !== null) return wanted[family]
    return kept !== null && own.has(kept) ? kept : firstOn(names, wires, family)
  })
  return { ip: ip ?? null, ip6: ip6 ?? null }
}

/** The addresses of this host through which another host may reach it. */
export const ownAddresses = (facts: HostFacts): ReadonlySet<string> =>
  new Set(
    (facts.interfaces ?? [])
      .filter(isWire)
      .flatMap((link) => addressesOf(link).map(({ address }) => formatAddress(address))),
  )

const isWire = (link: InterfaceFact): boolean =>
  link.up !== false && link.name !== 'lo' && parseBridgeAlias(link.alias) === null

/** The addresses of an interface without link-local ones, which mean nothing on another link. */
const addressesOf = ({ addresses = [] }: InterfaceFact): readonly InterfaceAddress[] =>
  addresses.flatMap((text) => {
    const found = /^fe[89ab][0-9a-f]:/i.test(text) ? null : tryParseInterfaceAddress(text)
    return found === null ? [] : [found]
  })

/** The interfaces on whose networks the etcd servers are. */
const towards = (servers: readonly string[], wires: readonly InterfaceFact[]): readonly string[] =>
  servers.flatMap((text) => {
    const server = tryParseAddress(text)
    if (server === null) return []
    const near = wires.find((link) =>
      addressesOf(link).some(({ address, length }) => containsAddress(prefixAround(address, length), server)),
    )
    return near?.name === undefined ? [] : [near.name]
  })

const isDefault = (destination: string | undefined): boolean =>
  destination === undefined ||
  destination === 'default' ||
  destination === '0.0.0.0/0' ||
  destination === '::/0'

const defaultInterfaces = ({ routes = [] }: HostFacts): readonly string[] =>
  routes
    .filter(({ destination, table = 254 }) => table === 254 && isDefault(destination))
    .toSorted((one, other) => (one.metric ?? 0) - (other.metric ?? 0))
    .flatMap((route) => route.interface ?? [])

const firstOn = (
  names: readonly string[],
  wires: readonly InterfaceFact[],
  family: Family,
): string | null => {
  for (const name of names)
    for (const link of wires.filter((one) => one.name === name)) {
      const found = addressesOf(link).find(({ address }) => address.family === family)
      if (found !== undefined) return formatAddress(found.address)
    }
  return null
}
