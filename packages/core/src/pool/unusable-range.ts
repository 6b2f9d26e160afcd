import { formatPrefix, type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'

/**
 * Ranges in which no bridge can have its subnet: net/ipv4/fib_frontend.c and net/ipv6/addrconf.c refuse or misroute
 * them. `fe80::/64` is the subnet of every interface, and no packet with an IPv4-mapped address is forwarded.
 * 240.0.0.0/4 is not among them: Linux forwards it.
 */
const unusable: readonly Prefix[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '224.0.0.0/4',
  '::/127',
  '::ffff:0:0/96',
  'fe80::/10',
  'ff00::/8',
].map((text) => parsePrefix(text))

/** The range that a prefix overlaps and that no network can use; null: a network can use the prefix. */
export const unusableRange = (prefix: Prefix): string | null => {
  const range = unusable.find((one) => prefixesOverlap(one, prefix))
  return range === undefined ? null : formatPrefix(range)
}

/**
 * Ranges that a user may name for a subnet, but that are never picked. Compose accepts a network in 169.254.0.0/16, for
 * example for the credentials of ECS. But hosts and containers take those addresses by themselves (RFC 3927). A packet
 * to 255.255.255.255 goes to every machine on a link.
 */
const unpickable: readonly Prefix[] = ['169.254.0.0/16', '255.255.255.255/32'].map((text) =>
  parsePrefix(text),
)

/** The range that a prefix overlaps and that no pool may have; null: a pool may have the prefix. */
export const unpickableRange = (prefix: Prefix): string | null => {
  const range = unpickable.find((one) => prefixesOverlap(one, prefix))
  return unusableRange(prefix) ?? (range === undefined ? null : formatPrefix(range))
}
