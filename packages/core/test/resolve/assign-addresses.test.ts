import { describe, expect, test } from '@jest/globals'
import { PortolanError } from '@portolan/netfilter'
import type { EndpointIntent, NetworkIntent } from '../../src/intent/index.ts'
import { resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, networkIntent, subnetIntent } from './intent.ts'

const assign = (
  endpoints: readonly Partial<EndpointIntent>[],
  network: Partial<NetworkIntent> = {},
): readonly (readonly [string | null, string | null])[] =>
  resolve(
    intent({
      networks: [networkIntent(network)],
      endpoints: endpoints.map((wish, index) => endpointIntent({ service: `s${index + 1}`, ...wish })),
    }),
    {},
  ).desired.endpoints.map(({ ip, ip6 }) => [ip, ip6])

const ipOf = (
  endpoints: readonly Partial<EndpointIntent>[],
  network?: Partial<NetworkIntent>,
): readonly (string | null)[] => assign(endpoints, network).map(([ip]) => ip)

const subnet = (text: string, rest: Partial<Parameters<typeof subnetIntent>[0]> = {}) => ({
  ip: subnetIntent({ subnet: text, ...rest }),
})

describe('endpoints get addresses', () => {
  test.each<[string, readonly Partial<EndpointIntent>[], Partial<NetworkIntent>, readonly string[]]>([
    [
      'from the lowest, in the order of the intent',
      [{}, {}, {}],
      {},
      ['172.17.0.1', '172.17.0.2', '172.17.0.3'],
    ],
    ['after the gateway', [{}, {}], subnet('10.1.0.0/24'), ['10.1.0.2', '10.1.0.3']],
    [
      'on both sides of the gateway',
      [{}, {}, {}],
      subnet('10.1.0.0/24', { gateway: '10.1.0.2' }),
      ['10.1.0.1', '10.1.0.3', '10.1.0.4'],
    ],
    [
      'static where they ask for it',
      [{ ip: '10.1.0.77' }, {}],
      subnet('10.1.0.0/24'),
      ['10.1.0.77', '10.1.0.2'],
    ],
    [
      'that a static one further down does not want',
      [{}, {}, { ip: '10.1.0.2' }],
      subnet('10.1.0.0/24'),
      ['10.1.0.3', '10.1.0.4', '10.1.0.2'],
    ],
    [
      'inside ip_range only',
      [{}, {}],
      subnet('10.1.0.0/24', { ipRange: '10.1.0.128/25' }),
      ['10.1.0.128', '10.1.0.129'],
    ],
    [
      'outside ip_range when static',
      [{ ip: '10.1.0.5' }, {}],
      subnet('10.1.0.0/24', { ipRange: '10.1.0.128/25' }),
      ['10.1.0.5', '10.1.0.128'],
    ],
    [
      'not the gateway inside ip_range',
      [{}, {}],
      subnet('10.1.0.0/24', { ipRange: '10.1.0.128/25', gateway: '10.1.0.128' }),
      ['10.1.0.129', '10.1.0.130'],
    ],
    [
      'up to the last one',
      [{}, {}],
      subnet('10.1.0.0/29', { ipRange: '10.1.0.4/30' }),
      ['10.1.0.4', '10.1.0.5'],
    ],
    [
      'the first one too where the network has no gateway',
      [{}, {}],
      { internal: true, ...subnet('10.1.0.0/24', { mode: 'isolated' }) },
      ['10.1.0.1', '10.1.0.2'],
    ],
  ])('%s', (_, endpoints, network, expected) => {
    expect(ipOf(endpoints, network)).toEqual(expected)
  })

  test('of both families', () => {
    const network = { ...subnet('10.1.0.0/24'), ip6: subnetIntent({ subnet: 'fd00::/64' }) }
    expect(assign([{}, { ip: '10.1.0.9' }, { ip6: 'fd00::2' }], network)).toEqual([
      ['10.1.0.2', 'fd00::3'],
      ['10.1.0.9', 'fd00::4'],
      ['10.1.0.3', 'fd00::2'],
    ])
  })

  test('of IPv6 alone', () => {
    const network = { ip: null, ip6: subnetIntent({ subnet: 'fd00::/64' }) }
    expect(assign([{}], network)).toEqual([[null, 'fd00::2']])
  })

  test('and a MAC made of them, unless they bring one', () => {
    const network = networkIntent({ ip: null, ip6: subnetIntent({ subnet: 'fd00::/64' }) })
    const macs = (wish: Partial<NetworkIntent>, endpoint: Partial<EndpointIntent> = {}) =>
      resolve(intent({ networks: [networkIntent(wish)], endpoints: [endpointIntent(endpoint)] }), {}).desired
        .endpoints[0]?.mac
    expect(macs({})).toBe('02:42:ac:11:00:01')
    expect(macs(network)).toBe('02:42:fd:00:00:02')
    expect(macs({}, { mac: '02:00:00:00:00:01' })).toBe('02:00:00:00:00:01')
  })

  test('on each of their networks', () => {
    const networks = [networkIntent(), networkIntent({ name: 'db' })]
    const endpoints = [endpointIntent(), endpointIntent({ network: 'db' })]
    expect(
      resolve(intent({ networks, endpoints }), {}).desired.endpoints.map(
        ({ network, ip }) => `${network} ${ip}`,
      ),
    ).toEqual(['web 172.17.0.1', 'db 10.0.0.1'])
  })
})

describe('a subnet without a free address', () => {
  const refusal = (
    endpoints: readonly Partial<EndpointIntent>[],
    network: Partial<NetworkIntent>,
  ): unknown => {
    try {
      assign(endpoints, network)
    } catch (error) {
      return error
    }
    throw new Error('nothing was thrown')
  }

  test('is an error that names the endpoint, the subnet and the network', () => {
    const error = refusal([{}, { replica: 2 }], subnet('10.1.0.0/30'))
    expect(error).toBeInstanceOf(PortolanError)
    expect(error).toMatchObject({
      code: 'SUBNET_EXHAUSTED',
      message:
        'compose.yaml:3:5: No address is left for s2-2 in 10.1.0.0/30, on network web: it has 1 address for endpoints, and 1 is leased. Give the network a larger subnet, or take endpoints off it.',
    })
  })

  test('counts only addresses of its family', () => {
    const network = { ...subnet('10.1.0.0/29'), ip6: subnetIntent({ subnet: 'fd00::/64' }) }
    const six = Array.from({ length: 6 }, () => ({}))
    expect(refusal(six, network)).toMatchObject({ message: expect.stringContaining('and 5 are leased') })
  })

  test('names the ip_range when that is what is full', () => {
    expect(refusal([{}, {}, {}], subnet('10.1.0.0/24', { ipRange: '10.1.0.8/31' }))).toMatchObject({
      code: 'SUBNET_EXHAUSTED',
      message: expect.stringContaining('in 10.1.0.8/31'),
    })
  })
})

test.each(['10.2.0.5', '10.1.0.0', '10.1.0.1', '10.1.0.255', 'fd00::5'])(
  'a static address that endpoints of the subnet cannot have is a mistake with its place: %s',
  (ip) => {
    expect(() => assign([{ ip }], subnet('10.1.0.0/24'))).toThrow(
      `compose.yaml:3:5: s1 asks for ${ip} on network web: ask for an address of 10.1.0.0/24 that is not its network, broadcast or gateway address`,
    )
  },
)

test('an endpoint on a network that is not there is a mistake with its place', () => {
  expect(() => assign([{ network: 'ghost' }])).toThrow(
    'compose.yaml:3:5: s1 is on network ghost, which is not defined',
  )
})
