import { describe, expect, test } from '@jest/globals'
import { emptyLeases, leaseState, listLeases, type Resolution, resolve } from '@portolan/core'
import { addresses, compose, onWeb, settle, subnets } from './settle.ts'

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
