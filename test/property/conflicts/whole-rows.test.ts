import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../from-json.ts'
import { expectTrue } from './expect-true.ts'
import { hostFacts, look, type Seen } from './look.ts'
import { filter, mangle } from './saved.ts'

/** A host on which bridged packets pass the IP hooks. */
const bridged = {
  ...hostFacts,
  sysctls: {
    ...hostFacts.sysctls,
    'net.bridge.bridge-nf-call-iptables': '1',
    'net.bridge.bridge-nf-call-ip6tables': '1',
  },
}

/** A service with fixed addresses in both families, and an application that calls it. */
const intent = `
name: shop
networks:
  web:
    enable_ipv6: true
    ipam: {config: [{subnet: 172.17.0.0/16, gateway: 172.17.42.1}, {subnet: "fd00:30:1::/64", gateway: "fd00:30:1::1"}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  app: {networks: {web: {ipv4_address: 172.17.200.3, ipv6_address: "fd00:30:1::f003"}}, ports: ["8080:80"]}
  db: {networks: {web: {ipv4_address: 172.17.0.2, ipv6_address: "fd00:30:1::2"}}}
`

const ip = { db: '172.17.0.2', app: '172.17.200.3', free: ['172.17.0.9', '172.17.255.250'] } as const
const ip6 = {
  db: 'fd00:30:1::2',
  app: 'fd00:30:1::f003',
  free: ['fd00:30:1::9', 'fd00:30:1:0:ffff::9'],
} as const

/** Loads a filter table with these rules, and returns the conflicts. */
const lookWith = async (family: 'ip' | 'ip6', ...rules: readonly string[]): Promise<Seen> => {
  const text = filter(...rules)
  const seen = await look({ facts: bridged, intent, [family === 'ip' ? 'saved' : 'saved6']: text })
  expectTrue(seen)
  return seen
}

const culprits = ({ conflicts }: Seen, kind: string): readonly (string | undefined)[] =>
  conflicts.filter((one) => one.kind === kind).map(({ culprit }) => culprit?.text)

describe.each([
  ['IPv4', 'ip', ip],
  ['IPv6', 'ip6', ip6],
] as const)('a network row of %s holds every address of the subnet', (version, family, { db, app, free }) => {
  test.each([db, app, ...free])('as the receiver: a drop for %s is told', async (receiver) => {
    const rule = `-A FORWARD -d ${receiver} -p tcp -m tcp --dport 5432 -j DROP`
    const seen = await lookWith(family, rule)
    expect(culprits(seen, 'NetworkDropped')).toEqual([expect.stringContaining(receiver)])
  })

  test.each([db, app, ...free])('as the sender: a drop of what %s sends is told', async (sender) => {
    const rule = `-A FORWARD -s ${sender} -i pt-web -o pt-web -p tcp -m tcp --dport 5432 -j DROP`
    const seen = await lookWith(family, rule)
    expect(culprits(seen, 'NetworkDropped')).toEqual([expect.stringContaining(sender)])
  })

  test.each([
    [`-s ${app} -d ${db} -p tcp -m tcp --dport 5432`, `, for example from app (${app}) to db (${db}).`],
    [`-d ${db} -i pt-web -s ${free[0]}`, `, for example to db (${db}).`],
    [`-s ${db} -o eth0`, `, for example those of db (${db}).`],
    [`-s ${free[0]} -o eth0`, `Some packets from network web cannot reach the outside over ${version}.`],
  ])('by name, where it is the one of a service: a drop for %s', async (match, words) => {
    const seen = await lookWith(family, `-A FORWARD ${match} -j DROP`)
    const ofNetwork = seen.conflicts.filter(({ network }) => network !== null)
    expect(ofNetwork.map(({ message }) => message)).toEqual([expect.stringContaining(words)])
  })

  test('and of a pair of them: a drop between two is told', async () => {
    const seen = await lookWith(family, `-A FORWARD -s ${free[1]} -d ${free[0]} -j DROP`)
    expect(culprits(seen, 'NetworkDropped')).toHaveLength(1)
  })

  test('of what the host sends: a drop for one address is told', async () => {
    const seen = await lookWith(family, `-A OUTPUT -d ${free[1]} -j DROP`)
    expect(culprits(seen, 'NetworkDropped')).toHaveLength(1)
  })

  test('of what goes out: a drop of one sender is told', async () => {
    const seen = await lookWith(family, `-A FORWARD -s ${free[1]} -o eth0 -j DROP`)
    expect(culprits(seen, 'EgressDropped')).toHaveLength(1)
  })

  test('but for packets of an address to itself, which no bridge sees', async () => {
    const seen = await lookWith(family, `-A FORWARD -s ${db} -d ${db} -j DROP`)
    expect(seen.told).toEqual([])
  })
})

