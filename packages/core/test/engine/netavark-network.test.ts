import { describe, expect, test } from '@jest/globals'
import { parseNetavarkNetwork } from '../../src/engine/netavark-network.ts'

const file = '/etc/containers/networks/web.json'
const web = {
  name: 'web',
  id: '2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9',
  driver: 'bridge',
  network_interface: 'podman1',
  created: '2024-03-01T10:00:00.000000000+01:00',
  subnets: [
    { subnet: '10.89.0.0/24', gateway: '10.89.0.1', lease_range: { start_ip: '10.89.0.10', end_ip: '' } },
    { subnet: 'fd0e:5a5f:1::/64', gateway: 'fd0e:5a5f:1::1' },
  ],
  ipv6_enabled: true,
  internal: false,
  dns_enabled: true,
  ipam_options: { driver: 'host-local' },
}

describe('parseNetavarkNetwork', () => {
  test('a network has its name, its bridge and the subnets of both families', () => {
    expect(parseNetavarkNetwork(JSON.stringify(web), file)).toEqual({
      networks: [
        {
          engine: 'podman',
          name: 'web',
          subnets: ['10.89.0.0/24', 'fd0e:5a5f:1::/64'],
          bridge: 'podman1',
          gateways: ['10.89.0.1', 'fd0e:5a5f:1::1'],
          file,
        },
      ],
      pools: [],
      complaints: [],
    })
  })
  test('what it hands out is told where that is not the whole subnet', () => {
    const range = { start_ip: '10.89.0.129', end_ip: '10.89.0.254' }
    const subnets = [
      { subnet: '10.89.0.0/24', lease_range: range },
      { subnet: '10.90.0.0/24', lease_range: {} },
    ]
    const [network] = parseNetavarkNetwork(JSON.stringify({ ...web, subnets }), file).networks
    expect(network?.ranges).toEqual(['10.89.0.129-10.89.0.254'])
  })
  test('the interface of a macvlan network is its parent, not a bridge of its own', () => {
    const [network] = parseNetavarkNetwork(JSON.stringify({ ...web, driver: 'macvlan' }), file).networks
    expect(network).not.toHaveProperty('bridge')
  })
  test('a network that the plugin of Portolan serves says which network of Portolan it is', () => {
    const [network] = parseNetavarkNetwork(JSON.stringify({ ...web, driver: 'portolan' }), file).networks
    expect(network).toMatchObject({ bridge: 'podman1', own: { project: 'podman', network: 'web' } })
  })
  test('a network whose addresses come from DHCP or nowhere has no subnet', () => {
    const { subnets: _, ...without } = web
    expect(parseNetavarkNetwork(JSON.stringify(without), file)).toEqual({
      networks: [],
      pools: [],
      complaints: [],
    })
  })
  test.each([
    [
      '{"name": "web", "subnets": [{"subnet": "10.89.0.0"',
      /web\.json could not be understood: it is not JSON/,
    ],
    ['{"subnets": "10.89.0.0/24"}', /subnets: expected a list/],
    ['{"subnets": [{"subnet": "ten"}]}', /web\.json: subnets\[0\]\.subnet: expected a subnet .* found "ten"/],
    ['{"subnets": [{}]}', /subnets\[0\]\.subnet: .* found nothing/],
  ])('%s is complained of', (text, complaint) => {
    const { networks, complaints } = parseNetavarkNetwork(text, file)
    expect(networks).toEqual([])
    expect(complaints).toEqual([expect.stringMatching(complaint)])
  })
})
