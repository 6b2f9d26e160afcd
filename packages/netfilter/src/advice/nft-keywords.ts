/**
 * Words that nft 1.1.3 refuses as the name of a table or a chain, although they look like names: its scanner reads them
 * as keywords (src/scanner.l). Found by trying every token of its grammar as the name of a chain. A word that only
 * another version of nft refuses costs a syntax error: no rule changes.
 */
export const nftKeywords: ReadonlySet<string> = new Set(
  `
  accept add ah all arp auto-merge bridge cgroup chain comment comp constant continue counter cpu
  create ct day dccp define delete describe destroy device devices dnat drop dst dup dynamic ecn
  element elements esp ether exists expires export exthdr fib flags flow flowtable flush frag fwd gc-
  interval ge geneve get goto gre gretap handle hbh hook hour ibriport ibrname icmp icmpv6 igmp iif
  iifgroup iifname iiftype import include index inet insert interval ip ip6 ipsec jhash jump le limit
  list log lt map mark masquerade meta meter mh missing monitor netdev nftrace notrack numgen obriport
  obrname offload oif oifgroup oifname oiftype osf pkttype policy position priority queue quota random
  redefine redirect reject rename replace reset return rt rt0 rt2 rtclassid rule ruleset sctp secmark
  set size skgid skuid snat socket srh symhash synproxy table tcp th time timeout tproxy type typeof
  udp udplite undefine update vlan vmap vni vxlan xt
`
    .trim()
    .split(/\s+/),
)
