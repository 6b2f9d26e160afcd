import { describe, expect, test } from '@jest/globals'
import type { MappingIntent, NetworkIntent } from '../../src/intent/index.ts'
import { type Resolution, resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, place, subnetIntent } from './intent.ts'

const dual = networkIntent({ ip6: subnetIntent({ subnet: 'fd00:17::/64' }) })
const routed = networkIntent({
  ip: subnetIntent({ mode: 'routed' }),
  ip6: subnetIntent({ subnet: 'fd00:17::/64', mode: 'routed' }),
})
const six = networkIntent({ ip: null, ip6: subnetIntent({ subnet: 'fd00:17::/64' }) })

const expand = (mappings: readonly MappingIntent[], network: NetworkIntent = networkIntent()): Resolution =>
  resolve(
    intent({
      networks: [network],
      endpoints: [endpointIntent(), endpointIntent({ service: 'api' }), endpointIntent({ replica: 2 })],
      mappings,
    }),
    {},
  )

const labels = (mappings: readonly MappingIntent[], network?: NetworkIntent): readonly string[] =>
  expand(mappings, network).desired.mappings.map(({ label }) => label)

describe('a mapping becomes single ports', () => {
  test.each<[string, string, readonly string[]]>([
    ['one port', '8080:80', ['0.0.0.0:8080/tcp -> nginx:80']],
    ['the same port', '80:80', ['0.0.0.0:80/tcp -> nginx:80']],
    ['the last port', '65535:65535', ['0.0.0.0:65535/tcp -> nginx:65535']],
    [
      'a range',
      '5000-5002:5000-5002',
      ['0.0.0.0:5000/tcp -> nginx:5000', '0.0.0.0:5001/tcp -> nginx:5001', '0.0.0.0:5002/tcp -> nginx:5002'],
    ],
    ['a shifted range', '8000-8001:80-81', ['0.0.0.0:8000/tcp -> nginx:80', '0.0.0.0:8001/tcp -> nginx:81']],
    [
      'many host ports to one',
      '8000-8002:80',
      ['0.0.0.0:8000/tcp -> nginx:80', '0.0.0.0:8001/tcp -> nginx:80', '0.0.0.0:8002/tcp -> nginx:80'],
    ],
    ['a host address', '192.0.2.2:8080:80', ['192.0.2.2:8080/tcp -> nginx:80']],
    ['every IPv4 address', '0.0.0.0:8080:80', ['0.0.0.0:8080/tcp -> nginx:80']],
    ['loopback', '127.0.0.1:8080:80', ['127.0.0.1:8080/tcp -> nginx:80']],
  ])('%s', (_, text, expected) => {
    expect(labels([mappingIntent(text)])).toEqual(expected)
  })

  test('of both families when the network has them, IPv4 first', () => {
    expect(labels([mappingIntent('8080:80')], dual)).toEqual([
      '0.0.0.0:8080/tcp -> nginx:80',
      '[::]:8080/tcp -> nginx:80',
    ])
  })

  test.each<[string, string, readonly string[]]>([
    ['an IPv4 address', '192.0.2.2:8080:80', ['192.0.2.2:8080/tcp -> nginx:80']],
    ['every IPv4 address', '0.0.0.0:8080:80', ['0.0.0.0:8080/tcp -> nginx:80']],
    ['an IPv6 address', '2001:db8::2:8080:80', ['[2001:db8::2]:8080/tcp -> nginx:80']],
    ['every IPv6 address', ':::8080:80', ['[::]:8080/tcp -> nginx:80']],
  ])('of one family when bound to %s', (_, text, expected) => {
    expect(labels([mappingIntent(text)], dual)).toEqual(expected)
  })

  test('that say where they lead, from which sources, and by what interface', () => {
    const wanted = mappingIntent('8080:80', {
      interface: 'eth0',
      allowFrom: ['198.51.100.0/24', '2001:db8:9::/48'],
      protocol: 'udp',
      replica: 2,
    })
    expect(expand([wanted], dual).desired.mappings).toEqual([
      {
        label: '0.0.0.0:8080/udp on eth0 -> nginx-2:80',
        family: 'ip',
        protocol: 'udp',
        kind: 'nat',
        hostAddress: null,
        hostPort: 8080,
        interface: 'eth0',
        allowFrom: ['198.51.100.0/24'],
        targets: [
          { service: 'nginx', replica: 2, network: 'web', address: '172.17.0.3', port: 80, weight: 1 },
        ],
      },
      {
        label: '[::]:8080/udp on eth0 -> nginx-2:80',
        family: 'ip6',
        protocol: 'udp',
        kind: 'nat',
        hostAddress: null,
        hostPort: 8080,
        interface: 'eth0',
        allowFrom: ['2001:db8:9::/48'],
        targets: [
          { service: 'nginx', replica: 2, network: 'web', address: 'fd00:17::4', port: 80, weight: 1 },
        ],
      },
    ])
  })

  test('of which a family with no entry in allow_from is closed', () => {
    const wanted = mappingIntent('8080:80', { allowFrom: ['198.51.100.0/24'] })
    const { mappings } = expand([wanted], dual).desired
    expect(mappings.map(({ allowFrom }) => allowFrom)).toEqual([['198.51.100.0/24'], []])
  })
})

