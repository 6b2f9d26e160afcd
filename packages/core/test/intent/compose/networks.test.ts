import { describe, expect, test } from '@jest/globals'
import type { NetworkIntent } from '@portolan/core'
import { notes, read } from './read.ts'

const network = (body: string): NetworkIntent => {
  const [first] = read(`networks:\n  net: ${body}\nservices: {web: {networks: [net]}}`).networks
  if (first === undefined) throw new Error('no network was read')
  return first
}

const plain = {
  name: 'net',
  external: false,
  externalName: null,
  bridge: null,
  internal: false,
  icc: true,
  masquerade: true,
  hostBinding: null,
  mtu: null,
  pools: null,
  ip: { subnet: null, gateway: null, ipRange: null, mode: 'nat' },
  ip6: null,
  place: { source: 'compose.yaml', line: 2, column: 3 },
}

describe('a network', () => {
  test.each<[string, string, Partial<Record<keyof NetworkIntent, unknown>>]>([
    ['with nothing said', '', {}],
    ['with driver bridge', '{driver: bridge}', {}],
    ['internal', '{internal: true}', { internal: true }],
    ['internal, as a string', '{internal: "true"}', { internal: true }],
    ['internal, in YAML 1.1', '{internal: yes}', { internal: true }],
    [
      'with IPv6',
      '{enable_ipv6: true}',
      { ip6: { subnet: null, gateway: null, ipRange: null, mode: 'nat' } },
    ],
    [
      'with IPv6 only',
      '{enable_ipv4: false, enable_ipv6: true}',
      { ip: null, ip6: { subnet: null, gateway: null, ipRange: null, mode: 'nat' } },
    ],
    [
      'with a subnet, a gateway and a range',
      '{ipam: {driver: default, config: [{subnet: 172.28.0.0/16, gateway: 172.28.5.254, ip_range: 172.28.5.0/24}]}}',
      { ip: { subnet: '172.28.0.0/16', gateway: '172.28.5.254', ipRange: '172.28.5.0/24', mode: 'nat' } },
    ],
    [
      'with a subnet of each family, in any order',
      '{enable_ipv6: true, ipam: {config: [{subnet: "FD00:28:0::/64", gateway: "fd00:28::1"}, {subnet: 10.9.0.0/24}]}}',
      {
        ip: { subnet: '10.9.0.0/24', gateway: null, ipRange: null, mode: 'nat' },
        ip6: { subnet: 'fd00:28::/64', gateway: 'fd00:28::1', ipRange: null, mode: 'nat' },
      },
    ],
    [
      'with a /31',
      '{ipam: {config: [{subnet: 10.0.0.0/31, gateway: 10.0.0.0}]}}',
      {
        ip: { subnet: '10.0.0.0/31', gateway: '10.0.0.0', ipRange: null, mode: 'nat' },
      },
    ],
    ['with an empty ipam entry', '{ipam: {config: [{}]}}', {}],
    [
      'with a bridge name',
      '{driver_opts: {com.docker.network.bridge.name: br-shop.1}}',
      { bridge: 'br-shop.1' },
    ],
    ['without icc', '{driver_opts: {com.docker.network.bridge.enable_icc: "false"}}', { icc: false }],
    [
      'without icc, as a boolean',
      '{driver_opts: {com.docker.network.bridge.enable_icc: false}}',
      { icc: false },
    ],
    [
      'without masquerade',
      '{driver_opts: {com.docker.network.bridge.enable_ip_masquerade: "0"}}',
      { masquerade: false },
    ],
    [
      'bound to a host address',
      '{driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}}',
      { hostBinding: '127.0.0.1' },
    ],
    [
      'bound to no host address in particular',
      '{driver_opts: {com.docker.network.bridge.host_binding_ipv4: 0.0.0.0}}',
      { hostBinding: null },
    ],
    ['with an MTU', '{driver_opts: {com.docker.network.driver.mtu: "1450"}}', { mtu: 1450 }],
    ['with the default MTU', '{driver_opts: {com.docker.network.driver.mtu: 0}}', { mtu: null }],
    [
      'with gateway modes',
      '{enable_ipv6: true, driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: nat-unprotected, com.docker.network.bridge.gateway_mode_ipv6: routed}}',
      {
        ip: { subnet: null, gateway: null, ipRange: null, mode: 'nat-unprotected' },
        ip6: { subnet: null, gateway: null, ipRange: null, mode: 'routed' },
      },
    ],
    [
      'isolated',
      '{internal: true, driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: isolated}}',
      { internal: true, ip: { subnet: null, gateway: null, ipRange: null, mode: 'isolated' } },
    ],
    ['from one pool', '{x-portolan: {pool: docker}}', { pools: ['docker'] }],
    [
      'from several pools',
      '{x-portolan: {pool: ["10.64.0.0/12:24", classic]}}',
      {
        pools: ['10.64.0.0/12:24', 'classic'],
      },
    ],
    ['external', '{external: true}', { external: true, externalName: 'net' }],
    [
      'external under another name',
      '{external: true, name: proxy_web}',
      {
        external: true,
        externalName: 'proxy_web',
      },
    ],
    [
      'external in the old form',
      '{external: {name: proxy_web}}',
      { external: true, externalName: 'proxy_web' },
    ],
    ['with external: false', '{external: false, name: shop-net}', {}],
  ])('%s', (_, body, expected) => {
    expect(network(body)).toEqual({ ...plain, ...expected })
  })
})

