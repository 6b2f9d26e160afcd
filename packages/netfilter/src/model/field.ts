/**
 * A property of the packet itself, by nft's word where nft has one.
 *
 * - `nfproto`: 2 for IPv4, 10 for IPv6. `l4proto`: the protocol number after IPv6 extension headers.
 * - `saddr`, `daddr`, `sport`, `dport`: the values at that hook, translated or not.
 * - `tcp-flags`: the low 8 bits of byte 13 (fin 1, syn 2, rst 4, psh 8, ack 16, urg 32, ecn 64, cwr 128).
 * - `icmp-type`, `icmp-code`: of ICMP and of ICMPv6.
 * - `iifname`, `oifname`: empty where there is none. `iif`, `oif`: the index, 0 where there is none.
 *   `iifkind`, `oifkind`: as `ip -d link` names it.
 * - `mark`: the packet's, 32 bit. `pkttype`: 0 host, 1 broadcast, 2 multicast, 3 other host.
 * - `fragment`: 1 for second and further fragments.
 * - `physin`, `physout`: the bridge ports, while br_netfilter has the packet; `bridged`: 1 when it is switched.
 * - `skuid`, `skgid`: of the socket that sent the packet; no value for a packet that this host did not make.
 * - `socket`: 1 when a local socket would take the packet (`socket` of nft and iptables), never known.
 *
 * @public @since 0.1.0
 */
export type Field =
  | 'nfproto'
  | 'l4proto'
  | 'saddr'
  | 'daddr'
  | 'sport'
  | 'dport'
  | 'tcp-flags'
  | 'icmp-type'
  | 'icmp-code'
  | 'iifname'
  | 'oifname'
  | 'iif'
  | 'oif'
  | 'iifkind'
  | 'oifkind'
  | 'mark'
  | 'pkttype'
  | 'fragment'
  | 'physin'
  | 'physout'
  | 'bridged'
  | 'skuid'
  | 'skgid'
  | 'socket'
