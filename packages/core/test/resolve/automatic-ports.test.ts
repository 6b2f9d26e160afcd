import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { PortolanError } from '@portolan/netfilter'
import type { PublishedPort } from '../../src/contract/index.ts'
import type { MappingIntent } from '../../src/intent/index.ts'
import { type ResolveOptions, resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, subnetIntent } from './intent.ts'

/** Host ports in order: `32768 ip`, `32768 ip6`. */
const given = (
  mappings: readonly MappingIntent[],
  facts: HostFacts = {},
  options: ResolveOptions = {},
): readonly string[] =>
  resolve(
    intent({
      networks: [networkIntent({ ip6: subnetIntent({ subnet: 'fd00:17::/64' }) })],
      endpoints: [endpointIntent(), endpointIntent({ service: 'api' })],
      mappings,
    }),
    facts,
    options,
  ).desired.mappings.map(({ hostPort, family }) => `${hostPort} ${family}`)

const range = (text: string, reserved = ''): HostFacts => ({
  sysctls: {
    'net.ipv4.ip_local_port_range': text,
    'net.ipv4.ip_local_reserved_ports': reserved,
  },
})

const automatic = (wish: Partial<MappingIntent> = {}) => mappingIntent('80', wish)

describe('a mapping without a host port', () => {
  test("gets the first port of the kernel's default range, the same in both families", () => {
    expect(given([automatic()])).toEqual(['32768 ip', '32768 ip6'])
  })

  test.each<[string, HostFacts, number]>([
    ['of the range of this host', range('40000\t40100'), 40000],
    ['that is not reserved', range('40000 40100', '40000'), 40001],
    ['after a reserved range', range('40000 40100', '39000-40009,40011'), 40010],
    ['after a reserved list with a gap', range('40000 40100', '40000,40001,40003'), 40002],
    [
      'that no program listens on',
      { ...range('40000 40100'), sockets: [{ protocol: 'tcp', port: 40000 }] },
      40001,
    ],
    [
      'whatever address the listener has',
      { ...range('40000 40100'), sockets: [{ protocol: 'tcp', address: '::1', port: 40000 }] },
      40001,
    ],
    [
      'no matter what listens in another protocol',
      { ...range('40000 40100'), sockets: [{ protocol: 'udp', port: 40000 }] },
      40000,
    ],
  ])('gets the first one %s', (_, facts, expected) => {
    expect(given([automatic()], facts)).toEqual([`${expected} ip`, `${expected} ip6`])
  })

  test('does not take one that a mapping names, wherever that stands', () => {
    expect(given([automatic(), mappingIntent('32768-32769:90-91', { service: 'api' })])).toEqual([
      '32770 ip',
      '32770 ip6',
      '32768 ip',
      '32769 ip',
      '32768 ip6',
      '32769 ip6',
    ])
  })

  test('does not take one that another project has, in whatever family', () => {
    const other: PublishedPort = {
      project: 'blog',
      label: '[::]:32768/tcp -> ghost:80',
      family: 'ip6',
      protocol: 'tcp',
      hostAddress: null,
      hostPort: 32768,
      interface: null,
      targets: [{ address: 'fd00:18::2', port: 80 }],
    }
    expect(given([automatic()], {}, { others: [other] })).toEqual(['32769 ip', '32769 ip6'])
  })

  test('gets another than its neighbours', () => {
    expect(given([automatic(), automatic({ service: 'api' }), mappingIntent('81')])).toEqual([
      '32768 ip',
      '32768 ip6',
      '32769 ip',
      '32769 ip6',
      '32770 ip',
      '32770 ip6',
    ])
  })

  test('counts each protocol for itself', () => {
    expect(given([automatic(), automatic({ protocol: 'udp' })])).toEqual([
      '32768 ip',
      '32768 ip6',
      '32768 ip',
      '32768 ip6',
    ])
  })

  test('with a range of container ports gets one each', () => {
    expect(given([mappingIntent('192.0.2.2::80-82')])).toEqual(['32768 ip', '32769 ip', '32770 ip'])
  })

  test('written twice is written once', () => {
    expect(given([automatic(), automatic()])).toEqual(['32768 ip', '32768 ip6'])
  })
})

describe('a range that is used up', () => {
  test('says so, with its bounds and a way out', () => {
    const both = [automatic(), automatic({ service: 'api' })]
    expect(given([automatic()], range('40000 40000'))).toEqual(['40000 ip', '40000 ip6'])
    try {
      given(both, range('40000 40000'))
      throw new Error('nothing was thrown')
    } catch (error) {
      expect(error).toBeInstanceOf(PortolanError)
      expect(error).toMatchObject({
        code: 'PORTS_EXHAUSTED',
        message:
          'No host port is free for port 80/tcp of api: all of 40000 to 40000 (net.ipv4.ip_local_port_range) is reserved, listened on, leased or published. Name a host port outside the range, or widen the range.',
      })
    }
  })
})
