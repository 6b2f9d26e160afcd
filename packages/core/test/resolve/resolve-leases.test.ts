import { describe, expect, test } from '@jest/globals'
import {
  bridgeAlias,
  commitLeases,
  emptyLeases,
  endpointAlias,
  type LeaseState,
  leaseState,
  listLeases,
  type Resolution,
  type ResolveOptions,
  readCompose,
  resolve,
} from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'

const compose = (services: string, networks = 'web: {}', project = 'shop') =>
  readCompose(`name: ${project}\nnetworks:\n  ${networks}\nservices:\n${services}`, {
    source: 'compose.yaml',
  })

const onWeb = (...names: readonly string[]): string =>
  names.map((name) => `  ${name}: {networks: [web]}\n`).join('')

/** Resolves and commits, as apply does. */
const settle = (
  leases: LeaseState,
  intent: ReturnType<typeof compose>,
  facts: HostFacts = {},
  options: ResolveOptions = {},
): { readonly leases: LeaseState; readonly answer: Resolution } => {
  const answer = resolve(intent, facts, { ...options, leases })
  return { answer, leases: commitLeases(leases, answer.leases).state }
}

const addresses = ({ desired }: Resolution): Readonly<Record<string, string | null>> =>
  Object.fromEntries(desired.endpoints.map(({ service, ip }) => [service, ip]))

const subnets = ({ subnets: plans }: Resolution): readonly string[] =>
  plans.map(({ network, subnet, origin }) => `${network} ${subnet} ${origin}`)

describe('a plan on top of leases', () => {
  test('is the same plan again, and leases nothing more', () => {
    const intent = compose(
      `${onWeb('a', 'b')}  c: {networks: [web], ports: ["80"]}\n`,
      'web: {enable_ipv6: true}',
    )
    const first = settle(emptyLeases, intent)
    const again = settle(first.leases, intent)
    expect(again.answer.desired).toEqual(first.answer.desired)
    expect(again.answer.leases.changes).toEqual([])
    expect(again.answer.leases.kept).toHaveLength(2 + 6 + 1)
    expect(listLeases(again.leases)).toEqual(listLeases(first.leases))
  })

  test('moves no endpoint when others come and go, in whatever order they are written', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('b', 'd', 'f')))
    const next = settle(leases, compose(onWeb('a', 'b', 'c', 'f')))
    expect(addresses(next.answer)).toEqual({
      b: '172.17.0.1',
      f: '172.17.0.3',
      a: '172.17.0.4',
      c: '172.17.0.5',
    })
    const back = settle(next.leases, compose(onWeb('d', 'f', 'e')))
    expect(addresses(back.answer)).toEqual({ d: '172.17.0.2', f: '172.17.0.3', e: '172.17.0.6' })
  })

  test('gives the last free address of a full subnet to an endpoint that comes as another goes, in one plan', () => {
    const tiny = 'web: {ipam: {config: [{subnet: 10.0.0.0/29}]}}'
    const { leases } = settle(emptyLeases, compose(onWeb('a', 'b', 'c', 'd', 'e'), tiny))
    expect(addresses(settle(leases, compose(onWeb('a', 'b', 'x', 'd', 'e'), tiny)).answer)).toMatchObject({
      x: '10.0.0.4',
      e: '10.0.0.6',
    })
  })

  test('gives one that returns its own address before a new one, written before it, gets that', () => {
    const tiny = 'web: {ipam: {config: [{subnet: 10.0.0.0/29}]}}'
    const full = settle(emptyLeases, compose(onWeb('a', 'b', 'c', 'd', 'e'), tiny))
    const { leases } = settle(full.leases, compose(onWeb('a', 'c', 'd', 'e'), tiny))
    expect(addresses(settle(leases, compose(onWeb('x', 'a', 'b', 'c', 'd'), tiny)).answer)).toEqual({
      x: '10.0.0.6',
      a: '10.0.0.2',
      b: '10.0.0.3',
      c: '10.0.0.4',
      d: '10.0.0.5',
    })
  })

  test('gives the old subnet of a renamed network to the next one', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('a')))
    const renamed = settle(leases, compose('  a: {networks: [front]}\n', 'front: {}'))
    expect(subnets(renamed.answer)).toEqual(['front 172.17.0.0/16 picked'])
    expect(listLeases(renamed.leases).map((lease) => lease.kind)).toEqual(['address', 'subnet'])
  })

  test('keeps a subnet although a better one came free, and avoids what other projects have', () => {
    const shop = settle(emptyLeases, compose(onWeb('a')))
    const bakery = settle(shop.leases, compose(onWeb('a'), 'web: {}', 'bakery'))
    expect(subnets(bakery.answer)).toEqual(['web 10.0.0.0/16 picked'])
    expect(bakery.answer.subnets[0]?.rejected[0]).toMatchObject({ kind: 'lease', overlaps: '172.17.0.0/16' })
    const onlyBakery = leaseState(
      listLeases(bakery.leases).filter((lease) => lease.kind === 'subnet' && lease.project === 'bakery'),
    )
    expect(subnets(settle(onlyBakery, compose(onWeb('a'), 'web: {}', 'bakery')).answer)).toEqual([
      'web 10.0.0.0/16 held',
    ])
  })

  test('takes a static address from the endpoint that was given it before, and says so', () => {
    const fixed = 'web: {ipam: {config: [{subnet: 10.0.0.0/24}]}}'
    const { leases } = settle(emptyLeases, compose(onWeb('a', 'b'), fixed))
    const named = compose(`${onWeb('a', 'b')}  c: {networks: {web: {ipv4_address: 10.0.0.2}}}\n`, fixed)
    const { answer } = settle(leases, named)
    expect(addresses(answer)).toEqual({ a: '10.0.0.4', b: '10.0.0.3', c: '10.0.0.2' })
    expect(answer.notes.map(({ text }) => text)).toEqual([
      'a had 10.0.0.2 on network web and gets another address, because c asks for 10.0.0.2 by name.',
    ])
  })

  test('refuses one static address asked for twice', () => {
    const twice = ['a', 'b']
      .map((name) => `  ${name}: {networks: {web: {ipv4_address: 10.0.0.9}}}\n`)
      .join('')
    const intent = () => compose(twice, 'web: {ipam: {config: [{subnet: 10.0.0.0/24}]}}')
    expect(() => resolve(intent(), {})).toThrow(expect.objectContaining({ code: 'INTENT' }))
  })

  test('forgets the addresses of a network whose subnet was changed in the file', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('a', 'b')))
    const moved = settle(leases, compose(onWeb('a', 'b'), 'web: {ipam: {config: [{subnet: 10.9.0.0/24}]}}'))
    expect(addresses(moved.answer)).toEqual({ a: '10.9.0.2', b: '10.9.0.3' })
    expect(listLeases(moved.leases)).toHaveLength(3)
  })
})

