import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../../test/from-json.ts'
import { type IntentBuilder, intent, readCompose } from '../../../src/index.ts'

/** The intent without places in files, with its keys in one order. */
const bare = (value: unknown): unknown =>
  fromJson(JSON.stringify(value, (key, part) => (key === 'place' || key === 'links' ? undefined : part)))

const cases: readonly (readonly [name: string, built: () => IntentBuilder, compose: string])[] = [
  [
    'a service with a port on the implicit network',
    () => intent('shop').service('web', { ports: [{ hostPort: 8080, port: 80 }] }),
    'services: {web: {ports: ["8080:80"]}}',
  ],
  [
    'a network with all that can be said of one',
    () =>
      intent('shop')
        .network('web', {
          pool: ['classic', { base: '10.200.0.0/16', size: 24 }],
          ipv4: { subnet: '10.5.0.0/24', gateway: '10.5.0.9', ipRange: '10.5.0.128/25', mode: 'routed' },
          ipv6: { subnet: 'FD00:0:0::/64', mode: 'nat-unprotected' },
          icc: false,
          masquerade: false,
          mtu: 1400,
          bridge: 'br-shop',
        })
        .service('a', {
          networks: { web: { ip: '10.5.0.130', ip6: 'fd00::0130', mac: '02:42:0A:05:00:82' } },
        }),
    `networks:
  web:
    enable_ipv6: true
    x-portolan: {pool: [classic, "10.200.0.0/16:24"]}
    ipam: {config: [{subnet: 10.5.0.0/24, gateway: 10.5.0.9, ip_range: 10.5.0.128/25}, {subnet: "fd00::/64"}]}
    driver_opts:
      com.docker.network.bridge.name: br-shop
      com.docker.network.bridge.enable_icc: "false"
      com.docker.network.bridge.enable_ip_masquerade: "false"
      com.docker.network.bridge.gateway_mode_ipv4: routed
      com.docker.network.bridge.gateway_mode_ipv6: nat-unprotected
      com.docker.network.driver.mtu: "1400"
services:
  a: {networks: {web: {ipv4_address: 10.5.0.130, ipv6_address: "fd00::130", mac_address: "02:42:0a:05:00:82"}}}`,
  ],
  [
    'an internal network, and one that binds its ports',
    () =>
      intent('shop')
        .network('back', { internal: true })
        .network('front', { hostBinding: '127.0.0.1' })
        .service('db', { networks: ['back'] })
        .service('web', { networks: ['back', 'front'], ports: [{ hostPort: 80, port: 80 }] }),
    `networks:
  back: {internal: true}
  front: {driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}}
services:
  db: {networks: [back]}
  web: {networks: [back, front], ports: ["80:80"]}`,
  ],
  [
    'ports with a range, an address, allowed sources, an interface, weights and no number',
    () =>
      intent('shop')
        .service('a', {
          ports: [
            { hostPort: '5000-5009', port: '6000-6009', protocol: 'udp', hostAddress: '192.0.2.2' },
            { hostPort: '8000-8009', port: 80, allowFrom: ['198.51.100.7', '2001:DB8::/32'] },
            { hostPort: 'auto', port: 90, protocol: 'sctp' },
            { hostPort: 443, port: 443, interface: 'eth0', weight: 3 },
          ],
        })
        .service('b', { ports: [{ hostPort: 443, port: 443, interface: 'eth0', weight: 1 }] }),
    `services:
  a:
    ports:
      - "192.0.2.2:5000-5009:6000-6009/udp"
      - {published: "8000-8009", target: 80, x-portolan: {allow_from: [198.51.100.7, "2001:db8::/32"]}}
      - "90/sctp"
      - {published: "443", target: 443, x-portolan: {interface: eth0, weight: 3}}
  b: {ports: [{published: "443", target: 443, x-portolan: {interface: eth0, weight: 1}}]}`,
  ],
]

describe('an intent that a program builds', () => {
  test.each(cases)('is the same as that of a Compose file: %s', (_name, built, compose) => {
    expect(bare(built())).toEqual(bare(readCompose(compose, { source: 'compose.yaml', project: 'shop' })))
  })

  test('is a value: what is said later leaves it as it was', () => {
    const first = intent('shop').network('web')
    const second = first.service('nginx', { networks: ['web'] })
    expect([first.endpoints.length, second.endpoints.length]).toEqual([0, 1])
  })

  test('a network that is said again is what was said last', () => {
    const { networks } = intent('shop').network('web', { icc: false }).network('web', { mtu: 1400 })
    expect(networks.map(({ name, icc, mtu }) => ({ name, icc, mtu }))).toEqual([
      { name: 'web', icc: true, mtu: 1400 },
    ])
  })

  test.each<readonly [string, () => unknown, string]>([
    ['a project', () => intent('Shop!'), '"Shop!" cannot name a project'],
    [
      'a network that is not there',
      () => intent('shop').service('a', { networks: ['web'] }),
      '.network("web")',
    ],
    [
      'a port on a network that the service is not on',
      () => intent('shop').service('a', { ports: [{ hostPort: 80, port: 80, network: 'web' }] }),
      'a port of a names network web',
    ],
    [
      'a host port',
      () => intent('shop').service('a', { ports: [{ hostPort: '80-70', port: 80 }] }),
      'hostPort is "80-70": expected a port from 1 to 65535, a range such as "8000-8009", or "auto".',
    ],
    [
      'a container port',
      () => intent('shop').service('a', { ports: [{ hostPort: 80, port: 0 }] }),
      'to.port is 0: expected a port from 1 to 65535, or a range such as "8000-8009".',
    ],
    [
      'a source',
      () => intent('shop').service('a', { ports: [{ hostPort: 80, port: 80, allowFrom: ['home'] }] }),
      'allowFrom has "home" in it',
    ],
    [
      'an address of the other family',
      () => intent('shop').service('a', { networks: { default: { ip: 'fd00::1' } } }),
      'ip is "fd00::1": expected an address such as 172.17.0.10.',
    ],
    [
      'a MAC',
      () => intent('shop').service('a', { networks: { default: { mac: 'zz' } } }),
      'is "zz": expected a MAC address such as 02:42:ac:11:00:01',
    ],
    [
      'a network of no family',
      () => intent('shop').network('web', { ipv4: false }),
      'network web has neither IPv4 nor IPv6',
    ],
    ['a service that is there', () => intent('shop').service('a').service('a'), 'service a exists already'],
    ['a pool', () => intent('shop').network('web', { pool: 'large' }), 'large'],
  ])('refuses %s by name', (_name, build, words) => {
    expect(build).toThrow(words)
    expect(build).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })
})
