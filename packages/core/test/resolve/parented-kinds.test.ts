import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { diffLinks } from '../../src/index.ts'
import { host, lan, planned, read, texts } from './planned-parented.ts'

describe('a parent that is a VLAN', () => {
  const vlan = lan('', 'parent: eth1.100')

  test('is made where it is not there, and says the project', () => {
    const { desired, conflicts } = planned(vlan)
    expect(conflicts).toEqual([])
    expect(diffLinks(desired, host).map(({ description, operation }) => [description, operation])).toEqual([
      [
        'Create eth1.100, VLAN 100 of eth1, for network lan.',
        {
          kind: 'create-vlan',
          name: 'eth1.100',
          parent: 'eth1',
          id: 100,
          alias: 'portolan project=shop link=vlan',
        },
      ],
    ])
  })

  const beside = (alias: string): HostFacts => ({
    ...host,
    interfaces: [...(host.interfaces ?? []), { name: 'eth1.100', kind: 'vlan', up: true, alias }],
  })

  test('stays as it is where it is there, and goes with the last network on it', () => {
    const { desired } = planned(vlan)
    expect(diffLinks(desired, beside(''))).toEqual([])
    expect(diffLinks(desired, beside('portolan project=shop link=vlan'))).toEqual([])
    const without = planned(lan()).desired
    expect(diffLinks(without, beside('portolan project=shop link=vlan'))).toEqual([
      expect.objectContaining({ action: 'remove', operation: { kind: 'delete-vlan', name: 'eth1.100' } }),
    ])
    expect(diffLinks(without, beside('portolan project=other link=vlan'))).toEqual([])
  })

  test('of another project is used, and the plan says what its removal does', () => {
    const { notes } = planned(vlan, undefined, beside('portolan project=other link=vlan'))
    expect(texts({ notes })).toContain('It goes when that project is destroyed')
  })
})

describe('a network of ipvlan', () => {
  const ipvlan = (opts: string): string =>
    `{lan: {driver: ipvlan, driver_opts: {parent: eth1${opts}}, ipam: {config: [{subnet: 192.0.2.0/24}]}}}`

  test('has its mode and flag, and the MAC address of its parent', () => {
    expect(planned(ipvlan('')).desired.parented?.[0]).toMatchObject({
      driver: { kind: 'ipvlan', mode: 'l2', flag: 'bridge' },
      endpoints: [{ mac: '02:00:00:00:00:01' }],
    })
    expect(read(ipvlan(', ipvlan_mode: l3s, ipvlan_flag: vepa')).parented?.[0]?.driver).toEqual({
      kind: 'ipvlan',
      mode: 'l3s',
      flag: 'vepa',
    })
  })

  test('beside macvlan on one parent is a conflict', () => {
    const { conflicts } = planned(
      '{a: {driver: ipvlan, driver_opts: {parent: eth0}}, b: {driver: macvlan, driver_opts: {parent: eth0}}}',
      '{web: {networks: [a, b]}}',
    )
    expect(conflicts.map(({ kind, network }) => [kind, network])).toEqual([
      ['ParentUnusable', 'a'],
      ['ParentUnusable', 'b'],
    ])
  })

  test('takes no MAC address of its own', () => {
    expect(() => planned(ipvlan(''), '{web: {networks: {lan: {mac_address: "02:00:00:00:00:09"}}}}')).toThrow(
      'where all have that of eth1 (ipvlan)',
    )
  })
})

describe('what a file says that cannot be', () => {
  test.each([
    [
      'a mode that there is not',
      lan('', 'parent: eth1, macvlan_mode: l2'),
      'expected one of bridge, vepa, private, passthru',
    ],
    ['loopback as parent', lan('', 'parent: lo'), 'lo leads to no wire'],
    ['a parent that is no name', lan('', 'parent: "eth 1"'), 'is no interface name'],
  ])('%s', (_, networks, message) => {
    expect(() => read(networks)).toThrow(message)
  })

  test('a second container in mode passthru', () => {
    expect(() =>
      planned(
        lan('', 'parent: eth1, macvlan_mode: passthru'),
        '{a: {networks: [lan]}, b: {networks: [lan]}}',
      ),
    ).toThrow('b is a second one')
  })

  test('ports of a service that is on such a network alone are named, and beside a bridge they are published there', () => {
    const alone = read(lan(), '{web: {networks: [lan], ports: ["8080:80"]}}')
    expect(alone.mappings).toEqual([])
    expect(texts(alone)).toContain('every port of a container is open already (lan)')
    const both = read(
      lan().replace('{lan:', '{web: , lan:'),
      '{web: {networks: [lan, web], ports: ["8080:80"]}}',
    )
    expect(both.mappings.map(({ network }) => network)).toEqual(['web'])
  })

  test('without a parent nothing is planned, and an option that has no effect is named', () => {
    const none = read('{lan: {driver: macvlan}}')
    expect(none.parented).toBeUndefined()
    expect(texts(none)).toContain('Name the interface that its containers share')
    expect(texts(read(lan('', 'parent: eth1, ipvlan_mode: l2')))).toContain('ipvlan_mode has no effect')
  })
})
