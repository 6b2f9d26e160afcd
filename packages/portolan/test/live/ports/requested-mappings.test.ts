import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bridgeAlias, type DesiredNetwork } from '@portolan/core'
import { endpointIntent, networkIntent } from '@portolan/core/planning'
import { IPv4, IPv4CidrRange } from 'ip-num'
import { ownBridges } from '../../../src/live/networks/own-bridges.ts'
import type { PublishRequest } from '../../../src/live/ports/publish-request.ts'
import { requestedMappings } from '../../../src/live/ports/requested-mappings.ts'
import { openWantedState } from '../../../src/live/wanted/open-wanted-state.ts'
import { withEndpoint, withNetwork } from '../../../src/live/wanted/wanted-state.ts'

const network = (name: string, more: Partial<DesiredNetwork> = {}): DesiredNetwork => ({
  name,
  bridge: `br-${name}`,
  external: false,
  internal: false,
  icc: true,
  mtu: null,
  ip: { subnet: '10.1.0.0/24', gateway: '10.1.0.1', mode: 'nat', masquerade: true },
  ip6: { subnet: 'fd00:1::/64', gateway: 'fd00:1::1', mode: 'nat', masquerade: true },
  ...more,
})

const bridges = ownBridges({
  interfaces: [
    {
      name: 'br-web',
      alias: bridgeAlias({ project: 'shop', network: 'web' }),
      addresses: ['10.1.0.1/24', 'fd00:1::1/64'],
    },
    {
      name: 'br-other',
      alias: bridgeAlias({ project: 'blog', network: 'front' }),
      addresses: ['10.9.0.1/24'],
    },
    {
      name: 'br-back',
      alias: bridgeAlias({ project: 'shop', network: 'back', internal: true }),
      addresses: ['10.2.0.1/24'],
    },
  ],
})

const folder = mkdtempSync(join(tmpdir(), 'portolan-wanted-'))
const wanted = openWantedState(folder, 'shop')
beforeAll(async () => {
  const endpoint = { service: 'web-1', replica: 1, network: 'web', ip: '10.1.0.2', ip6: 'fd00:1::2', mac: '' }
  const routed = { subnet: '10.3.0.0/24', gateway: '10.3.0.1', mode: 'routed', masquerade: false } as const
  const inside = { subnet: '10.2.0.0/24', gateway: '10.2.0.1', mode: 'nat', masquerade: false } as const
  await wanted.change(() => [
    withNetwork({ intent: networkIntent('web', { ipv6: true }), network: network('web') }),
    withNetwork({
      intent: networkIntent('back', { internal: true }),
      network: network('back', { internal: true, ip: inside, ip6: null }),
    }),
    withNetwork({ intent: networkIntent('open', {}), network: network('open', { ip: routed, ip6: null }) }),
    withEndpoint({ intent: endpointIntent('web-1', 'web', {}), endpoint }),
    withEndpoint({
      intent: endpointIntent('web-1', 'back', {}),
      endpoint: { ...endpoint, network: 'back', ip: '10.2.0.2', ip6: null },
    }),
    withEndpoint({
      intent: endpointIntent('edge', 'open', {}),
      endpoint: { ...endpoint, service: 'edge', network: 'open', ip: '10.3.0.2', ip6: null },
    }),
  ])
})
afterAll(async () => {
  await wanted.close()
  rmSync(folder, { recursive: true })
})

const mappingsOf = (request: unknown) => {
  const holders: string[] = []
  const take = (protocol: string, holder: unknown): number => {
    const key = JSON.stringify([protocol, holder])
    if (!holders.includes(key)) holders.push(key)
    return 32768 + holders.indexOf(key)
  }
  return requestedMappings(request as PublishRequest, { project: 'shop', wanted, bridges, supply: { take } })
}
const labels = (request: PublishRequest): readonly string[] => mappingsOf(request).map(({ label }) => label)

