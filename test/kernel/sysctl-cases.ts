import { addresses } from '../lab/topology.ts'

export const PORT = 7000

export const links = ['all', 'default', 'eth0', 'eth1', 'br-a', 'br-b', 'lo']

/** A datagram, its sender, and whether the kernel forwards or delivers it. */
export interface Case {
  readonly title: string
  readonly set: Readonly<Record<string, number>>
  readonly from: 'neighbour' | 'twin'
  readonly family?: 'ip' | 'ip6'
  /** The source address. In some cases the neighbour forges an address of the host. */
  readonly source: string
  readonly to: 'host' | 'outside'
  readonly arrives: boolean
}

export const forged = addresses.ip.hostOutside

export const twinA = '172.30.1.10'

export const twinB = '172.30.2.10'

export const twinB6 = 'fd00:30:2::10'

export const rp = (link: string): string => `net.ipv4.conf.${link}.rp_filter`

export const accept = (link: string): string => `net.ipv4.conf.${link}.accept_local`

/** `twin` sends everything by br-a, whatever the source. */
export const cases: readonly Case[] = [
  {
    title: 'a source of another bridge passes without a filter',
    set: {},
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'a source of another bridge does not pass the strict filter of the bridge',
    set: { [rp('br-a')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'a source of another bridge does not pass the strict filter of all',
    set: { [rp('all')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'a source of another bridge does not pass the strict filter to a process of the host',
    set: { [rp('br-a')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'host',
    arrives: false,
  },
  {
    title: 'the loose filter of the bridge is greater than the strict one of all',
    set: { [rp('all')]: 1, [rp('br-a')]: 2 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'the loose filter of all is greater than the strict one of the bridge',
    set: { [rp('all')]: 2, [rp('br-a')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'the filter of another interface does not matter',
    set: { [rp('eth1')]: 1, [rp('br-b')]: 1 },
    from: 'twin',
    source: twinB,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'a source of its own bridge passes the strict filter',
    set: { [rp('all')]: 1 },
    from: 'twin',
    source: twinA,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'IPv6 has no such filter',
    set: { [rp('all')]: 1 },
    family: 'ip6',
    from: 'twin',
    source: twinB6,
    to: 'outside',
    arrives: true,
  },
  {
    title: 'a neighbour is not let in with an address of the host as source',
    set: {},
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: false,
  },
  {
    title: 'accept_local of the interface lets an address of the host in as source',
    set: { [accept('eth0')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: true,
  },
  {
    title: 'accept_local of all lets an address of the host in as source',
    set: { [accept('all')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: true,
  },
  {
    title: 'accept_local of another interface does not let it in',
    set: { [accept('eth1')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: false,
  },
  {
    title: 'the strict filter drops it in spite of accept_local',
    set: { [accept('eth0')]: 1, [rp('eth0')]: 1 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: false,
  },
  {
    title: 'the loose filter lets it in with accept_local',
    set: { [accept('eth0')]: 1, [rp('eth0')]: 2 },
    from: 'neighbour',
    source: forged,
    to: 'host',
    arrives: true,
  },
  {
    title: 'an interface that does not forward IPv4 drops the packet',
    set: { 'net.ipv4.conf.br-a.forwarding': 0 },
    from: 'twin',
    source: twinA,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'a host that does not forward IPv6 drops the packet',
    set: { 'net.ipv6.conf.all.forwarding': 0 },
    family: 'ip6',
    from: 'twin',
    source: twinB6,
    to: 'outside',
    arrives: false,
  },
  {
    title: 'an interface with force_forwarding forwards IPv6 though the host does not',
    set: { 'net.ipv6.conf.all.forwarding': 0, 'net.ipv6.conf.br-a.force_forwarding': 1 },
    family: 'ip6',
    from: 'twin',
    source: twinB6,
    to: 'outside',
    arrives: true,
  },
]

export const initial: Readonly<Record<string, number>> = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
  ...Object.fromEntries(
    links.flatMap((link) => [
      [rp(link), 0],
      [accept(link), 0],
    ]),
  ),
}