describe('an automatic host port', () => {
  const ports = (answer: Resolution): readonly string[] =>
    answer.desired.mappings.filter(({ family }) => family === 'ip').map(({ label }) => label)
  const publishing = (...services: readonly string[]): string =>
    services.map((service) => `  ${service}: {networks: [web], ports: ["80"]}\n`).join('')

  test('stays with its mapping, and is one for both families', () => {
    const six = 'web: {enable_ipv6: true}'
    const first = settle(emptyLeases, compose(publishing('b', 'c'), six))
    const next = settle(first.leases, compose(publishing('a', 'c'), six))
    expect(next.answer.desired.mappings.map(({ hostPort }) => hostPort)).toEqual([32768, 32768, 32769, 32769])
    const after = settle(next.leases, compose(publishing('c'), six))
    expect(ports(after.answer)).toEqual(['0.0.0.0:32769/tcp -> c:80'])
  })

  test('comes from the ephemeral range, without what is reserved, listened on, published or leased', () => {
    const other = settle(emptyLeases, compose(publishing('x'), 'web: {}', 'bakery'), {
      sysctls: { 'net.ipv4.ip_local_port_range': '40000 40009' },
    })
    const { answer } = settle(
      other.leases,
      compose(`${publishing('a')}  b: {networks: [web], ports: ["40001:1"]}\n`),
      {
        sysctls: {
          'net.ipv4.ip_local_port_range': '40000\t40009',
          'net.ipv4.ip_local_reserved_ports': '40002-40003',
        },
        sockets: [{ protocol: 'tcp', address: '127.0.0.1', port: 40004 }],
      },
    )
    expect(ports(answer)).toEqual(['0.0.0.0:40005/tcp -> a:80', '0.0.0.0:40001/tcp -> b:1'])
  })

  test('that a program came to listen on is a conflict, not another port', () => {
    const intent = compose(publishing('a'))
    const { leases } = settle(emptyLeases, intent)
    const { answer } = settle(leases, intent, {
      sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 32768 }],
    })
    expect(ports(answer)).toEqual(['0.0.0.0:32768/tcp -> a:80'])
    expect(answer.conflicts.map(({ kind }) => kind)).toEqual(['HostPortTaken'])
  })

  test('makes way for a mapping of the same project that names it', () => {
    const { leases } = settle(emptyLeases, compose(publishing('a')))
    const { answer } = settle(
      leases,
      compose(`${publishing('a')}  b: {networks: [web], ports: ["32768:1"]}\n`),
    )
    expect(ports(answer)).toEqual(['0.0.0.0:32769/tcp -> a:80', '0.0.0.0:32768/tcp -> b:1'])
    expect(answer.conflicts).toEqual([])
  })
})

