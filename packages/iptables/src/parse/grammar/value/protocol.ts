import { readWhole } from './number.ts'

/** iptables' own protocol names, which it prints on every host. */
const ownNames: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  132: 'sctp',
  135: 'mobility-header',
  136: 'udplite',
}

/** Protocol names that a host may know (the IANA registry of protocol numbers). */
const numbers: ReadonlyMap<string, number> = new Map([
  ['all', 0],
  ['icmp', 1],
  ['igmp', 2],
  ['ggp', 3],
  ['ipencap', 4],
  ['ipip', 94],
  ['ipv4', 4],
  ['st', 5],
  ['tcp', 6],
  ['egp', 8],
  ['igp', 9],
  ['pup', 12],
  ['udp', 17],
  ['hmp', 20],
  ['xns-idp', 22],
  ['rdp', 27],
  ['iso-tp4', 29],
  ['dccp', 33],
  ['xtp', 36],
  ['ddp', 37],
  ['idpr-cmtp', 38],
  ['ipv6', 41],
  ['ipv6-route', 43],
  ['ipv6-frag', 44],
  ['idrp', 45],
  ['rsvp', 46],
  ['gre', 47],
  ['esp', 50],
  ['ipv6-crypt', 50],
  ['ah', 51],
  ['ipv6-auth', 51],
  ['skip', 57],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['icmp6', 58],
  ['ipv6-nonxt', 59],
  ['ipv6-opts', 60],
  ['rspf', 73],
  ['vmtp', 81],
  ['eigrp', 88],
  ['ospf', 89],
  ['ospfigp', 89],
  ['ax.25', 93],
  ['etherip', 97],
  ['encap', 98],
  ['pim', 103],
  ['ipcomp', 108],
  ['vrrp', 112],
  ['carp', 112],
  ['l2tp', 115],
  ['isis', 124],
  ['sctp', 132],
  ['fc', 133],
  ['mobility-header', 135],
  ['ipv6-mh', 135],
  ['mh', 135],
  ['udplite', 136],
  ['mpls-in-ip', 137],
  ['manet', 138],
  ['hip', 139],
  ['shim6', 140],
  ['wesp', 141],
  ['rohc', 142],
])

/** The number of a protocol from a name or number; null for other texts. */
export const protocolNumberOf = (text: string): number | null =>
  numbers.get(text.toLowerCase()) ?? readWhole(text, 255)

/** A protocol as iptables-save prints it. A name that only some hosts know is kept as written. */
export const protocolName = (text: string): string | null => {
  const number = protocolNumberOf(text)
  if (number === null) return null
  if (number === 0) return 'all'
  return ownNames[number] ?? (numbers.has(text.toLowerCase()) ? text.toLowerCase() : number.toString())
}

/** The module that iptables loads by itself for options of a protocol. */
export const protocolModule = (name: string): string => {
  if (name === 'ipv6-icmp') return 'icmp6'
  return name === 'mobility-header' ? 'mh' : name
}