describe("a network's own host binding", () => {
  const bound = { ...dual, hostBinding: '127.0.0.1' }

  test('is the address of mappings that name none, and leaves IPv6 closed', () => {
    expect(labels([mappingIntent('8080:80')], bound)).toEqual(['127.0.0.1:8080/tcp -> nginx:80'])
  })

  test('yields to an address that the mapping names', () => {
    expect(labels([mappingIntent('192.0.2.2:8080:80')], bound)).toEqual(['192.0.2.2:8080/tcp -> nginx:80'])
    expect(labels([mappingIntent('0.0.0.0:8080:80')], bound)).toEqual(['0.0.0.0:8080/tcp -> nginx:80'])
    expect(labels([mappingIntent(':::8080:80')], bound)).toEqual(['[::]:8080/tcp -> nginx:80'])
  })

  test('of 0.0.0.0 is every address of both families', () => {
    expect(labels([mappingIntent('8080:80')], { ...dual, hostBinding: '0.0.0.0' })).toEqual([
      '0.0.0.0:8080/tcp -> nginx:80',
      '[::]:8080/tcp -> nginx:80',
    ])
  })

  test('says so when it leaves nothing to publish', () => {
    const { desired, notes } = expand([mappingIntent('8080:80')], { ...six, hostBinding: '127.0.0.1' })
    expect(desired.mappings).toEqual([])
    expect(notes).toEqual([
      {
        text: 'A port of nginx: network web binds ports to 127.0.0.1 only, so nothing is published.',
        place,
      },
    ])
  })
})

describe('an address that the network cannot serve', () => {
  test('of the other family is a mistake with its place and a way out', () => {
    expect(() => expand([mappingIntent('2001:db8::2:8080:80')])).toThrow(
      'compose.yaml:3:5: a port of nginx is bound to 2001:db8::2, but network web has no IPv6: set enable_ipv6: true on it',
    )
    expect(() => expand([mappingIntent('192.0.2.2:8080:80')], six)).toThrow(
      'a port of nginx is bound to 192.0.2.2, but network web has no IPv4: bind the port to an IPv6 address',
    )
  })

  test('that is every address of the other family is a note', () => {
    const { desired, notes } = expand([mappingIntent(':::8080:80')])
    expect(desired.mappings).toEqual([])
    expect(notes.map(({ text }) => text)).toEqual([
      'A port of nginx is bound to ::, but network web has no IPv6: nothing is published there.',
    ])
  })

  test.each<[string, NetworkIntent]>([
    ['of both families', dual],
    ['without IPv6', networkIntent()],
  ])('of ::1 is a conflict on a network %s', (_, network) => {
    const { desired, conflicts } = expand([mappingIntent('::1:8080:80')], network)
    expect(desired.mappings).toEqual([])
    expect(conflicts.map(({ kind, severity, mapping }) => `${severity} ${kind} ${mapping}`)).toEqual([
      'error LoopbackUnreachable [::1]:8080/tcp -> nginx:80',
    ])
  })
})

describe('a mapping of a routed network', () => {
  test("opens the container's own port in both families", () => {
    const { desired, notes } = expand([mappingIntent('80')], routed)
    expect(
      desired.mappings.map(({ kind, label, hostPort, hostAddress }) => [kind, label, hostPort, hostAddress]),
    ).toEqual([
      ['direct', '172.17.0.1:80/tcp -> nginx:80', 80, null],
      ['direct', '[fd00:17::2]:80/tcp -> nginx:80', 80, null],
    ])
    expect(notes).toEqual([])
  })

  test('ignores a host port, and says so in each family', () => {
    const { desired, notes } = expand([mappingIntent('8080:80')], routed)
    expect(desired.mappings.map(({ hostPort }) => hostPort)).toEqual([80, 80])
    expect(notes).toEqual(
      ['IPv4', 'IPv6'].map((family) => ({
        text: `Host port 8080 of nginx: ignored for ${family}, network web is routed and translates nothing; its container port is opened instead.`,
        place,
      })),
    )
  })

  test('opens one port for many host ports', () => {
    const { desired, notes } = expand([mappingIntent('0.0.0.0:8000-8009:80')], routed)
    expect(desired.mappings.map(({ label }) => label)).toEqual(['172.17.0.1:80/tcp -> nginx:80'])
    expect(notes.map(({ text }) => text)).toEqual([
      'Host ports 8000 to 8009 of nginx: ignored for IPv4, network web is routed and translates nothing; its container port is opened instead.',
    ])
  })

  test('ignores a host address, and says so', () => {
    const wanted = mappingIntent('80', { hostAddress: '192.0.2.2' })
    expect(expand([wanted], routed).notes.map(({ text }) => text)).toEqual([
      'Host address 192.0.2.2 of nginx: ignored, network web is routed and translates nothing.',
    ])
  })

  test('may be of the same port as another on it', () => {
    const both = [mappingIntent('80'), mappingIntent('80', { service: 'api' })]
    const { desired, conflicts } = expand(both, networkIntent({ ip: subnetIntent({ mode: 'routed' }) }))
    expect(conflicts).toEqual([])
    expect(desired.mappings.map(({ label }) => label)).toEqual([
      '172.17.0.1:80/tcp -> nginx:80',
      '172.17.0.2:80/tcp -> api:80',
    ])
  })

  test('translates in the family that is not routed', () => {
    const mixed = { ...routed, ip: subnetIntent() }
    expect(labels([mappingIntent('8080:80')], mixed)).toEqual([
      '0.0.0.0:8080/tcp -> nginx:80',
      '[fd00:17::2]:80/tcp -> nginx:80',
    ])
  })
})

test('a port on a network that its service is not on is a mistake', () => {
  const elsewhere = intent({ mappings: [mappingIntent('8080:80', { service: 'ghost' })] })
  expect(() => resolve(elsewhere, {})).toThrow(
    'compose.yaml:3:5: a port of ghost is published on network web, but ghost is not on it',
  )
})