describe('a network that collides with the host', () => {
  const intent = compose(onWeb('a'))
  const vpn: HostFacts = { routes: [{ destination: '172.16.0.0/12', interface: 'wg0', table: 51820 }] }

  test('stays where it is, and the conflict names the way out', () => {
    const { leases } = settle(emptyLeases, intent)
    const { answer } = settle(leases, intent, vpn)
    expect(subnets(answer)).toEqual(['web 172.17.0.0/16 held'])
    expect(answer.conflicts).toMatchObject([
      { kind: 'SubnetOverlap', severity: 'error', remedy: { commands: ['portolan move web'] } },
    ])
  })

  test('is renumbered by a move, and stays there', () => {
    const { leases } = settle(emptyLeases, intent)
    const moved = settle(leases, intent, vpn, { move: ['web'] })
    expect([subnets(moved.answer), addresses(moved.answer), moved.answer.conflicts]).toEqual([
      ['web 10.0.0.0/16 picked'],
      { a: '10.0.0.1' },
      [],
    ])
    expect(subnets(settle(moved.leases, intent).answer)).toEqual(['web 10.0.0.0/16 held'])
    expect(listLeases(moved.leases)).toHaveLength(2)
  })

  test('keeps the subnet and the addresses of the family that collides with nothing, and needs no room for it', () => {
    const dual = compose(onWeb('a'), 'web: {enable_ipv6: true}')
    const blocks = {
      ...{ cluster: 'prod', pools: ['10.64.0.0/20:24', 'fd00:64::/56:64'], lost: [], join: 'join' },
      blocks: ['10.64.12.0/24', 'fd00:64:0:6c::/64'],
    }
    const before = settle(emptyLeases, dual, {}, { blocks })
    expect(subnets(before.answer)).toEqual(['web 10.64.12.0/24 picked', 'web fd00:64:0:6c::/64 picked'])
    const lost = {
      ...blocks,
      blocks: ['10.64.3.0/24', 'fd00:64:0:6c::/64'],
      lost: [{ block: '10.64.12.0/24', takenBy: 'web-2' }],
    }
    const moved = settle(before.leases, dual, {}, { blocks: lost, move: ['web'] })
    expect(subnets(moved.answer)).toEqual(['web 10.64.3.0/24 picked', 'web fd00:64:0:6c::/64 held'])
    const ip6 = ({ desired }: Resolution): readonly unknown[] => desired.endpoints.map((one) => one.ip6)
    expect(ip6(moved.answer)).toEqual(ip6(before.answer))
    expect(moved.answer.conflicts).toEqual([])
    // Without a collision the whole network moves.
    const room = { ...lost, blocks: [...lost.blocks, '10.64.4.0/24', 'fd00:64:0:6d::/64'] }
    const again = settle(moved.leases, dual, {}, { blocks: room, move: ['web'] })
    expect(subnets(again.answer)).toEqual(['web 10.64.4.0/24 picked', 'web fd00:64:0:6d::/64 picked'])
  })

  test('gets another subnet than its bridge has, leased or not', () => {
    const bridge: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['172.17.42.1/16'],
        },
      ],
    }
    expect(subnets(resolve(intent, bridge))).toEqual(['web 172.17.0.0/16 held'])
    expect(subnets(resolve(intent, bridge, { move: ['web'] }))).toEqual(['web 10.0.0.0/16 picked'])
  })

  test('finishes a move that was killed after the lease and before the bridge', () => {
    const bridge: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['172.17.42.1/16'],
        },
      ],
    }
    const first = settle(emptyLeases, intent, bridge)
    const killed = settle(first.leases, intent, bridge, { move: ['web'] })
    expect(subnets(settle(killed.leases, intent, bridge).answer)).toEqual(['web 10.0.0.0/16 held'])
  })

  test('keeps what its bridge has when a lease of another time says otherwise', () => {
    const { leases } = settle(emptyLeases, intent)
    const bridge: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['10.7.0.1/24'],
        },
      ],
    }
    const { answer, leases: after } = settle(leases, intent, bridge)
    expect([subnets(answer), addresses(answer)]).toEqual([['web 10.7.0.0/24 held'], { a: '10.7.0.2' }])
    expect(listLeases(after)).toHaveLength(2)
  })

  test.each([
    ['nowhere', 'web: {}', 'There is no network nowhere in project shop'],
    ['web', 'web: {ipam: {config: [{subnet: 10.0.0.0/24}]}}', 'has its subnet from the file'],
  ])('cannot be moved when it is %s with %s', (name, networks, text) => {
    expect(() => resolve(compose(onWeb('a'), networks), {}, { move: [name] })).toThrow(text)
  })
})

