import { describe, expect, test } from '@jest/globals'
import { mappings, notes, read, refusal } from './read.ts'

const networks = `
networks:
  front: {ipam: {config: [{subnet: 10.1.0.0/24, gateway: 10.1.0.254}]}}
  dual: {enable_ipv6: true, ipam: {config: [{subnet: 10.2.0.0/24}, {subnet: "fd02::/64"}]}}
  pooled:
`
const service = (body: string): string => `services:\n  web: ${body}\n${networks}`
const endpoints = (text: string): readonly unknown[] =>
  read(text).endpoints.map(({ place: _, ...endpoint }) => endpoint)
const endpoint = { service: 'web', replica: 1, network: 'front', ip: null, ip6: null, mac: null }

describe('a service is on its networks', () => {
  test.each<[string, string, readonly unknown[]]>([
    ['as a list', '{networks: [front, dual]}', [endpoint, { ...endpoint, network: 'dual' }]],
    [
      'as a mapping',
      '{networks: {front: , dual: {aliases: [a]}}}',
      [endpoint, { ...endpoint, network: 'dual' }],
    ],
    ['named twice', '{networks: [front, front]}', [endpoint]],
    ['with an empty list', '{networks: []}', [{ ...endpoint, network: 'default' }]],
    [
      'with addresses',
      '{networks: {dual: {ipv4_address: 10.2.0.9, ipv6_address: "FD02::9"}}}',
      [{ ...endpoint, network: 'dual', ip: '10.2.0.9', ip6: 'fd02::9' }],
    ],
    [
      'with a MAC',
      '{networks: {front: {mac_address: 02-42-AC-11-00-09}}}',
      [{ ...endpoint, mac: '02:42:ac:11:00:09' }],
    ],
    [
      'with a MAC at the service',
      '{mac_address: "02:42:ac:11:00:09", networks: {front: {priority: 1}, dual: {priority: 9}}}',
      [endpoint, { ...endpoint, network: 'dual', mac: '02:42:ac:11:00:09' }],
    ],
    [
      'with everything Compose knows of',
      '{networks: {front: {aliases: [a], interface_name: eth9, link_local_ips: [169.254.1.1], driver_opts: {a: b}, priority: 1, gw_priority: -1, x-note: n}}}',
      [endpoint],
    ],
    [
      'three times',
      '{deploy: {replicas: 3}, networks: [front]}',
      [1, 2, 3].map((replica) => ({ ...endpoint, replica })),
    ],
    [
      'three times, the short way',
      '{scale: 3, networks: [front]}',
      [1, 2, 3].map((replica) => ({ ...endpoint, replica })),
    ],
    ['not at all when scaled to none', '{scale: 0, networks: [front]}', []],
    ['not at all in host mode', '{network_mode: host}', []],
    ['not at all in another container', '{network_mode: "container:db"}', []],
    ['as usual when the mode is empty', '{network_mode: "", networks: [front]}', [endpoint]],
  ])('%s', (_, body, expected) => {
    expect(endpoints(service(body))).toEqual(expected)
  })

  test('in the order of the file', () => {
    const text = `services: {z: {networks: [n]}, a: {scale: 2, networks: [n]}, m: {networks: [n]}}\nnetworks: {n: }`
    expect(read(text).endpoints.map(({ service, replica }) => `${service}${replica}`)).toEqual([
      'z1',
      'a1',
      'a2',
      'm1',
    ])
  })
})

