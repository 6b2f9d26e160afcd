import { addressType, conntrackState, conntrackStatus, protocolNumber } from '@portolan/netfilter'

type Symbols = Readonly<Record<string, number>>

/**
 * The numbers behind the names that nft lists, from net/netfilter and IANA (nftables src/proto.c, src/ct.c,
 * src/meta.c).
 */
const icmpType: Symbols = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'source-quench': 4,
  redirect: 5,
  'echo-request': 8,
  'router-advertisement': 9,
  'router-solicitation': 10,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
  'info-request': 15,
  'info-reply': 16,
  'address-mask-request': 17,
  'address-mask-reply': 18,
}

const icmpv6Type: Symbols = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'mld-listener-query': 130,
  'mld-listener-report': 131,
  'mld-listener-done': 132,
  'mld-listener-reduction': 132,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
  'nd-redirect': 137,
  'router-renumbering': 138,
  'ind-neighbor-solicit': 141,
  'ind-neighbor-advert': 142,
  'mld2-listener-report': 143,
}

/** Protocol numbers by name. nft takes the names from /etc/protocols; these are netbase's. */
const protocol: Symbols = {
  ...protocolNumber,
  hopopt: 0,
  ip: 0,
  ggp: 3,
  ipencap: 4,
  egp: 8,
  igp: 9,
  dccp: 33,
  'ipv6-route': 43,
  'ipv6-frag': 44,
  rsvp: 46,
  'ipv6-icmp': 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  eigrp: 88,
  ospf: 89,
  pim: 103,
  comp: 108,
  ipcomp: 108,
  vrrp: 112,
  l2tp: 115,
  'mobility-header': 135,
  'mpls-in-ip': 137,
  mptcp: 262,
}

const family: Symbols = { ipv4: 2, ipv6: 10 }

/** The names of the values of each type. */
export const symbols: ReadonlyMap<string, Symbols> = new Map([
  ['inet_proto', protocol],
  ['nf_proto', family],
  ['icmp_type', icmpType],
  ['icmpv6_type', icmpv6Type],
  [
    'icmp_code',
    {
      'net-unreachable': 0,
      'host-unreachable': 1,
      'prot-unreachable': 2,
      'port-unreachable': 3,
      'frag-needed': 4,
      'net-prohibited': 9,
      'host-prohibited': 10,
      'admin-prohibited': 13,
    },
  ],
  [
    'icmpv6_code',
    {
      'no-route': 0,
      'admin-prohibited': 1,
      'addr-unreachable': 3,
      'port-unreachable': 4,
      'policy-fail': 5,
      'reject-route': 6,
    },
  ],
  ['tcp_flag', { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 }],
  ['ct_state', conntrackState],
  ['ct_status', conntrackStatus],
  ['ct_dir', { original: 0, reply: 1 }],
  ['pkt_type', { host: 0, unicast: 0, broadcast: 1, multicast: 2, other: 3 }],
  ['fib_addrtype', addressType],
  ['ether_type', { ip: 0x0800, ip6: 0x86dd, arp: 0x0806, vlan: 0x8100, '8021q': 0x8100, '8021ad': 0x88a8 }],
])