describe('every row holds all ports that a client may send from', () => {
  const rules = ['1:1023', '1024:32767', '61000:65535', '65535', '80', '8080', '5432']

  test.each(rules)('clients of other machines: ports %s', async (ports) => {
    const seen = await lookWith('ip', `-A FORWARD -i eth0 -p tcp -m tcp --sport ${ports} -j DROP`)
    expect(seen.told).toContain('warning ForwardDropped 0.0.0.0:8080/tcp by iptables-nft filter FORWARD 1')
  })

  test.each(rules)('clients on the host, of a mapping and of a network: ports %s', async (ports) => {
    const seen = await lookWith('ip', `-A OUTPUT -p tcp -m tcp --sport ${ports} -j DROP`)
    expect(seen.told).toEqual([
      'warning OutputDropped 0.0.0.0:8080/tcp by iptables-nft filter OUTPUT 1',
      'warning NetworkDropped network web by iptables-nft filter OUTPUT 1',
    ])
  })

  test.each(rules)('containers, on the bridge and to the outside: ports %s', async (ports) => {
    const seen = await lookWith(
      'ip',
      `-A FORWARD -i pt-web -p udp -m udp --sport ${ports} -m conntrack --ctdir ORIGINAL -j DROP`,
    )
    expect(seen.told).toEqual([
      'warning EgressDropped network web by iptables-nft filter FORWARD 1',
      'warning NetworkDropped network web by iptables-nft filter FORWARD 1',
    ])
  })

  test.each(rules)('of IPv6 as well: ports %s', async (ports) => {
    const seen = await lookWith('ip6', `-A FORWARD -i eth0 -p tcp -m tcp --sport ${ports} -j DROP`)
    expect(seen.told).toContain('warning ForwardDropped [::]:8080/tcp by iptables-nft filter FORWARD 1')
  })

  test('where none of the ports that the kernel gives to clients is served, that is an error', async () => {
    const seen = await lookWith('ip', '-A FORWARD -i eth0 -p tcp -m tcp --sport 32768:60999 -j DROP')
    expect(seen.told).toContain('error ForwardDropped 0.0.0.0:8080/tcp by iptables-nft filter FORWARD 1')
  })

  test('of a network, what is dropped of one protocol is dropped of some', async () => {
    const seen = await lookWith('ip', '-A FORWARD -i pt-web ! -o pt-web -p tcp -j DROP')
    const ofNetwork = ({ conflicts }: Seen): readonly string[] =>
      conflicts.filter(({ network }) => network !== null).map(({ message }) => message)
    expect(ofNetwork(seen)).toEqual([expect.stringMatching(/^Some packets from network web /)])
    const both = await lookWith('ip', '-A FORWARD -i pt-web ! -o pt-web -j DROP')
    expect(ofNetwork(both)).toEqual([expect.stringMatching(/^Network web cannot reach the outside/)])
  })

  test('where only port 22 and those below are served, too', async () => {
    const seen = await lookWith('ip', '-A FORWARD -i eth0 -p tcp -m tcp ! --sport 1:22 -j DROP')
    expect(seen.told).toContain('error ForwardDropped 0.0.0.0:8080/tcp by iptables-nft filter FORWARD 1')
  })
})

/** So many rules that accept packets from one address of the subnet to a port of another address. */
const accepts = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, at) =>
      `-A FORWARD -s 172.17.${at >> 7}.${1 + (at & 127)} -d 172.17.${at % 200}.2 -p tcp -m tcp --dport ${1000 + at} -j ACCEPT`,
  )

/** So many rules that drop such packets. */
const drops = (count: number): readonly string[] =>
  accepts(count).map((rule) => rule.replace('ACCEPT', 'DROP'))

describe('nothing is left out in silence', () => {
  test.each([0, 20, 40])('of 41 rules, number %i cuts a container off from its network', async (at) => {
    const cut = `-A FORWARD -s ${ip.app} -i pt-web -o pt-web -j DROP`
    const seen = await lookWith('ip', ...accepts(40).toSpliced(at, 0, cut))
    expect(culprits(seen, 'NetworkDropped')).toEqual([expect.stringContaining(ip.app)])
    expect(seen.plan.incomplete).toEqual([])
  })

  test('rules that tell too many kinds of packets apart: what was not looked at is told, in words and in JSON', async () => {
    const seen = await lookWith('ip', ...drops(500))
    const left = {
      mapping: null,
      network: 'web',
      what: 'packets of containers of network web for containers of network web (TCP, IPv4)',
      why: expect.stringMatching(/^The rules tell more than 256 kinds of these packets apart\. /),
    }
    expect(seen.plan.incomplete).toEqual([left])
    expect(fromJson<{ readonly incomplete: unknown }>(JSON.stringify(seen.plan)).incomplete).toEqual([left])
    expect(String(seen.plan)).toMatch(
      /^Not searched for conflicts\n {2}network web: packets of containers of network web for /m,
    )
  })

  test('and what one rule drops among them is found all the same', async () => {
    const drop = '-A POSTROUTING -s 172.17.250.9 -d 172.17.251.9 -p tcp -m tcp --dport 4444 -j DROP'
    const seen = await look({ facts: bridged, intent, saved: `${mangle(drop)}${filter(...drops(500))}` })
    expectTrue(seen)
    expect(seen.plan.incomplete).toHaveLength(1)
    expect(culprits(seen, 'NetworkDropped')).toContainEqual(expect.stringContaining('172.17.251.9'))
  })

  test('also where it drops the answer', async () => {
    const drop = '-A POSTROUTING -s 172.17.250.9 -d 172.17.251.9 -p tcp -m tcp --sport 4444 -j DROP'
    const seen = await look({ facts: bridged, intent, saved: `${mangle(drop)}${filter(...drops(500))}` })
    expectTrue(seen)
    expect(culprits(seen, 'NetworkDropped')).toContainEqual(expect.stringContaining('172.17.251.9'))
  })

  test('a plan that leaves nothing out has no such key', async () => {
    const seen = await lookWith('ip', ...accepts(3))
    expect(fromJson(JSON.stringify(seen.plan))).not.toHaveProperty('incomplete')
    expect(String(seen.plan)).not.toContain('Not searched')
  })

  test('a rule that computes with the bits of a source speaks for one packet only, and that is told', async () => {
    const seen = await lookWith(
      'ip',
      '-A FORWARD -s 198.51.0.9/255.255.0.255 -d 172.17.200.3 -i eth0 -j DROP',
    )
    expect(seen.plan.incomplete).toContainEqual({
      mapping: expect.stringContaining('8080'),
      network: null,
      what: expect.stringContaining('TCP packets of other machines behind eth0'),
      why: expect.stringContaining('computes with the bits'),
    })
  })
})

