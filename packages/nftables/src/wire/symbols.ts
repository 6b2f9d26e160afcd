import { NFPROTO_IPV4, NFPROTO_IPV6 } from './constants.ts'

/** nft's words for the values of a type, with their numbers. */
export type Symbols = readonly (readonly [word: string, number: number])[]

/** Values of one byte, for types that our sets never have. */
export const byteSymbols: Readonly<Record<'nf_proto' | 'icmp_type' | 'icmpv6_type' | 'ct_dir', Symbols>> = {
  nf_proto: [
    ['ipv4', NFPROTO_IPV4],
    ['ipv6', NFPROTO_IPV6],
  ],
  icmp_type: [['echo-request', 8]],
  icmpv6_type: [
    ['echo-request', 128],
    ['nd-neighbor-solicit', 135],
    ['nd-neighbor-advert', 136],
  ],
  // include/uapi/linux/netfilter/nf_conntrack_tuple_common.h: enum ip_conntrack_dir
  ct_dir: [
    ['original', 0],
    ['reply', 1],
  ],
}

/** Values of four bytes in the byte order of the machine. */
export const longSymbols: Readonly<Record<'fib_addrtype', Symbols>> = {
  // include/uapi/linux/rtnetlink.h: RTN_LOCAL
  fib_addrtype: [['local', 2]],
}

/**
 * Bits of four bytes in the byte order of the machine, in the order in which nft lists them
 * (include/uapi/linux/netfilter/nf_conntrack_common.h: NF_CT_STATE_BIT, enum ip_conntrack_status).
 */
export const bitSymbols: Readonly<Record<'ct_state' | 'ct_status', Symbols>> = {
  ct_state: [
    ['invalid', 1],
    ['established', 2],
    ['related', 4],
    ['new', 8],
    ['untracked', 64],
  ],
  ct_status: [
    ['seen-reply', 2],
    ['assured', 4],
    ['confirmed', 8],
    ['snat', 16],
    ['dnat', 32],
  ],
}
