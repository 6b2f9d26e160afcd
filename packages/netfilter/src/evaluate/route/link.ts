import { type Family, type InterfaceAddress, tryParseInterfaceAddress } from '../../address/index.ts'
import type { HostFacts, InterfaceFact } from '../../facts/index.ts'

/** An interface as the evaluator sees it. Of one that only a packet or a route names, nothing but the name is known. */
export interface Link {
  readonly name: string
  /** Null when the facts do not say. */
  readonly index: number | null
  readonly up: boolean
  readonly kind: string | null
  readonly master: string | null
  readonly hairpin: boolean | null
  readonly isolated: boolean | null
  /** IFLA_BR_NF_CALL_IPTABLES and its IPv6 twin. */
  readonly callsHooks: Readonly<Record<Family, boolean>>
  readonly addresses: readonly InterfaceAddress[]
}

/** The most levels of interfaces above each other that Linux allows (MAX_NEST_DEV in include/linux/netdevice.h). */
export const MOST_LEVELS = 8

const readLink = (fact: InterfaceFact, name: string): Link => ({
  name,
  index: fact.index ?? null,
  up: fact.up ?? true,
  kind: fact.kind ?? null,
  master: fact.master ?? null,
  hairpin: fact.hairpin ?? null,
  isolated: fact.isolated ?? null,
  callsHooks: { ip: fact.nfCallIptables ?? false, ip6: fact.nfCallIp6tables ?? false },
  addresses: (fact.addresses ?? [])
    .map((text) => tryParseInterfaceAddress(text))
    .filter((address) => address !== null),
})

/** The loopback interface is on every host, whether the facts name it or not. */
const loopback: InterfaceFact = { index: 1, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] }

/** The interfaces of a host by name. `findLink` makes up an interface that is missing. */
export const readLinks = (facts: HostFacts): Map<string, Link> => {
  const links = new Map<string, Link>()
  for (const fact of facts.interfaces ?? []) {
    if (fact.name === undefined || fact.name === '') continue
    links.set(fact.name, readLink(fact.name === 'lo' ? { ...loopback, ...fact } : fact, fact.name))
  }
  if (!links.has('lo')) links.set('lo', readLink(loopback, 'lo'))
  return links
}

export const findLink = (links: Map<string, Link>, name: string): Link => {
  const found = links.get(name)
  if (found !== undefined) return found
  const made = readLink({}, name)
  links.set(name, made)
  return made
}
