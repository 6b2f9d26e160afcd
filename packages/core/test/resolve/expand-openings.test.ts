import { describe, expect, test } from '@jest/globals'
import { readCompose, resolve } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import { growthOf } from '../../../../test/growth/count-work.ts'

const project = (services: string, networks = '', more = ''): string => `name: shop
services:
${services}
networks:
  front: {ipam: {config: [{subnet: 10.64.0.0/24}]}${more}}
  back: {enable_ipv6: true, ipam: {config: [{subnet: 10.65.0.0/24}, {subnet: "fd00:65::/64"}]}${networks}}
`

const made = (text: string, facts: HostFacts = {}) => {
  const { desired, notes } = resolve(readCompose(text, { source: 'compose.yaml' }), facts)
  return {
    networks: desired.networks,
    openings: (desired.openings ?? []).map(
      ({ label, family, address, from, ports }) =>
        `${label}: ${family} ${address ?? 'all'} from ${Object.values(from).join(' ')}${ports === null ? '' : ` at ${ports.map(({ protocol, port }) => `${port}/${protocol}`).join(' ')}`}`,
    ),
    notes: notes.map(({ text: note }) => note),
  }
}

const iccOff = ', driver_opts: {com.docker.network.bridge.enable_icc: "false"}'
const webAndDb = (
  db: string,
): string => `  web: {networks: {front: {ipv4_address: 10.64.0.9}, back: {ipv4_address: 10.65.0.9, ipv6_address: "fd00:65::9"}}, links: [db]}
  db: {networks: {back: {ipv4_address: 10.65.0.5, ipv6_address: "fd00:65::5"}}${db}}`

describe('what reachable_from opens', () => {
  test('is a container for each family and source', () => {
    const { openings, notes } = made(
      project(webAndDb(', x-portolan: {reachable_from: [wg0, 10.8.0.0/24, web, front]}')),
    )
    expect(openings).toEqual([
      'db of back from wg0: ip 10.65.0.5 from interface wg0',
      'db of back from wg0: ip6 fd00:65::5 from interface wg0',
      'db of back from 10.8.0.0/24: ip 10.65.0.5 from prefix 10.8.0.0/24',
      // Where icc is on, the containers of one network reach each other anyway.
      'db of back from web: ip 10.65.0.5 from container front 10.64.0.9',
      'db of back from network front: ip 10.65.0.5 from network front',
    ])
    expect(notes).toEqual([])
  })

  test('is a whole network, in the families that it has', () => {
    expect(made(project(webAndDb(''), ', x-portolan: {reachable_from: [wg0, front]}')).openings).toEqual([
      'all of back from wg0: ip all from interface wg0',
      'all of back from wg0: ip6 all from interface wg0',
      'all of back from network front: ip all from network front',
    ])
  })

  test('is nothing of an internal network for other machines, which is told', () => {
    const { openings, notes } = made(
      project(webAndDb(', x-portolan: {reachable_from: [wg0, front]}'), ', internal: true'),
    )
    expect(openings).toEqual(['db of back from network front: ip 10.65.0.5 from network front'])
    expect(notes).toEqual([
      'reachable_from of db: wg0 is not let in there: network back is internal, and no machine reaches it.',
    ])
  })

  test('is told where it opens all, or nothing', () => {
    const { openings, notes } = made(
      project(webAndDb(', x-portolan: {reachable_from: [0.0.0.0/0, 10.65.0.0/25, 10.0.0.0/8]}')),
    )
    expect(openings).toEqual([
      'db of back from 0.0.0.0/0: ip 10.65.0.5 from prefix 0.0.0.0/0',
      'db of back from 10.0.0.0/8: ip 10.65.0.5 from prefix 10.0.0.0/8',
    ])
    expect(notes).toEqual([
      'reachable_from of db: 0.0.0.0/0 opens every port of it to every machine with a route here.',
      expect.stringMatching(
        /^reachable_from of db: 10\.65\.0\.0\/25 is of network back itself, so it opens nothing/,
      ),
    ])
  })

  test.each(['127.0.0.0/8', '239.1.0.0/16', '0.0.0.0/8'])('is nothing from %s, which is told', (prefix) => {
    const { openings, notes } = made(project(webAndDb(`, x-portolan: {reachable_from: ['${prefix}']}`)))
    expect(openings).toEqual([])
    expect(notes).toEqual([
      `reachable_from of db: ${prefix} opens nothing: the kernel forwards no packet with such a source. The host itself reaches every container. Leave it out.`,
    ])
  })

  test.each(['fe80::/10', '::/0'])('is told of %s where no network of the service has IPv6', (prefix) => {
    const front = `  db: {networks: [front], x-portolan: {reachable_from: ['${prefix}']}}`
    expect(made(project(front))).toMatchObject({
      openings: [],
      notes: [
        `reachable_from of db: ${prefix} is not let in there: network front has no IPv6 subnet. Give it one (enable_ipv6), or leave the prefix out.`,
      ],
    })
    const both = "  db: {networks: [front, back], x-portolan: {reachable_from: ['fd00:8::/64']}}"
    expect(made(project(both))).toMatchObject({ openings: [expect.anything()], notes: [] })
  })

  test('goes by the name of an interface that is not there yet', () => {
    const facts = { interfaces: [{ name: 'eth0' }, { name: 'eth9', master: 'bond0' }, { name: 'bond0' }] }
    const text = project(webAndDb(', x-portolan: {reachable_from: [wg0, eth0, eth9]}'))
    const { openings, notes } = made(text, facts)
    expect(openings).toHaveLength(4)
    expect(notes).toEqual([
      expect.stringMatching(/there is no interface wg0 on this host yet\. The rules go by its name/),
      expect.stringMatching(/eth9 is a port of bond0.*Name bond0/),
    ])
  })

  test.each([
    [
      'a bridge of the project',
      'br-front',
      ', driver_opts: {com.docker.network.bridge.name: br-front}',
      /the bridge of network front: name the network/,
    ],
    [
      'a bridge of another project',
      'br-x',
      '',
      /the bridge of network x of project y: containers of other projects cannot be named/,
    ],
    ['lo', 'lo', '', /the interface lo/],
  ])('refuses %s', (_, name, more, message) => {
    const facts = { interfaces: [{ name: 'br-x', alias: 'portolan project=y network=x' }] }
    const text = project(webAndDb(`, x-portolan: {reachable_from: ["interface:${name}"]}`), '', more)
    expect(() => made(text, facts)).toThrow(message)
  })
})

