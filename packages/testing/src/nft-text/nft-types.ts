import { protocolOf } from '@portolan/netfilter'

/** The type of a field's values. */
export interface NftType {
  /** The name in `type` of a set; null: no set that is read has this type. */
  readonly name: string | null
  readonly kind: 'ip' | 'ip6' | 'number' | 'word' | 'interface' | 'index'
  /** A noun, for messages. */
  readonly expected: string
  /** The greatest number. */
  readonly most: number
  readonly words?: string
  /** The file where nft looks up names that it does not know itself. */
  readonly database?: string
  /** A match on such a value tests whether any of its bits is set. */
  readonly bits?: true
}

const wordType = (what: string, words: string, most = 255): NftType => ({
  name: null,
  kind: 'word',
  expected: `${what} (${words.split(' ').join(', ')})`,
  most,
  words,
})

const protocols = 'tcp udp udplite sctp dccp esp ah comp icmp icmpv6 ipv6-icmp'
  .split(' ')
  .filter((name) => protocolOf(name) !== null)
  .join(' ')

const ip: NftType = {
  name: 'ipv4_addr',
  kind: 'ip',
  expected: 'an IPv4 address, a prefix or a range',
  most: 0,
}
const ip6: NftType = {
  ...ip,
  name: 'ipv6_addr',
  kind: 'ip6',
  expected: 'an IPv6 address, a prefix or a range',
}
const port: NftType = {
  name: 'inet_service',
  kind: 'number',
  expected: 'a port from 0 to 65535',
  most: 65535,
  database: '/etc/services',
}
const protocol: NftType = {
  name: 'inet_proto',
  kind: 'number',
  expected: `a protocol (${protocols.split(' ').join(', ')}) or its number, up to 255`,
  most: 255,
  words: protocols,
  database: '/etc/protocols',
}
const mark: NftType = {
  name: 'mark',
  kind: 'number',
  expected: 'a mark from 0 to 0xffffffff',
  most: 0xffff_ffff,
  database: '/etc/iproute2/rt_marks',
}
const name: NftType = {
  name: 'ifname',
  kind: 'interface',
  expected: 'the name of an interface, of 1 to 15 bytes',
  most: 0,
}
const index: NftType = {
  ...name,
  name: null,
  kind: 'index',
  expected: 'the name of an interface of this host',
}
const byte: NftType = { name: null, kind: 'number', expected: 'a number from 0 to 255', most: 255 }

const classes =
  'cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 df be lephb va af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 ef'

const icmpTypes =
  'echo-reply destination-unreachable source-quench redirect echo-request router-advertisement router-solicitation time-exceeded parameter-problem timestamp-request timestamp-reply info-request info-reply address-mask-request address-mask-reply'

const icmp6Types =
  'destination-unreachable packet-too-big time-exceeded parameter-problem echo-request echo-reply mld-listener-query mld-listener-report mld-listener-done mld-listener-reduction nd-router-solicit nd-router-advert nd-neighbor-solicit nd-neighbor-advert nd-redirect router-renumbering ind-neighbor-solicit ind-neighbor-advert mld2-listener-report'

/** Fields of headers. */
export const payloadTypes: Readonly<Record<string, Readonly<Record<string, NftType>>>> = {
  ip: {
    saddr: ip,
    daddr: ip,
    protocol,
    ttl: byte,
    dscp: { ...wordType('a class', classes, 63), kind: 'number' },
  },
  ip6: { saddr: ip6, daddr: ip6, nexthdr: protocol, hoplimit: byte },
  tcp: {
    sport: port,
    dport: port,
    flags: { ...wordType('flags of TCP', 'fin syn rst psh ack urg ecn cwr'), bits: true },
  },
  udp: { sport: port, dport: port },
  sctp: { sport: port, dport: port },
  th: { sport: port, dport: port },
  icmp: { type: wordType('a type of ICMP', icmpTypes) },
  icmpv6: { type: wordType('a type of ICMPv6', icmp6Types) },
}

export const metaTypes: Readonly<Record<string, NftType>> = {
  iif: index,
  oif: index,
  iifname: name,
  oifname: name,
  l4proto: protocol,
  nfproto: wordType('a family', 'ipv4 ipv6'),
  mark,
  pkttype: wordType('a type of packet', 'host unicast broadcast multicast other'),
}

export const ctTypes: Readonly<Record<string, NftType>> = {
  state: { ...wordType('states', 'invalid established related new untracked'), bits: true },
  status: {
    ...wordType('bits of a status', 'expected seen-reply assured confirmed snat dnat dying'),
    bits: true,
  },
  mark,
  direction: wordType('a direction', 'original reply'),
}

export const fibType: NftType = wordType(
  'a type of address',
  'unspec unicast local broadcast anycast multicast blackhole unreachable prohibit',
)

/** The types that a set may have. */
export const setTypes: readonly NftType[] = [ip, ip6, port, protocol, mark, name]

/** Types of sets that nft knows, and that this reader does not read. */
export const unreadSetTypes: readonly string[] = [
  'ether_addr',
  'iface_index',
  'iface_type',
  'ct_state',
  'icmp_type',
  'icmpv6_type',
  'dscp',
  'realm',
  'uid',
  'gid',
]

export const typeWords = ({ words }: NftType): readonly string[] => words?.split(' ') ?? []