describe('an external network', () => {
  test('has one set of addresses, whichever project gives them out', () => {
    const facts: HostFacts = {
      interfaces: [
        {
          name: 'br-web',
          alias: bridgeAlias({ project: 'shop', network: 'web' }),
          addresses: ['172.17.42.1/16'],
        },
      ],
    }
    const shop = settle(emptyLeases, compose(onWeb('a', 'b')), facts)
    const guest = compose(onWeb('oven'), 'web: {external: true, name: shop_web}', 'bakery')
    const bakery = settle(shop.leases, guest, facts)
    expect(addresses(bakery.answer)).toEqual({ oven: '172.17.0.3' })
    expect(addresses(settle(bakery.leases, compose(onWeb('a', 'b', 'c')), facts).answer)).toEqual({
      a: '172.17.0.1',
      b: '172.17.0.2',
      c: '172.17.0.4',
    })
  })
})

describe('an endpoint with an interface', () => {
  const small = 'web: {ipam: {config: [{subnet: 10.1.0.0/29}]}}'
  const attached = (...names: readonly string[]): HostFacts => ({
    interfaces: names.map((endpoint) => ({
      name: `ve-${endpoint}`,
      alias: endpointAlias({ project: 'shop', network: 'web', endpoint }),
    })),
  })

  test('gives its address to no other endpoint, though the file no longer has it, until it is detached', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('a', 'b'), small))
    const without = settle(leases, compose(onWeb('a'), small), attached('a', 'b'))
    const filled = compose(onWeb('a', 'c', 'd', 'e', 'f'), small)
    expect(() => settle(without.leases, filled, attached('a', 'b'))).toThrow(/No address is left for f/)
    expect(addresses(settle(without.leases, filled, attached('a')).answer)).toMatchObject({ f: '10.1.0.3' })
  })

  test('keeps the address that the file took from it, and can have it back', () => {
    const fixed = (name: string, ip: string): string =>
      `  ${name}: {networks: {web: {ipv4_address: ${ip}}}}\n`
    const { leases } = settle(emptyLeases, compose(fixed('a', '10.1.0.2'), small))
    const moved = settle(leases, compose(fixed('a', '10.1.0.5'), small), attached('a'))
    const taker = compose(fixed('a', '10.1.0.5') + fixed('b', '10.1.0.2'), small)
    expect(() => settle(moved.leases, taker, attached('a'))).toThrow(
      /^compose\.yaml:\d+:\d+: 10\.1\.0\.2 of network web is on the interface of a, .* Detach it first \(portolan detach a\)/,
    )
    expect(addresses(settle(moved.leases, taker).answer)).toEqual({ a: '10.1.0.5', b: '10.1.0.2' })
    const back = settle(moved.leases, compose(fixed('a', '10.1.0.2'), small), attached('a'))
    expect(addresses(back.answer)).toEqual({ a: '10.1.0.2' })
  })

  test('keeps an address that the file gives to another endpoint in the same plan', () => {
    const { leases } = settle(emptyLeases, compose(onWeb('a'), small))
    const taker = compose(`${onWeb('a')}  b: {networks: {web: {ipv4_address: 10.1.0.2}}}\n`, small)
    expect(() => settle(leases, taker, attached('a'))).toThrow(/10\.1\.0\.2 .* is on the interface of a/)
    expect(addresses(settle(leases, taker).answer)).toMatchObject({ b: '10.1.0.2' })
  })
})
