import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { fromJson } from '../../../../test/from-json.ts'
import {
  commitLeases,
  diffLinks,
  emptyLeases,
  type LeaseState,
  leasedSubnets,
  parseLease,
  type Resolution,
  readCompose,
  resolve,
} from '../../src/index.ts'
import { host, lan, planned, read, texts } from './planned-parented.ts'

describe('a network of macvlan on a parent', () => {
  test('has no bridge, no rule and no conflict with the route to the network that the parent is on', () => {
    const { desired, conflicts, notes } = planned(lan())
    expect(desired.networks).toEqual([])
    expect(desired.endpoints).toEqual([])
    expect(desired.parented).toEqual([
      expect.objectContaining({
        name: 'lan',
        driver: { kind: 'macvlan', mode: 'bridge' },
        parent: 'eth1',
        ip: { subnet: '192.0.2.0/24', gateway: '192.0.2.254' },
        ip6: null,
      }),
    ])
    expect(conflicts).toEqual([])
    expect(diffLinks(desired, host)).toEqual([])
    expect(texts({ notes })).toContain('192.0.2.0/24 of network lan is the network that eth1 itself is on')
    expect(texts({ notes })).toContain(
      'This host and the containers of network lan do not reach one another over eth1',
    )
  })

  test.each([
    ['ipv4_address: 192.0.2.2', 'eth1'],
    ['ipv4_address: 192.0.2.99', 'eth7'],
    ['ipv6_address: "2001:db8::0:2"', 'eth7'],
  ])('refuses %s, which an interface of the host has', (asked, holder) => {
    const interfaces = [
      ...(host.interfaces ?? []),
      { name: 'eth7', addresses: ['192.0.2.99/24', '2001:db8::2/64'] },
    ]
    const networks = `{lan: {driver: macvlan, enable_ipv6: true, driver_opts: {parent: eth1},
      ipam: {config: [{subnet: 192.0.2.0/24}, {subnet: "2001:db8::/64"}]}}}`
    const services = `{web: {networks: {lan: {${asked}}}}}`
    expect(() => planned(networks, services, { ...host, interfaces })).toThrow(
      `and ${holder} of this host has that address: expected another address`,
    )
  })

  test('gives addresses beside those of the host, of its resolver, its router and its neighbours', () => {
    const services = '{a: {networks: [lan]}, b: {networks: [lan]}, c: {networks: [lan]}}'
    const { desired } = planned(lan(), services)
    expect(desired.parented?.[0]?.endpoints.map(({ ip }) => ip)).toEqual([
      '192.0.2.1',
      '192.0.2.3',
      '192.0.2.6',
    ])
    const ranged = planned(lan(', ip_range: 192.0.2.248/29'), services)
    expect(ranged.desired.parented?.[0]?.endpoints.map(({ ip }) => ip)).toEqual([
      '192.0.2.248',
      '192.0.2.249',
      '192.0.2.250',
    ])
    expect(texts(planned(lan()))).toContain('Another machine there may have one of them')
    expect(texts(ranged)).not.toContain('Another machine there may have one of them')
  })

  test('takes the gateway of the file, and none that is the host itself', () => {
    expect(planned(lan(', gateway: 192.0.2.9')).desired.parented?.[0]?.ip?.gateway).toBe('192.0.2.9')
    const alone = { ...host, routes: [], interfaces: [{ name: 'eth1', addresses: ['192.0.2.1/24'] }] }
    const { desired, notes } = planned(lan(), undefined, alone)
    expect(desired.parented?.[0]?.ip?.gateway).toBeNull()
    expect(texts({ notes })).toContain('Network lan has no gateway')
  })

  test('that is internal has no gateway', () => {
    const { desired } = planned(
      '{lan: {driver: macvlan, internal: true, driver_opts: {parent: eth1}, ipam: {config: [{subnet: 192.0.2.0/24}]}}}',
    )
    expect(desired.parented?.[0]?.ip?.gateway).toBeNull()
  })

  test('without a subnet gets one that nothing on the host has, which the plan says', () => {
    const { desired, subnets, notes } = planned('{lan: {driver: macvlan, driver_opts: {parent: eth1}}}')
    expect(subnets).toEqual([
      expect.objectContaining({ network: 'lan', subnet: '172.17.0.0/16', origin: 'picked' }),
    ])
    expect(desired.parented?.[0]?.endpoints[0]?.ip).toBe('172.17.0.1')
    expect(texts({ notes })).toContain('no machine on eth1 knows it')
  })

  test('keeps bridges of the project off its subnet', () => {
    const { subnets } = planned(
      '{lan: {driver: macvlan, driver_opts: {parent: eth0}, ipam: {config: [{subnet: 172.17.0.0/16}]}}, web: }',
      '{a: {networks: [lan, web]}}',
    )
    expect(subnets.map(({ network, subnet }) => [network, subnet])).toEqual([
      ['web', '10.0.0.0/16'],
      ['lan', '172.17.0.0/16'],
    ])
  })

  test('two projects on one parent have the same subnet and different addresses', () => {
    const first = planned(lan())
    const kept = first.leases.changes.flatMap(({ after }) => (after === null ? [] : [after]))
    expect(kept).toEqual([
      expect.objectContaining({
        kind: 'subnet',
        subnet: '192.0.2.0/24',
        parented: {
          driver: { kind: 'macvlan', mode: 'bridge' },
          parent: 'eth1',
          mtu: null,
          router: '192.0.2.254',
          ipRange: null,
        },
      }),
      expect.objectContaining({
        kind: 'address',
        address: '192.0.2.1',
        on: { project: null, network: 'eth1' },
      }),
    ])
    for (const lease of kept) expect(parseLease(fromJson(JSON.stringify(lease)))).toEqual(lease)
    const leases = commitLeases(emptyLeases, first.leases).state
    const again = resolve(read(lan()), host, { leases })
    expect(again.leases.changes).toEqual([])
    const other = { ...read(lan()), project: 'other' }
    const second = resolve(other, host, { leases })
    expect(second.conflicts).toEqual([])
    expect(second.desired.parented?.[0]).toMatchObject({
      ip: { subnet: '192.0.2.0/24' },
      endpoints: [{ ip: '192.0.2.3' }],
    })
    // A bridge cannot have that subnet.
    const bridge = readCompose(
      '{name: third, services: {web: {}}, networks: {default: {ipam: {config: [{subnet: 192.0.2.0/24}]}}}}',
      { source: 'compose.yaml' },
    )
    expect(resolve(bridge, host, { leases }).conflicts.map(({ kind }) => kind)).toContain('SubnetOverlap')
  })

  test('a network that gets a bridge leaves the subnet of the wire, and one that loses it takes that', () => {
    const on = (networks: string, leases: LeaseState): Resolution => resolve(read(networks), host, { leases })
    const onWire = commitLeases(emptyLeases, planned(lan()).leases).state
    const bridged = on('{lan: }', onWire)
    expect(bridged.conflicts).toEqual([])
    expect(bridged.subnets[0]).toMatchObject({ subnet: '172.17.0.0/16', origin: 'picked' })
    const before = commitLeases(onWire, bridged.leases).state
    expect(leasedSubnets(before)).toEqual([expect.not.objectContaining({ parented: expect.anything() })])
    const back = on(lan(), before)
    expect(back.subnets[0]).toMatchObject({ subnet: '192.0.2.0/24' })
    expect(back.desired.parented?.[0]?.endpoints[0]?.ip).toBe('192.0.2.1')
  })

  test.each([
    ['a driver that there is not', { driver: { kind: 'bridge', mode: 'bridge' } }],
    ['a mode that there is not', { driver: { kind: 'macvlan', mode: 'l2' } }],
    ['a router that is no address', { router: 'router' }],
  ])('a lease of %s is refused', (_, change) => {
    const [{ after } = { after: null }] = planned(lan()).leases.changes
    if (after?.kind !== 'subnet') throw new Error('the first lease is not that of the subnet')
    expect(parseLease(after)).toEqual(after)
    expect(parseLease({ ...after, parented: { ...after.parented, ...change } })).toBeNull()
  })

  test.each([
    ['that is not there', lan('', 'parent: eth7'), 'its parent eth7 is not on this host', 'eth0, eth1'],
    ['that is a VLAN on what is not there', lan('', 'parent: eth7.5'), 'neither is eth7', 'eth0, eth1'],
    ['with VLAN 4095', lan('', 'parent: eth1.4095'), 'is not on this host', 'from 1 to 4094'],
  ])('a parent %s is a conflict', (_, networks, message, remedy) => {
    const { conflicts } = planned(networks)
    expect(conflicts).toEqual([
      expect.objectContaining({
        kind: 'ParentUnusable',
        severity: 'error',
        network: 'lan',
        message: expect.stringContaining(message),
        remedy: expect.objectContaining({ text: expect.stringContaining(remedy) }),
      }),
    ])
  })

  test('a parent that is a port of a bridge, or down, is told', () => {
    const changed = (change: object): HostFacts => ({
      ...host,
      interfaces: (host.interfaces ?? []).map((link) =>
        link.name === 'eth1' ? { ...link, ...change } : link,
      ),
    })
    expect(planned(lan(), undefined, changed({ master: 'br0' })).conflicts).toEqual([
      expect.objectContaining({
        kind: 'ParentUnusable',
        message: expect.stringContaining('is a port of br0, so the kernel allows it no macvlan'),
      }),
    ])
    expect(planned(lan(), undefined, changed({ up: false })).conflicts).toEqual([
      expect.objectContaining({ kind: 'ParentDown', severity: 'warning' }),
    ])
  })

  test('facts that name no interfaces say nothing of a parent', () => {
    expect(planned(lan(), undefined, {}).conflicts).toEqual([])
  })
})
