import { describe, expect, test } from '@jest/globals'
import { notes, read, refusal } from './read.ts'

const withService = (list: string): string =>
  `services:
  db:
    x-portolan: {reachable_from: ${list}}
    networks: [back]
  web: {networks: [back, front], links: [db]}
  off: {profiles: [never], networks: [back]}
networks: {back: , front: }
`

const sources = (list: string): readonly string[] =>
  (read(withService(list)).endpoints.find(({ service }) => service === 'db')?.reachableFrom ?? []).map(
    ({ from }) => Object.values(from).join(' '),
  )

describe('reachable_from', () => {
  test('on a network of macvlan has no effect, which is told of the network and of each service there', () => {
    const open = 'x-portolan: {reachable_from: [wg0]}'
    const intent = read(
      `services: {a: {networks: [lan]}, b: {networks: [front, lan], ${open}}}
networks: {front: {}, lan: {driver: macvlan, driver_opts: {parent: eth1}, ${open}}}`,
    )
    const why =
      'the containers of a macvlan network are on the wire of eth1, so no rule of this host filters packets for them'
    expect(intent.notes.map(({ text }) => text).filter((text) => text.includes('reachable_from'))).toEqual([
      `networks.lan.x-portolan.reachable_from has no effect: ${why}`,
      `services.b.x-portolan.reachable_from has no effect on network lan: ${why}`,
    ])
  })

  test('names services, networks, interfaces and prefixes', () => {
    expect(sources('[web, front, wg0, 10.8.0.0/24, 192.0.2.9, "fd00:8::/64"]')).toEqual([
      'service web',
      'network front',
      'interface wg0',
      'prefix 10.8.0.0/24',
      'prefix 192.0.2.9/32',
      'prefix fd00:8::/64',
    ])
  })

  test('of a network is of all its containers', () => {
    const text = 'services: {db: {}}\nnetworks: {default: {x-portolan: {reachable_from: wg0}}}'
    expect(read(text).networks[0]?.reachableFrom).toMatchObject([
      { from: { kind: 'interface', name: 'wg0' } },
    ])
  })

  test('is not there where nothing is named', () => {
    expect(sources('[]')).toEqual([])
    expect(read(withService('[]')).endpoints[0]).not.toHaveProperty('reachableFrom')
  })

  test('says each source once', () => {
    expect(sources('[wg0, wg0, 10.8.0.0/24, 10.8.0.0/24]')).toEqual(['interface wg0', 'prefix 10.8.0.0/24'])
  })

  test('takes what kind of thing a name is in front of it', () => {
    expect(sources('["interface:web", "service:web", "network:front"]')).toEqual([
      'interface web',
      'service web',
      'network front',
    ])
  })

  test('takes a service of a profile that is not enabled, and clears host bits with a note', () => {
    expect(sources('[off]')).toEqual(['service off'])
    expect(notes(withService('[10.8.0.7/24]'))).toEqual([
      '3:35 services.db.x-portolan.reachable_from[0]: 10.8.0.7/24 is taken as 10.8.0.0/24, its host bits cleared',
    ])
  })

  test('takes a text in quotes for a name, whatever YAML would take it for without', () => {
    expect(sources('["true", "1e0"]')).toEqual(['interface true', 'interface 1e0'])
  })

  test('asks whether a name that is close to one of the file is misspelt', () => {
    expect(notes(withService('[fromt]')).join()).toMatch(/"fromt" is no service or network.*mean "front"\?/)
    expect(notes(withService('[wg0]'))).toEqual([])
  })

  test.each<[string, string, RegExp]>([
    [
      'no interface, and no name',
      withService('["a name"]'),
      /3:35: .*reachable_from\[0\]: "a name" is no service, no network and no interface name: expected 1 to/,
    ],
    [
      'a name that the kernel keeps',
      withService('[all]'),
      /3:35: .*"all" is no service, .* the kernel keeps/,
    ],
    [
      'a name that the kernel keeps, as an interface',
      withService('["interface:default"]'),
      /3:35: .*"default" is no interface name: the kernel keeps/,
    ],
    ['an address that is none', withService('[10.8.0.999]'), /3:35: .*expected .*found "10\.8\.0\.999"/],
    ['a prefix that is too long', withService('[10.8.0.0/33]'), /3:35: .*expected .*found "10\.8\.0\.0\/33"/],
    ['an IPv4-mapped prefix', withService('["::ffff:10.0.0.0/104"]'), /write 10\.0\.0\.0\/8/],
    [
      'a truth of YAML',
      withService('[true]'),
      /3:35: .*reachable_from\[0\]: expected a service .*, found true, which YAML takes for true or false: write "true" in quotes/,
    ],
    [
      'a number of YAML',
      withService('[wg0, 1e0]'),
      /3:40: .*reachable_from\[1\]: .*found 1e0, which YAML takes for a number: write "1e0" in quotes/,
    ],
    ['a truth without a list', withService('true'), /3:34: .*reachable_from\[0\]: .*true or false/],
    ['no value', withService(''), /3:18: .*expected a list, found nothing/],
    ['a service that is not there', withService('["service:wbe"]'), /no service is called "wbe"/],
    ['a network that is not there', withService('["network:web"]'), /no network is called "web"/],
    [
      'a name of a service and a network',
      'services: {db: {x-portolan: {reachable_from: [web]}}, web: {}}\nnetworks: {web: }',
      /1:47: .*"web" is a service and a network: expected `service:web` or `network:web`/,
    ],
    [
      'another key',
      'services: {db: {x-portolan: {reachable-from: [web]}}}',
      /1:30: .*unknown key "reachable-from".*did you mean "reachable_from"\?/,
    ],
    [
      'reachable_from without x-portolan',
      'services: {db: {reachable_from: [wg0]}}',
      /1:17: services\.db: `reachable_from` is not read here, and opens nothing/,
    ],
    [
      'reachable_from of a port',
      'services: {db: {ports: [{target: 80, x-portolan: {reachable_from: [wg0]}}]}}',
      /unknown key "reachable_from"/,
    ],
  ])('is refused for %s', (_, text, message) => {
    expect(refusal(text)).toMatch(message)
  })
})

describe('links', () => {
  test('carry the ports that the other service exposes and publishes', () => {
    const text = `services:
  db: {expose: ["5432", "6000-6001/udp"], ports: ["80:8080"]}
  web: {links: ["db:database"]}
`
    expect(read(text).links).toMatchObject([
      {
        service: 'web',
        to: 'db',
        alias: 'database',
        exposed: [
          { protocol: 'tcp', ports: { first: 5432, last: 5432 } },
          { protocol: 'udp', ports: { first: 6000, last: 6001 } },
          { protocol: 'tcp', ports: { first: 8080, last: 8080 } },
        ],
      },
    ])
  })
})