describe('a service is refused, with its place', () => {
  test.each([
    ['an undefined network', '{networks: [none]}', /2:20: services\.web: no network is called "none"/],
    ['networks as a word', '{networks: front}', /expected a list or a mapping of networks, found "front"/],
    [
      'a typo at a network',
      '{networks: {front: {ipv4: 10.1.0.9}}}',
      /unknown key "ipv4", expected one of aliases,/,
    ],
    [
      'an address outside the subnet',
      '{networks: {front: {ipv4_address: 10.9.0.9}}}',
      /10\.9\.0\.9 lies outside 10\.1\.0\.0\/24/,
    ],
    [
      'the network address',
      '{networks: {front: {ipv4_address: 10.1.0.0}}}',
      /is the network address of networks\.front/,
    ],
    ['the broadcast address', '{networks: {front: {ipv4_address: 10.1.0.255}}}', /is the broadcast address/],
    ['the gateway', '{networks: {front: {ipv4_address: 10.1.0.254}}}', /is the gateway of networks\.front/],
    [
      'the gateway that is not written',
      '{networks: {dual: {ipv4_address: 10.2.0.1}}}',
      /is the gateway of networks\.dual/,
    ],
    [
      'the anycast address',
      '{networks: {dual: {ipv6_address: "fd02::"}}}',
      /is the subnet-router anycast address/,
    ],
    [
      'IPv6 where there is none',
      '{networks: {front: {ipv6_address: "fd02::9"}}}',
      /has no IPv6: expected `enable_ipv6: true`/,
    ],
    [
      'IPv6 where IPv4 belongs',
      '{networks: {front: {ipv4_address: "fd02::9"}}}',
      /expected an IPv4 address, found "fd02::9"/,
    ],
    [
      'a static address in a subnet from a pool',
      '{networks: {pooled: {ipv4_address: 10.9.0.9}}}',
      /needs `ipam\.config` with a `subnet`/,
    ],
    [
      'a static address for two',
      '{scale: 2, networks: {front: {ipv4_address: 10.1.0.9}}}',
      /2 replicas cannot all be 10\.1\.0\.9 on networks\.front/,
    ],
    [
      'a MAC for two',
      '{scale: 2, networks: {front: {mac_address: "02:42:00:00:00:01"}}}',
      /2 replicas cannot all be 02:42:00:00:00:01/,
    ],
    ['a MAC of a group', '{mac_address: "01:00:5e:00:00:01"}', /is not the address of one station/],
    ['a MAC too short', '{mac_address: "02:42:00:00:01"}', /expected a MAC address such as/],
    [
      'two MACs',
      '{mac_address: "02:42:00:00:00:01", networks: {front: {mac_address: "02:42:00:00:00:02"}}}',
      /differ: keep one of them/,
    ],
    [
      'scale against replicas',
      '{scale: 2, deploy: {replicas: 3}}',
      /`scale` is 2 and `deploy\.replicas` is 3/,
    ],
    [
      'fewer than no replicas',
      '{deploy: {replicas: -1}}',
      /expected a whole number from 0 to 65535, found "-1"/,
    ],
    [
      'a mode and networks',
      '{network_mode: host, networks: [front]}',
      /`network_mode` and `networks` exclude one another/,
    ],
    [
      'a mode of no container',
      '{network_mode: "container:"}',
      /expected the name of a container after `container:`/,
    ],
    ['the mode of no service', '{network_mode: "service:db"}', /no service is called "db"/],
    ['its own mode', '{network_mode: "service:web"}', /cannot live in its own network/],
    ['links without a value', '{links: }', /expected a value after `links`, found nothing/],
    ['a MAC without a value', '{mac_address: }', /expected a value after `mac_address`, found nothing/],
    [
      'a priority without a value',
      '{networks: {front: {priority: }}}',
      /services\.web\.networks\.front: expected a value after `priority`/,
    ],
    ...['mode', 'name', 'app_protocol', 'host_ip'].map((key): [string, string, RegExp] => [
      `${key} of a port without a value`,
      `{ports: [{target: 80, ${key}: null}]}`,
      new RegExp(`services\\.web\\.ports\\[0\\]: expected a value after \`${key}\``),
    ]),
    [
      'an odd expose',
      '{expose: ["80:80"]}',
      /services\.web\.expose\[0\]: expected a container port or a range such as 8000-8010, found "80:80"/,
    ],
    ['an unknown protocol exposed', '{expose: [80/icmp]}', /2:21: .*found "icmp"/],
  ])('%s', (_, body, message) => {
    expect(refusal(service(body))).toMatch(message)
    expect(refusal(service(body))).toMatch(/^IntentError compose\.yaml:2:\d+: /)
  })

  test('an address that two services ask for', () => {
    const body = '{networks: {front: {ipv4_address: 10.1.0.9}}}'
    expect(refusal(`services:\n  a: ${body}\n  b: ${body}\n${networks}`)).toMatch(
      'compose.yaml:3:18: services.b and services.a both ask for 10.1.0.9 on networks.front',
    )
  })

  test.each([
    ['{a: {network_mode: "service:b"}, b: {network_mode: "service:a"}}', 'a', 'a -> b -> a'],
    [
      '{x: {network_mode: "service:a"}, a: {network_mode: "service:b"}, b: {network_mode: "service:c"}, c: {network_mode: "service:a"}}',
      'a',
      'a -> b -> c -> a',
    ],
  ])("services that live in one another's network: %s", (services, first, chain) => {
    expect(refusal(`services: ${services}`)).toMatch(
      `services.${first}.network_mode: services live in one another's network: ${chain}. Give one of them a network of its own`,
    )
  })
})

