import type { Family } from '@portolan/netfilter'
import { type Link, type RangeSet, rangeSet } from '@portolan/netfilter/analysis'

/**
 * Addresses that are no packet's source: this network, loopback, multicast, and link-local in IPv6 (a rule of the
 * contract).
 */
export const neverSources: Readonly<Record<Family, RangeSet>> = {
  ip: rangeSet([
    { first: 0, last: 0x00ffffff },
    { first: 0x7f000000, last: 0x7fffffff },
    { first: 0xe0000000, last: 0xffffffff },
  ]),
  ip6: rangeSet([
    // IPv4-compatible and IPv4-mapped addresses, and 6to4 (RFC 4291, RFC 7526).
    { first: 0n, last: 0xffffffffffffn },
    { first: 0x2002n << 112n, last: (0x2003n << 112n) - 1n },
    { first: 0xfe80n << 112n, last: (0xfec0n << 112n) - 1n },
    { first: 0xffn << 120n, last: (1n << 128n) - 1n },
  ]),
}

/** All addresses of a family. */
export const everything: Readonly<Record<Family, RangeSet>> = {
  ip: { starts: [0], ends: [0xffffffff] },
  ip6: { starts: [0n], ends: [(1n << 128n) - 1n] },
}

/** The addresses that interfaces have. */
export const ownedBy = (links: readonly Link[], family: Family): RangeSet =>
  rangeSet(
    links
      .flatMap((link) => link.addresses.filter(({ address }) => address.family === family))
      .map(({ address }) => ({ first: address.value, last: address.value })),
  )