describe('machines behind the host', () => {
  const sides = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `cali${at}`, up: true, kind: 'veth' }))
  const routes = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      destination: `10.${at >> 8}.${at & 255}.7/32`,
      interface: `cali${at}`,
    }))
  const withSides = (count: number) => ({
    ...hostFacts,
    interfaces: [...(hostFacts.interfaces ?? []), ...sides(count)],
    routes: [...(hostFacts.routes ?? []), ...routes(count)],
  })

  test('is looked at by each of a hundred interfaces', async () => {
    const seen = await look({ facts: withSides(100), saved: filter('-A FORWARD -i cali99 -j DROP') })
    expect(seen.told).toContain('warning ForwardDropped 0.0.0.0:8080/tcp by iptables-nft filter FORWARD 1')
    expect(seen.plan.incomplete).toEqual([])
  })

  test('of more interfaces it is told which are not looked at', async () => {
    const { plan } = await look({ facts: withSides(140) })
    expect(plan.incomplete).toEqual([
      {
        mapping: null,
        network: null,
        what: 'IPv4 packets that come in by cali127 and 12 more interfaces',
        why: 'At most 128 interfaces without a default route are looked at.',
      },
    ])
  })

  const many = (gateway: (at: number) => string | null) => ({
    ...hostFacts,
    routes: [
      ...(hostFacts.routes ?? []),
      ...Array.from({ length: 30_000 }, (_, at) => ({
        destination: `20.${at >> 8}.${at & 255}.0/24`,
        interface: gateway(at) === null ? 'eth1' : 'eth0',
        gateway: gateway(at) ?? '203.0.113.1',
      })),
    ],
  })

  test('is known of more than 20,000 routes that lead a few ways', async () => {
    const behindEth1 = (at: number) => (at < 15_000 ? '192.0.2.1' : null)
    const facts = many(behindEth1)
    const seen = await look({ facts, saved: filter('-A FORWARD -i eth1 -s 20.64.0.0/10 -j DROP') })
    expect(seen.told).toContain('warning ForwardDropped 0.0.0.0:8080/tcp by iptables-nft filter FORWARD 1')
    const other = await look({ facts, saved: filter('-A FORWARD -i eth1 -s 20.0.0.0/11 -j DROP') })
    expect(other.told).toEqual([])
    expect([seen, other].flatMap(({ plan }) => plan.incomplete)).toEqual([])
  })

  test('is told not to be known where routes lead another way too often', async () => {
    const { plan } = await look({ facts: many((at) => (at % 2 === 0 ? '192.0.2.1' : null)) })
    expect(plan.incomplete.map(({ why }) => why)).toEqual([
      'The routes split the addresses into more than 20000 ranges. One route was looked at for all.',
    ])
  })

  test.each([
    ['IPv4', '0.0.0.0:8080', '192.0.2.0/24', 'saved'],
    ['IPv6', '[::]:8080', '2001:db8::/64', 'saved6'],
  ] as const)('no error is about %s clients that the host has no route to', async (_, port, near, from) => {
    const facts = { ...hostFacts, routes: [{ destination: '203.0.113.0/24', interface: 'eth1' }] }
    const far = from === 'saved' ? '198.51.100.0/24' : '2001:db8:9::/64'
    const ports = `{target: 80, published: "8080", x-portolan: {allow_from: [${near}, ${far}]}}`
    const seen = await look({
      facts,
      intent: intent.replace('"8080:80"', ports.replace(`${near}, `, '')),
      [from]: filter(`-A FORWARD -i eth0 ! -s ${near} -j DROP`),
    })
    expect(seen.told.filter((line) => line.includes(port))).toEqual([])
    const both = await look({ facts, intent, [from]: filter(`-A FORWARD -i eth0 -s ${near} -j DROP`) })
    expect(both.told).toContainEqual(expect.stringContaining(port))
  })
})
