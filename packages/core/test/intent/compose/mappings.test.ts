import { describe, expect, test } from '@jest/globals'
import { mappings, notes, read, refusal } from './read.ts'

describe('ports of a service on several networks go to the one Docker would choose', () => {
  const networks = `
networks:
  a_internal: {internal: true}
  back: {}
  front: {}
  dual: {enable_ipv6: true}
  six: {enable_ipv4: false, enable_ipv6: true}
  aaa: {name: zzz}
  zzz: {name: aaa}
`
  const chosen = (body: string): readonly string[] =>
    mappings(`services:\n  web: {ports: ["80:80"], networks: ${body}}\n${networks}`)

  test.each([
    ['the first by name', '[front, back]', ['web#1 back 80:80']],
    ['not an internal one', '[front, a_internal]', ['web#1 front 80:80']],
    ['the highest gw_priority', '{back: , front: {gw_priority: 1}}', ['web#1 front 80:80']],
    ['a negative gw_priority comes last', '{back: {gw_priority: -1}, front: }', ['web#1 front 80:80']],
    ['no matter what priority says', '{back: , front: {priority: 1000}}', ['web#1 back 80:80']],
    [
      'not an internal one, whatever its gw_priority',
      '{front: , a_internal: {gw_priority: 9}}',
      ['web#1 front 80:80'],
    ],
    ['dual stack before single', '[back, dual]', ['web#1 dual 80:80']],
    ['by the name outside the file, not the key', '[aaa, zzz]', ['web#1 zzz 80:80']],
    [
      'IPv6 by the one that has it',
      '{back: {gw_priority: 1}, dual: }',
      ['web#1 back 80:80', 'web#1 dual [::]:80:80'],
    ],
    ['both families by networks of one each', '[back, six]', ['web#1 back 80:80', 'web#1 six 80:80']],
    [
      'IPv4 by the one that has it',
      '{six: {gw_priority: 1}, dual: }',
      ['web#1 dual 0.0.0.0:80:80', 'web#1 six 80:80'],
    ],
  ])('%s', (_, body, expected) => {
    expect(chosen(body)).toEqual(expected)
  })

  test('an address of one family goes to the network of that family', () => {
    const text = `services:\n  web: {ports: ["127.0.0.1:80:80", "[2001:db8::1]:80:80"], networks: [back, six]}\n${networks}`
    expect(mappings(text)).toEqual(['web#1 back 127.0.0.1:80:80', 'web#1 six [2001:db8::1]:80:80'])
  })

  test('a service on internal networks only does not publish, and it is said', () => {
    const text = `services:\n  web: {ports: ["80:80"], networks: [a_internal]}\n${networks}`
    expect(mappings(text)).toEqual([])
    expect(notes(text)).toContain(
      '2:17 services.web: its ports are not published: a network that is internal has no way out (a_internal)',
    )
  })

  test('an external network can have ports', () => {
    expect(
      mappings('services: {web: {ports: ["80:80"], networks: [n]}}\nnetworks: {n: {external: true}}'),
    ).toEqual(['web#1 n 80:80'])
  })
})

describe('replicas', () => {
  const scaled = (scale: number, port: string): string =>
    `services:\n  web:\n    scale: ${scale}\n    ports:\n      - ${port}\n`

  test.each([
    ['without a host port each get a free one', 2, '80', ['web#1 default 80', 'web#2 default 80']],
    [
      'with a range as long as they are many get one each',
      3,
      '8000-8002:80',
      ['web#1 default 8000:80', 'web#2 default 8001:80', 'web#3 default 8002:80'],
    ],
    [
      'with a range longer than they are many have it dealt out',
      3,
      '8000-8009:80',
      ['web#1 default 8000-8003:80', 'web#2 default 8004-8006:80', 'web#3 default 8007-8009:80'],
    ],
    [
      'with a weight share the host port',
      2,
      '{target: 80, published: 80, x-portolan: {weight: 5}}',
      ['web#1 default 80:80', 'web#2 default 80:80'],
    ],
    ['of which there are none publish nothing', 0, '80:80', []],
    ['of which there is one keep the whole range', 1, '8000-8002:80', ['web#1 default 8000-8002:80']],
  ])('%s', (_, scale, port, expected) => {
    expect(mappings(scaled(scale, port))).toEqual(expected)
  })

  test.each([
    [
      'one host port',
      3,
      '"80:80"',
      /5:9: services\.web: 3 replicas cannot all have 80:80: expected a range of 3 \(80-82:80\), no host port, or a `weight`/,
    ],
    ['a range too short', 3, '8000-8001:80', /3 replicas cannot all have 8000-8001:80/],
    ['a range for a range', 2, '8000-8001:80-81', /expected no host port, or/],
    ['no room for a range', 2, '65535:80', /expected no host port, or/],
  ])('that would need %s at once are refused by name', (_, scale, port, message) => {
    expect(refusal(scaled(scale, port))).toMatch(message)
  })

  test('of a routed network keep their ports, since no host port is taken', () => {
    const routed = 'networks: {default: {driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}}}'
    expect(mappings(`${scaled(2, '"80:80"')}${routed}`)).toEqual([
      'web#1 default 80:80',
      'web#2 default 80:80',
    ])
  })
})

test('every mapping and endpoint knows where it was written', () => {
  const text =
    'services:\n  a:\n    ports:\n      - "80:80"\n      - target: 81\n    networks:\n      n:\nnetworks:\n  n:\n'
  const { mappings, endpoints, networks } = read(text)
  expect(
    [...mappings, ...endpoints, ...networks].map(({ place }) => `${place?.line}:${place?.column}`),
  ).toEqual(['4:9', '5:9', '7:7', '9:3'])
})