describe('the implicit default network', () => {
  test('is there when a service names no network, and the last of all', () => {
    const { networks } = read('services: {a: {}, b: {networks: [n]}}\nnetworks: {n: }')
    expect(networks.map(({ name, place }) => [name, place?.line ?? null])).toEqual([
      ['n', 2],
      ['default', null],
    ])
  })

  test('is not there when no service uses it', () => {
    expect(read('services: {b: {networks: [n]}}\nnetworks: {n: }').networks.map(({ name }) => name)).toEqual([
      'n',
    ])
    expect(read('services: {a: {network_mode: host}}').networks).toEqual([])
  })

  test('is what the file says it is when the file does', () => {
    const { networks } = read('services: {a: {}}\nnetworks: {default: {external: true, name: web}}')
    expect(networks).toMatchObject([{ name: 'default', external: true, externalName: 'web' }])
  })
})

describe('networks that are not built', () => {
  test.each(['overlay', 'weave'])('one of driver %s is named, and the rest of the file is read', (driver) => {
    const text = `services:
  lan: {networks: [lan], ports: ["80:80"]}
  both: {networks: [lan, web], ports: ["81:81"]}
networks:
  lan: {driver: ${driver}, driver_opts: {parent: eth0}, ipam: {config: [{subnet: 192.168.1.0/24}]}}
  web:
`
    const intent = read(text)
    expect(intent.networks.map(({ name }) => name)).toEqual(['web'])
    expect(intent.endpoints.map(({ service, network: on }) => [service, on])).toEqual([['both', 'web']])
    expect(intent.mappings.map(({ service, network: on }) => [service, on])).toEqual([['both', 'web']])
    expect(notes(text)).toEqual([
      `5:17 networks.lan: a network of driver ${driver} is not Portolan's: the engine makes it, and nothing is planned for it`,
      '2:34 services.lan: its ports are not published: it is on no network of Portolan',
    ])
  })

  test('macvtap is named as not done', () => {
    expect(notes('services: {web: {networks: [lan]}}\nnetworks: {lan: {driver: macvtap}}')).toEqual([
      "2:26 networks.lan: a network of driver macvtap is not Portolan's: the engine makes it, and nothing is planned for it. macvtap, which is for virtual machines, is not done; macvlan is",
    ])
  })

  test('one that Docker has from the plugin of Portolan is named as that', () => {
    expect(notes('services: {web: {networks: [lan]}}\nnetworks: {lan: {driver: portolan}}')).toEqual([
      '2:26 networks.lan: a network of driver portolan is one of Docker: `portolan docker-plugin` makes it for Docker, and nothing is planned for it. Leave the driver out to have it planned from this file',
    ])
  })

  test.each([
    ['that no service is on', 'services: {web: {}}\nnetworks: {n: , m: {external: true}}', ['default']],
    [
      'that only a service of another profile is on',
      'services: {web: {}, b: {profiles: [x], networks: [n]}}\nnetworks: {n: }',
      ['default'],
    ],
    [
      'default, when every service names others',
      'services: {web: {networks: [n]}}\nnetworks: {n: , default: {internal: true}}',
      ['n'],
    ],
  ])('one %s', (_, text, names) => {
    expect(read(text).networks.map(({ name }) => name)).toEqual(names)
  })
})
