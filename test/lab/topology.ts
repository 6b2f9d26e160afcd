import type { Machine } from './machine.ts'

/**
 *                       wire (a switch)
 *   client .9 ───────────┤  192.0.2.0/24, 2001:db8:1::/64
 *   neighbour .10 ───────┤
 *                        └─ eth0 .2 .3  HOST  eth1 .2 ─── .9 outside ─(mtu 1300)─ .9 distant
 *                                                  198.51.100.0/24      203.0.113.0/24
 *                                                  2001:db8:2::/64      2001:db8:3::/64
 *
 * Documentation addresses only (RFC 5737, RFC 3849), so that no pool of the planner ever meets them.
 */
export const addresses = {
  ip: {
    host: '192.0.2.2',
    hostSecond: '192.0.2.3',
    hostOutside: '198.51.100.2',
    loopback: '127.0.0.1',
    client: '192.0.2.9',
    neighbour: '192.0.2.10',
    outside: '198.51.100.9',
    distant: '203.0.113.9',
  },
  ip6: {
    host: '2001:db8:1::2',
    hostSecond: '2001:db8:1::3',
    hostOutside: '2001:db8:2::2',
    loopback: '::1',
    client: '2001:db8:1::9',
    neighbour: '2001:db8:1::10',
    outside: '2001:db8:2::9',
    distant: '2001:db8:3::9',
  },
} as const

/** The address of a resolver that overlaps no pool. */
export const resolvers = 'nameserver 192.0.2.53\\n'

interface Machines {
  readonly host: Machine
  readonly client: Machine
  readonly neighbour: Machine
  readonly outside: Machine
  readonly distant: Machine
  readonly wire: Machine
}

const address = (ip: string, ip6: string, device: string): readonly string[] => [
  `addr add ${ip}/24 dev ${device}`,
  `addr add ${ip6}/64 dev ${device} nodad`,
]

/** Plugs the machines together, with addresses and routes. It waits for nothing. */
export const wireUp = async (machines: Machines): Promise<void> => {
  const { host, client, neighbour, outside, distant, wire } = machines
  const { ip, ip6 } = addresses
  await wire.ip(
    'link add br0 type bridge',
    ...(
      [
        ['host', host],
        ['client', client],
        ['neighbour', neighbour],
      ] as const
    ).flatMap(([name, { pid }]) => [
      `link add ${name} type veth peer name eth0 netns ${pid}`,
      `link set ${name} master br0 up`,
    ]),
    'link set br0 up',
  )
  await outside.ip(
    `link add eth0 type veth peer name eth1 netns ${host.pid}`,
    `link add eth1 type veth peer name eth0 netns ${distant.pid}`,
  )
  await Promise.all([
    host.ip(
      ...address(ip.host, ip6.host, 'eth0'),
      ...address(ip.hostSecond, ip6.hostSecond, 'eth0'),
      ...address(ip.hostOutside, ip6.hostOutside, 'eth1'),
      'link set eth0 up',
      'link set eth1 up',
      `route add 203.0.113.0/24 via ${ip.outside}`,
      `route add 2001:db8:3::/64 via ${ip6.outside}`,
    ),
    client.ip(
      ...address(ip.client, ip6.client, 'eth0'),
      'link set eth0 up',
      `route add 198.51.100.0/24 via ${ip.host}`,
      `route add 2001:db8:2::/64 via ${ip6.host}`,
    ),
    neighbour.ip(
      ...address(ip.neighbour, ip6.neighbour, 'eth0'),
      'link set eth0 up',
      `route add default via ${ip.host}`,
      `route add default via ${ip6.host}`,
    ),
    outside.ip(
      ...address(ip.outside, ip6.outside, 'eth0'),
      ...address('203.0.113.1', '2001:db8:3::1', 'eth1'),
      'link set eth0 up',
      // Only the direction to `distant` has the small MTU, so the sender must learn it by ICMP. Packets from `distant`
      // may be full size.
      'link set eth1 mtu 1300 up',
      `route add default via ${ip.hostOutside}`,
      `route add default via ${ip6.hostOutside}`,
    ),
    distant.ip(
      ...address(ip.distant, ip6.distant, 'eth0'),
      'link set eth0 up',
      'route add default via 203.0.113.1',
      'route add default via 2001:db8:3::1',
    ),
    outside.setSysctl('net.ipv4.ip_forward', 1),
    outside.setSysctl('net.ipv6.conf.all.forwarding', 1),
  ])
}