describe('what links open', () => {
  test('is the exposed ports where icc is off, and marks the network', () => {
    const { openings, networks } = made(
      project(webAndDb(', expose: ["5432", "53/udp"], ports: ["80:5432"]'), iccOff),
    )
    expect(openings).toEqual([
      'db from web on back, linked: ip 10.65.0.5 from container back 10.65.0.9 at 53/udp 5432/tcp',
      'db from web on back, linked: ip6 fd00:65::5 from container back fd00:65::9 at 53/udp 5432/tcp',
    ])
    expect(networks.map(({ name, linked }) => [name, linked])).toEqual([
      ['front', undefined],
      ['back', true],
    ])
  })

  test('is nothing where icc is on', () => {
    const { openings, networks, notes } = made(project(webAndDb(', expose: ["5432"]')))
    expect([openings, notes]).toEqual([[], []])
    expect(networks.some(({ linked }) => linked === true)).toBe(false)
  })

  test('is nothing of a service on other networks, which is told', () => {
    const { openings, notes } = made(
      project('  web: {networks: [front], links: [db]}\n  db: {networks: [back], expose: ["5432"]}', iccOff),
    )
    expect(openings).toEqual([])
    expect(notes).toEqual([
      'services.web: the link to db opens nothing, since they share no network (front and back). Put both on one, or name web under `reachable_from` of db.',
    ])
  })

  test('is nothing of a service that exposes no port, which is told', () => {
    const { openings, notes } = made(project(webAndDb(''), iccOff))
    expect(openings).toEqual([])
    expect(notes).toEqual([
      'services.web: the link to db opens nothing, since db exposes no port and icc is off on network back. Name its ports under `expose`; those of an image are not read.',
    ])
  })
})

describe('openings of many services', () => {
  const manyOf =
    (service: (at: number) => string) =>
    (count: number): readonly unknown[] => {
      const services = Array.from({ length: count }, (_, at) => `s${at}: ${service(at)}`).join(', ')
      const networks = `back: {ipam: {config: [{subnet: 10.0.0.0/16}]}${iccOff}}`
      const text = `{name: shop, services: {${services}}, networks: {${networks}}}`
      return resolve(readCompose(text, { source: 'compose.yaml' }), {}).desired.endpoints
    }

  test.each([
    ['open to none', () => '{networks: [back]}'],
    ['linked', (at: number) => `{networks: [back], expose: [80], links: [s${at === 0 ? 1 : at - 1}]}`],
    [
      'reachable',
      (at: number) => `{networks: [back], x-portolan: {reachable_from: [s${at === 0 ? 1 : at - 1}]}}`,
    ],
  ])('are found in time that grows with them, not with their pairs: %s', (_, service) => {
    expect(growthOf(manyOf(service), 500, 4000)).toBeLessThan(12)
  })
})