describe('what is not of our networks is left to its engine, and the rest is read', () => {
  const beside = (mode: string): string =>
    `services:\n  vpn: {ports: [80]}\n  app: {network_mode: "${mode}", ports: [81]}`
  test.each([
    ['none', ['it has no network']],
    ['bridge', ["it is on a network of the engine, which is not this file's. Use `networks` instead"]],
    ['default', ["it is on a network of the engine, which is not this file's. Use `networks` instead"]],
    ['shop_front', ["it is on a network of the engine, which is not this file's. Use `networks` instead"]],
    ['service:vpn', ['it lives in the network of vpn. Publish them at vpn']],
    ['container:q', ["it lives in the network of the container q, which is not this file's"]],
  ])('ports with network_mode %s', (mode, [why]) => {
    expect(mappings(beside(mode))).toEqual(['vpn#1 default 80'])
    expect(notes(beside(mode)).at(-1)).toMatch(
      `services.app: its ports are not published: with \`network_mode: ${mode}\` ${why}`,
    )
  })

  test('the mode that names a network of the engine, which may be a misspelt one', () => {
    expect(notes('services: {a: {network_mode: hosts}}')).toEqual([
      '1:30 services.a: network_mode hosts is a network of the engine: the service gets no address here: did you mean "host"?',
    ])
  })

  test.each(['weave', 'host', 'none', 'overlay'])('a network of driver %s', (driver) => {
    const text = `services: {a: {networks: [n, m]}, b: {networks: [n], ports: [81]}}\nnetworks: {n: {driver: ${driver}}, m: }`
    expect(read(text).networks.map(({ name }) => name)).toEqual(['m'])
    expect(notes(text)[0]).toBe(
      `2:24 networks.n: a network of driver ${driver} is not Portolan's: the engine makes it, and nothing is planned for it`,
    )
    expect(
      read(`services: {a: }\nnetworks: {n: {driver: ${driver}}}`.replace('a: ', 'a: {}')).endpoints,
    ).toHaveLength(1)
  })

  test('the external network host', () => {
    const text = 'services: {a: {networks: [n]}, b: {}}\nnetworks: {n: {external: true, name: host}}'
    expect(read(text).endpoints.map(({ service }) => service)).toEqual(['b'])
    expect(notes(text)).toEqual([
      '2:12 networks.n: the network "host" is no bridge: nothing is planned for it. Write `network_mode: host` at the service instead',
    ])
  })
})

describe('profiles', () => {
  const text = `services: {a: {ports: [1]}, b: {profiles: [debug], ports: [2]}, c: {profiles: [other, debug], ports: [3]}}`
  test.each([
    ['none', {}, ['a']],
    ['one', { profiles: ['debug'] }, ['a', 'b', 'c']],
    ['one by the environment', { environment: { COMPOSE_PROFILES: 'x, other' } }, ['a', 'c']],
    ['one by .env', { dotenv: { COMPOSE_PROFILES: 'other' } }, ['a', 'c']],
    ['all', { profiles: ['*'] }, ['a', 'b', 'c']],
  ])('%s enabled', (_, options, expected) => {
    expect(read(text, options).endpoints.map(({ service }) => service)).toEqual(expected)
  })

  test('what is not enabled is not checked either', () => {
    expect(read('services: {a: {}, b: {profiles: [x], networks: [none]}}').endpoints).toHaveLength(1)
  })
})

test('exposed ports make no mappings', () => {
  expect(mappings('services: {a: {expose: [80, "3000-3010/udp", "443/TCP"]}}')).toEqual([])
})

test('network_mode bridge leaves the service without an address here, and says so', () => {
  expect(notes('services:\n  a: {network_mode: bridge}')).toEqual([
    "2:21 services.a: network_mode bridge is the engine's own bridge: the service gets no address here",
  ])
})

test('ports of a service in host mode are not published, and it is said', () => {
  const text = 'services:\n  web: {network_mode: host, ports: ["80:80"]}'
  expect(mappings(text)).toEqual([])
  expect(notes(text)).toEqual([
    '2:37 services.web: its ports are not published: with `network_mode: host` its processes listen on the host itself',
  ])
})

describe('links', () => {
  test('are read with the names they give', () => {
    expect(read('services: {db: {}, web: {links: [db, "db:store"]}}').links).toMatchObject([
      { service: 'web', to: 'db', alias: 'db' },
      { service: 'web', to: 'db', alias: 'store' },
    ])
  })

  test('to no service are refused', () => {
    expect(refusal('services:\n  web: {links: [db]}')).toMatch(
      /2:17: services\.web\.links\[0\]: no service is called "db"/,
    )
  })
})
