import { littleEndian } from '@portolan/core/netlink'
import { type Expression, type TextExpression, text } from '../../../model/index.ts'
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '../../constants.ts'
import type { Span } from '../attributes.ts'

type Words = ReadonlyMap<number, TextExpression>

const words = (...named: readonly (readonly [number, string])[]): Words =>
  new Map(named.map(([number, word]) => [number, text(word)]))

/** Values of one byte, of the types that only rules have. */
const bytes: Readonly<Record<string, Words>> = {
  nf_proto: words([NFPROTO_IPV4, 'ipv4'], [NFPROTO_IPV6, 'ipv6']),
  // IANA protocol numbers. A rule that asks for ICMP alone is none of ours: it comes in front of a type, which implies it.
  inet_proto: words([6, 'tcp'], [17, 'udp'], [132, 'sctp'], [1, 'icmp'], [58, 'ipv6-icmp']),
  icmp_type: words([8, 'echo-request']),
  icmpv6_type: words([128, 'echo-request']),
  // include/uapi/linux/netfilter/nf_conntrack_tuple_common.h: enum ip_conntrack_dir
  ct_dir: words([0, 'original'], [1, 'reply']),
}

/** Values of four bytes in the byte order of the machine. */
const longs: Readonly<Record<string, Words>> = {
  // include/uapi/linux/rtnetlink.h: RTN_LOCAL
  fib_addrtype: words([2, 'local']),
}

/** Bits of such values, in the order in which nft lists them (include/uapi/linux/netfilter/nf_conntrack_common.h). */
const bits: Readonly<Record<string, Words>> = {
  ct_state: words([1, 'invalid'], [2, 'established'], [4, 'related'], [8, 'new'], [64, 'untracked']),
  ct_status: words([2, 'seen-reply'], [4, 'assured'], [8, 'confirmed'], [16, 'snat'], [32, 'dnat']),
}

/** A number of four bytes in the byte order of the machine. */
const longIn = ({ view, start, end }: Span): number | null =>
  end - start === 4 ? view.getUint32(start, littleEndian) : null

/** The word for a value; null when it is not among ours. */
export const wordIn = (type: string, span: Span): TextExpression | null => {
  const { view, start, end } = span
  if (end - start === 1) return bytes[type]?.get(view.getUint8(start)) ?? null
  return longs[type]?.get(longIn(span) ?? -1) ?? null
}

/** The words for the bits of a mask: a list where there are several, as nft has it; null when one is not among ours. */
export const bitsIn = (type: string, mask: Span): Expression | null => {
  const known = bits[type]
  const value = longIn(mask)
  if (known === undefined || value === null) return null
  let rest = value
  const items: TextExpression[] = []
  for (const [bit, word] of known) {
    if ((value & bit) === 0) continue
    rest &= ~bit
    items.push(word)
  }
  const [only, ...others] = items
  if (rest !== 0 || only === undefined) return null
  return others.length === 0 ? only : { kind: 'list', items }
}
