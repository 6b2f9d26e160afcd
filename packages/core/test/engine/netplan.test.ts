import { describe, expect, test } from '@jest/globals'
import { parseNetplan } from '../../src/engine/netplan.ts'

const file = '/etc/netplan/50-lan.yaml'

describe('parseNetplan', () => {
  test('addresses and routes of every kind of interface', () => {
    const text = `network:
  version: 2
  renderer: networkd
  ethernets:
    eno1:
      dhcp4: no
      addresses: [10.1.1.10/24, "fd00:1::10/64"]
      routes:
        - {to: default, via: 10.1.1.1}
        - to: 10.64.0.0/10
          via: 10.1.1.254
        - to: 10.99.0.0/16
          type: blackhole
      nameservers:
        addresses: [10.1.1.50]
    eno2:
      dhcp4: true
  bridges:
    br0:
      interfaces: [eno1]
      addresses:
        - 172.19.0.1/16:
            label: containers
            lifetime: 0
  tunnels:
    wg0:
      mode: wireguard
      addresses: [10.8.0.2/24]
`
    expect(parseNetplan(text, file)).toEqual({
      networks: [
        {
          engine: 'netplan',
          name: 'eno1',
          subnets: ['10.1.1.0/24', 'fd00:1::/64', '10.64.0.0/10'],
          bridge: 'eno1',
          file,
        },
        { engine: 'netplan', name: 'br0', subnets: ['172.19.0.0/16'], bridge: 'br0', file },
        { engine: 'netplan', name: 'wg0', subnets: ['10.8.0.0/24'], bridge: 'wg0', file },
      ],
      pools: [],
      complaints: [],
    })
  })
  test('with match the key is no interface, unless set-name makes it one', () => {
    const device = (more: string) =>
      parseNetplan(
        `network: {ethernets: {lan: {match: {macaddress: "08:00:27:bb:bb:0d"}, addresses: [10.1.0.1/24]${more}}}}`,
        file,
      ).networks[0]?.bridge
    expect([device(''), device(', set-name: eth0')]).toEqual([undefined, 'eth0'])
  })
  test.each([
    '',
    'network:',
    'network: {version: 2}',
    'network: {ethernets: {eth0: {}}}',
    '- a',
    'network: 7',
  ])('%j defines nothing', (text) => {
    expect(parseNetplan(text, file)).toEqual({ networks: [], pools: [], complaints: [] })
  })
  test('what is no YAML is complained of with its line', () => {
    const { networks, complaints } = parseNetplan('network:\n  ethernets: [\n', file)
    expect(networks).toEqual([])
    expect(complaints).toEqual([
      expect.stringMatching(/^\/etc\/netplan\/50-lan\.yaml could not be understood: line \d+:\d+: /),
    ])
  })
  test('an address that is none is complained of, and hides nothing else', () => {
    const { networks, complaints } = parseNetplan(
      'network: {ethernets: {eth0: {addresses: [10.1.0.1/24, ten]}}}',
      file,
    )
    expect(networks[0]?.subnets).toEqual(['10.1.0.0/24'])
    expect(complaints).toEqual([expect.stringMatching(/eth0\.addresses: expected a subnet .* found "ten"/)])
  })
})
