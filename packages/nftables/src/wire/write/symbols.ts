import type { Expression } from '../../model/index.ts'
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '../constants.ts'
import { unwritable } from './unwritable.ts'

type Symbols = ReadonlyMap<string, number>

/** Words for values of one byte, of types that no set of ours has. */
const bytes: ReadonlyMap<string, Symbols> = new Map([
  [
    'nf_proto',
    new Map([
      ['ipv4', NFPROTO_IPV4],
      ['ipv6', NFPROTO_IPV6],
    ]),
  ],
  ['icmp_type', new Map([['echo-request', 8]])],
  ['icmpv6_type', new Map([['echo-request', 128]])],
  // enum ip_conntrack_dir
  [
    'ct_dir',
    new Map([
      ['original', 0],
      ['reply', 1],
    ]),
  ],
])

/** Words for values of four bytes in the byte order of the machine. */
const words: ReadonlyMap<string, Symbols> = new Map([
  // include/uapi/linux/rtnetlink.h: RTN_LOCAL
  ['fib_addrtype', new Map([['local', 2]])],
])

/** Bits of four bytes in the byte order of the machine. */
const bits: ReadonlyMap<string, Symbols> = new Map([
  // include/uapi/linux/netfilter/nf_conntrack_common.h: NF_CT_STATE_BIT, of IP_CT_ESTABLISHED, IP_CT_RELATED and IP_CT_NEW
  [
    'ct_state',
    new Map([
      ['invalid', 1],
      ['established', 2],
      ['related', 4],
      ['new', 8],
      ['untracked', 64],
    ]),
  ],
  // enum ip_conntrack_status
  [
    'ct_status',
    new Map([
      ['snat', 16],
      ['dnat', 32],
    ]),
  ],
])

const symbolOf = (symbols: Symbols | undefined, value: Expression): number => {
  const found = value.kind === 'text' ? symbols?.get(value.text) : undefined
  if (found === undefined) throw unwritable(value)
  return found
}

/** The number of a word that is not a value of a set's type; null: its type is one of those. */
export const symbolSize = (type: string): 1 | 4 | null => (bytes.has(type) ? 1 : words.has(type) ? 4 : null)

export const symbolNumber = (type: string, value: Expression): number =>
  symbolOf(bytes.get(type) ?? words.get(type), value)

/** All bits that a list, or a single word, names. */
export const bitsNumber = (type: string, value: Expression): number =>
  (value.kind === 'list' ? value.items : [value]).reduce(
    (sum, item) => sum | symbolOf(bits.get(type), item),
    0,
  )