describe('what a request to publish asks for', () => {
  test.each<readonly [string, PublishRequest, readonly string[]]>([
    [
      'an endpoint, in the families it has, on the network that is not internal',
      { hostPort: 8080, to: { endpoint: 'web-1', port: 80 } },
      ['0.0.0.0:8080/tcp -> web-1:80', '[::]:8080/tcp -> web-1:80'],
    ],
    [
      'an address on the bridge of another project',
      { hostPort: 53, protocol: 'udp', to: { address: '10.9.0.7', port: 53 } },
      ['0.0.0.0:53/udp -> 10.9.0.7:53'],
    ],
    [
      'an address that an endpoint has, as that endpoint, in that family',
      { hostPort: 8080, to: { address: 'FD00:1:0::2', port: 80 } },
      ['[::]:8080/tcp -> web-1:80'],
    ],
    [
      'a range onto a range',
      { hostPort: '5000-5001', hostAddress: '192.0.2.2', to: { endpoint: 'web-1', port: '6000-6001' } },
      ['192.0.2.2:5000/tcp -> web-1:6000', '192.0.2.2:5001/tcp -> web-1:6001'],
    ],
    [
      'a free port',
      { hostPort: 'auto', hostAddress: '192.0.2.2', to: { endpoint: 'web-1', port: 80 } },
      ['192.0.2.2:32768/tcp -> web-1:80'],
    ],
    [
      'an interface',
      { hostPort: 80, interface: 'eth0', hostAddress: '192.0.2.2', to: { endpoint: 'web-1', port: 80 } },
      ['192.0.2.2:80/tcp on eth0 -> web-1:80'],
    ],
    [
      'two targets by weight',
      {
        hostPort: 80,
        to: [
          { address: '10.9.0.7', port: 80, weight: 3 },
          { address: '10.9.0.8', port: 81 },
        ],
      },
      ['0.0.0.0:80/tcp -> 10.9.0.7:80 and 10.9.0.8:81'],
    ],
    [
      'every address of IPv4, and none of IPv6',
      { hostPort: 80, hostAddress: '0.0.0.0', to: { endpoint: 'web-1', port: 80 } },
      ['0.0.0.0:80/tcp -> web-1:80'],
    ],
    [
      'every address of IPv6, and none of IPv4',
      { hostPort: 80, hostAddress: '::', to: { endpoint: 'web-1', port: 80 } },
      ['[::]:80/tcp -> web-1:80'],
    ],
  ])('is %s', (_name, request, expected) => {
    expect(labels(request)).toEqual(expected)
  })

  test('lets targets share the free ports of one request by weight', () => {
    const to = [
      { address: '10.9.0.7', port: '80-81', weight: 3 },
      { address: '10.9.0.8', port: '90-91' },
    ]
    const mappings = mappingsOf({ hostPort: 'auto', to })
    expect(mappings.map(({ label }) => label)).toEqual([
      '0.0.0.0:32768/tcp -> 10.9.0.7:80 and 10.9.0.8:90',
      '0.0.0.0:32769/tcp -> 10.9.0.7:81 and 10.9.0.8:91',
    ])
    expect(mappings[0]?.targets.map(({ weight }) => weight)).toEqual([3, 1])
  })

  test('refuses targets with different numbers of ports to one free port', () => {
    const to = [
      { address: '10.9.0.7', port: '80-81' },
      { address: '10.9.0.8', port: 81 },
    ]
    expect(() => mappingsOf({ hostPort: 'auto', to })).toThrow(
      /10\.9\.0\.7 has 2 ports .* 10\.9\.0\.8 has 1 port:/,
    )
  })

  test('opens the own port of an endpoint of a routed network', () => {
    expect(mappingsOf({ hostPort: 8443, to: { endpoint: 'edge', port: 443 } })).toMatchObject([
      { kind: 'direct', hostPort: 443, hostAddress: null, targets: [{ address: '10.3.0.2', port: 443 }] },
    ])
  })

  test('keeps weights, and allowed sources of each family', () => {
    const [mapping] = mappingsOf({
      hostPort: 80,
      allowFrom: ['192.0.2.9', '2001:db8::/32'],
      to: [
        { address: '10.9.0.7', port: 80, weight: 3 },
        { address: '10.9.0.8', port: 80 },
      ],
    })
    expect(mapping?.targets.map(({ weight }) => weight)).toEqual([3, 1])
    expect(mapping?.allowFrom).toEqual(['192.0.2.9/32'])
  })

  test('takes values of ip-num for texts', () => {
    expect(
      mappingsOf({
        hostPort: 80,
        hostAddress: new IPv4('192.0.2.2'),
        allowFrom: [IPv4CidrRange.fromCidr('192.0.2.0/24')],
        to: { address: new IPv4('10.9.0.7'), port: 80 },
      }),
    ).toEqual(
      mappingsOf({
        hostPort: 80,
        hostAddress: '192.0.2.2',
        allowFrom: ['192.0.2.0/24'],
        to: { address: '10.9.0.7', port: 80 },
      }),
    )
  })

  const to = { address: '10.9.0.7', port: 80 }
  test.each<readonly [string, unknown, string]>([
    ['nothing', undefined, 'the request is missing: expected an object.'],
    ['no target', { hostPort: 80 }, 'to is missing: expected an object.'],
    ['a list of no targets', { hostPort: 80, to: [] }, 'to is []'],
    [
      'a target that is an endpoint and an address',
      { hostPort: 80, to: { endpoint: 'web-1', address: '10.9.0.7', port: 80 } },
      'to has both endpoint "web-1" and address "10.9.0.7": give one of the two.',
    ],
    [
      'an allowed source of IPv4-mapped addresses',
      { hostPort: 80, allowFrom: ['::ffff:10.0.0.0/104'], to: { endpoint: 'web-1', port: 80 } },
      'no packet has an IPv4-mapped address: write 10.0.0.0/8.',
    ],
    [
      'a network whose name has two lines',
      { hostPort: 80, to: { endpoint: 'web-1', network: 'a\nb', port: 80 } },
      'on network a\\nb',
    ],
    ['a target that is no address', { hostPort: 80, to: { address: 5, port: 80 } }, 'to.address is 5'],
    [
      'an endpoint that is not there',
      { hostPort: 80, to: { endpoint: 'x', port: 80 } },
      'project shop has no endpoint "x"',
    ],
    [
      'an endpoint that is not on that network',
      { hostPort: 80, to: { endpoint: 'edge', network: 'web', port: 80 } },
      'no endpoint "edge" on network web',
    ],
    [
      'a network that is internal',
      { hostPort: 80, to: { endpoint: 'web-1', network: 'back', port: 80 } },
      'network back is internal',
    ],
    [
      'a gateway',
      { hostPort: 80, to: { address: '10.9.0.1', port: 80 } },
      'is the gateway of network blog/front',
    ],
    [
      'an address of no bridge',
      { hostPort: 80, to: { address: '8.8.8.8', port: 80 } },
      'in the subnet of no bridge of ours',
    ],
    ['no port', { to }, 'hostPort is missing'],
    ['a port as text', { hostPort: '80', to }, 'hostPort is "80"'],
    [
      'ranges that do not fit',
      { hostPort: '80-81', to: { ...to, port: '80-82' } },
      'expected as many on both sides',
    ],
    ['another family', { hostPort: 80, hostAddress: '2001:db8::1', to }, 'are of different families'],
    [
      '::1',
      { hostPort: 80, hostAddress: '::1', to: { endpoint: 'web-1', port: 80 } },
      'IPv6 has no route_localnet',
    ],
    ['a protocol', { hostPort: 80, protocol: 'icmp', to }, '"icmp" is not a protocol'],
    ['an interface that cannot be', { hostPort: 80, interface: 'a b', to }, 'no interface can be called'],
    ['an interface that the kernel keeps', { hostPort: 80, interface: 'all', to }, 'the kernel keeps this'],
    ['a source that is none', { hostPort: 80, allowFrom: ['home'], to }, 'allowFrom has "home" in it'],
    [
      'sources that are no list',
      { hostPort: 80, allowFrom: '192.0.2.0/24', to },
      'expected a list of prefixes',
    ],
    ['force that is no boolean', { hostPort: 80, force: 'yes', to }, 'force is "yes"'],
    ['a weight of nothing', { hostPort: 80, to: [{ ...to, weight: 0 }, to] }, 'has the weight 0'],
  ])('is refused by name where it has %s', (_name, request, words) => {
    expect(() => mappingsOf(request)).toThrow(words)
    expect(() => mappingsOf(request)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })
})

describe('a caller without a compiler', () => {
  test.each([
    [
      'a misspelt allowFrom',
      { hostPort: 8080, to: { endpoint: 'web-1', port: 80 }, allowfrom: ['10.9.0.1'] },
    ],
    [
      'a misspelt port of the target',
      { hostPort: 8080, to: { endpoint: 'web-1', port: 80, protocl: 'udp' } },
    ],
  ])('is told of %s, which would otherwise count for nothing', (_name, request) => {
    expect(() =>
      requestedMappings(request as PublishRequest, {
        project: 'shop',
        wanted,
        bridges: [],
        supply: { take: () => 0 },
      }),
    ).toThrow(/have no "(allowfrom|protocl)"/)
  })
})
