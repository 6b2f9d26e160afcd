import { describe, expect, test } from '@jest/globals'
import { parseNetworkdNetwork } from '../../src/engine/networkd-network.ts'

const file = '/etc/systemd/network/20-lan.network'
const subnetsOf = (text: string) =>
  parseNetworkdNetwork(text, file).networks.flatMap(({ subnets }) => subnets)

describe('parseNetworkdNetwork', () => {
  test('addresses of [Network] and [Address], destinations of [Route]', () => {
    const text = `# The office
[Match]
Name=br0

[Network]
Address=10.5.0.2/24
Address = fd00:5::2/64
Gateway=10.5.0.1
DNS=10.5.0.1

[Address]
Address=192.0.2.2/28
Label=extra

[Route]
Destination=10.128.0.0/9
Gateway=10.5.0.254
`
    expect(parseNetworkdNetwork(text, file)).toEqual({
      networks: [
        {
          engine: 'systemd-networkd',
          name: '20-lan.network',
          subnets: ['10.5.0.0/24', 'fd00:5::/64', '192.0.2.0/28', '10.128.0.0/9'],
          bridge: 'br0',
          file,
        },
      ],
      pools: [],
      complaints: [],
    })
  })
  test.each([
    [
      'any address of that size, as the files systemd ships have it',
      '[Network]\nAddress=0.0.0.0/28\nAddress=::/64',
    ],
    ['a default route', '[Route]\nDestination=0.0.0.0/0\nGateway=10.0.0.1'],
    ['a route that leads nowhere', '[Route]\nDestination=10.0.0.0/8\nType=blackhole'],
    ['an address that is taken back', '[Network]\nAddress=10.5.0.2/24\nAddress='],
    ['a comment', '[Network]\n#Address=10.5.0.2/24\n;Address=10.5.0.2/24'],
    ['DHCP', '[Match]\nName=en*\n[Network]\nDHCP=yes'],
    ['a file without content, which masks another', ''],
    ['another section', '[DHCPServer]\nAddress=10.5.0.2/24'],
  ])('%s defines nothing', (_, text) => {
    expect(parseNetworkdNetwork(text, file)).toEqual({ networks: [], pools: [], complaints: [] })
  })
  test('a file that is for several interfaces has none of its own', () => {
    for (const name of ['en*', 'eth0 eth1', '!lo'])
      expect(
        parseNetworkdNetwork(`[Match]\nName=${name}\n[Network]\nAddress=10.5.0.2/24`, file).networks[0],
      ).not.toHaveProperty('bridge')
  })
  test('lines may go on, and end as Windows ends them', () => {
    expect(subnetsOf('[Network]\r\nAddress=\\\r\n# why not\r\n 10.5.0.2/24\r\n')).toEqual(['10.5.0.0/24'])
  })
  test('an address without a length is itself alone', () => {
    expect(subnetsOf('[Network]\nAddress=192.0.2.7')).toEqual(['192.0.2.7/32'])
  })
  test('what is no address is complained of, and hides nothing else', () => {
    const { networks, complaints } = parseNetworkdNetwork('[Network]\nAddress=ten\nAddress=10.0.0.1/8', file)
    expect(networks[0]?.subnets).toEqual(['10.0.0.0/8'])
    expect(complaints).toEqual([
      '/etc/systemd/network/20-lan.network: [Network] Address=: expected a subnet such as 10.88.0.0/16, found "ten"; it is not avoided.',
    ])
  })
})
