import { describe, expect, test } from '@jest/globals'
import type { HostFacts, InterfaceFact } from '@portolan/netfilter'
import { outwardInterfaces } from '../../src/contract/index.ts'

const eth0: InterfaceFact = { name: 'eth0', kind: 'ether', addresses: ['192.0.2.2/24'] }
const docker0: InterfaceFact = { name: 'docker0', kind: 'bridge', addresses: ['172.18.0.1/16'] }
const lan: InterfaceFact = { name: 'br-lan', kind: 'bridge' }
/** A port of a bridge, or a part of a bond or a VRF. */
const partOf = (master: string, name: string, kind: string): InterfaceFact => ({ name, kind, master })
const ours: InterfaceFact = { name: 'br-web', kind: 'bridge', alias: 'portolan project=shop network=web' }

describe('the interfaces by which containers leave', () => {
  test.each<[string, HostFacts, readonly string[] | null]>([
    ['are the wires', { interfaces: [eth0, { name: 'wg0', kind: 'wireguard' }] }, ['eth0', 'wg0']],
    ['are those that are down as well', { interfaces: [{ ...eth0, up: false }] }, ['eth0']],
    ['are no bridges of other engines', { interfaces: [eth0, docker0] }, ['eth0']],
    [
      'are no bridges with containers or guests alone',
      {
        interfaces: [
          eth0,
          { name: 'br-vm', kind: 'bridge' },
          partOf('br-vm', 'vnet0', 'tun'),
          partOf('br-vm', 'veth1', 'veth'),
        ],
      },
      ['eth0'],
    ],
    [
      'are bridges with a wire as a port, and not that port',
      { interfaces: [lan, partOf('br-lan', 'eth1', 'ether')] },
      ['br-lan'],
    ],
    [
      'are bridges that hold a default route',
      { interfaces: [docker0, lan], routes: [{ destination: 'default', interface: 'br-lan' }] },
      ['br-lan'],
    ],
    [
      'are bridges that hold half of a default route',
      { interfaces: [docker0], routes: [{ destination: '128.0.0.0/1', interface: 'docker0' }] },
      ['docker0'],
    ],
    [
      'are no bridges that hold a default route to nowhere',
      {
        interfaces: [eth0, docker0],
        routes: [{ destination: 'default', interface: 'docker0', type: 'prohibit' }],
      },
      ['eth0'],
    ],
    [
      'are bonds, and not what they are made of',
      { interfaces: [{ name: 'bond0', kind: 'bond' }, partOf('bond0', 'eth1', 'ether')] },
      ['bond0'],
    ],
    [
      'are members of a VRF',
      { interfaces: [{ name: 'red', kind: 'vrf' }, partOf('red', 'eth0', 'ether')] },
      ['eth0', 'red'],
    ],
    [
      'are pairs with neighbours, and not the ends of containers',
      {
        interfaces: [
          { name: 'uplink', kind: 'veth', addresses: ['192.0.2.2/24'] },
          { name: 'uplink6', kind: 'veth', addresses: ['2001:db8::2/64'] },
          { name: 'cali0123456789a', kind: 'veth', addresses: ['fe80::ecee:eeff:feee:eeee/64'] },
          { name: 'veth1', kind: 'veth', addresses: ['10.1.1.1/32', 'fd00::1/128'] },
          { name: 'veth2', kind: 'veth' },
        ],
      },
      ['uplink', 'uplink6'],
    ],
    ['are no dummies', { interfaces: [eth0, { name: 'dummy0', kind: 'dummy' }] }, ['eth0']],
    [
      'are those that only a route names, unless their name is one of an engine',
      {
        routes: [
          { destination: '10.0.0.0/8', interface: 'wg0' },
          { destination: '100.64.0.0/10', interface: 'tailscale0' },
          { destination: '172.17.0.0/16', interface: 'docker0' },
        ],
      },
      ['tailscale0', 'wg0'],
    ],
    ['are none where engines have all', { interfaces: [docker0] }, []],
    ['are not known without facts', {}, null],
    [
      'are not known from our own bridges',
      { interfaces: [{ name: 'lo' }, ours, partOf('br-web', 'v1', 'veth')] },
      null,
    ],
    ['are none of ours', { interfaces: [ours, eth0] }, ['eth0']],
  ])('%s', (_, facts, expected) => {
    expect(outwardInterfaces(facts)).toEqual(expected)
  })
})
