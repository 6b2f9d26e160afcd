import { type Family, prefixAround } from '../../address/index.ts'
import { containsAddress } from '../../address/prefix.ts'
import type { Host } from '../packet/host.ts'
import type { Link } from './link.ts'

/** Whether an address has scope host, such as 127.0.0.0/8: it is no source for a peer elsewhere. */
const isHostScope = (value: number | bigint): boolean =>
  typeof value === 'number' ? value >>> 24 === 127 : value === 1n

const isLinkLocal6 = (value: number | bigint): boolean =>
  typeof value === 'bigint' && value >> 118n === 0x3fan

const ofLink = (link: Link, family: Family): readonly { value: number | bigint; length: number }[] =>
  link.addresses
    .filter(({ address }) => address.family === family && !isHostScope(address.value))
    .map(({ address, length }) => ({ value: address.value, length }))

/**
 * The source address of a packet that leaves by an interface for a next hop; null: the host has none.
 *
 * @see net/ipv4/devinet.c `inet_select_addr`; for IPv6, RFC 6724 as far as facts allow (scope, then the longest
 *   common prefix)
 */
export const selectSource = (
  host: Host,
  family: Family,
  out: Link,
  peer: number | bigint,
): number | bigint | null =>
  family === 'ip' ? selectSource4(host, out, Number(peer)) : selectSource6(host, out, BigInt(peer))

const selectSource4 = (host: Host, out: Link, nextHop: number): number | bigint | null => {
  const own = ofLink(out, 'ip')
  for (const { value, length } of own) {
    const prefix = prefixAround({ family: 'ip', value: Number(value) }, length)
    if (containsAddress(prefix, { family: 'ip', value: nextHop })) return value
  }
  const [first] = own
  if (first !== undefined) return first.value
  for (const link of host.links.values()) {
    const [other] = link === out ? [] : ofLink(link, 'ip')
    if (other !== undefined) return other.value
  }
  return null
}

const selectSource6 = (host: Host, out: Link, peer: bigint): number | bigint | null => {
  // RFC 6724, rule 1: the host speaks to its own address from that same address, also to ::1.
  for (const { addresses } of host.links.values())
    if (addresses.some(({ address }) => address.family === 'ip6' && address.value === peer)) return peer
  const local = isLinkLocal6(peer)
  const usable = (link: Link): readonly { value: number | bigint; length: number }[] =>
    ofLink(link, 'ip6').filter(({ value }) => isLinkLocal6(value) === local)
  const common = (value: bigint): number => {
    const difference = value ^ peer
    return difference === 0n ? 128 : 128 - difference.toString(2).length
  }
  const best = (links: readonly Link[]): bigint | null => {
    let found: bigint | null = null
    for (const link of links)
      for (const { value } of usable(link))
        if (found === null || common(BigInt(value)) > common(found)) found = BigInt(value)
    return found
  }
  const own = best([out])
  if (own !== null || local) return own
  const elsewhere = best([...host.links.values()].filter((link) => link !== out))
  if (elsewhere !== null) return elsewhere
  return ofLink(out, 'ip6')[0]?.value ?? null
}

/**
 * The address that `redirect` leads to for a packet that comes in by an interface (net/netfilter/nf_nat_redirect.c).
 */
export const redirectAddress = (
  family: Family,
  link: Link,
  destination: number | bigint,
): number | bigint | null => {
  const own = link.addresses.filter(({ address }) => address.family === family)
  if (family === 'ip') return own[0]?.address.value ?? null
  const fits = own.find(({ address }) => isLinkLocal6(destination) || !isLinkLocal6(address.value))
  return fits?.address.value ?? null
}
