import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { type MappingIntent, type NetworkIntent, readCompose } from '../../src/intent/index.ts'
import { type Resolution, resolve } from '../../src/resolve/index.ts'
import { endpointIntent, intent, mappingIntent, networkIntent, subnetIntent } from './intent.ts'

// V11 (moby, libnetwork/drivers/bridge/port_mapping_linux_test.go TestAddPortMappings): all rows, with the same
// container addresses. E is the first port of the ephemeral range.

const E = 49153
const ranges = { 'net.ipv4.ip_local_port_range': `${E}\t65535` }

/** A network in which the container has 172.19.0.2 and fdf8:b88e:bb5c:3483::2. */
const dual = networkIntent({
  ip: subnetIntent({ subnet: '172.19.0.0/16' }),
  ip6: subnetIntent({ subnet: 'fdf8:b88e:bb5c:3483::/64' }),
})
const fourOnly = { ...dual, ip6: null }
const routed = (...families: readonly ('ip' | 'ip6')[]): NetworkIntent => ({
  ...dual,
  ip: subnetIntent({ subnet: '172.19.0.0/16', mode: families.includes('ip') ? 'routed' : 'nat' }),
  ip6: subnetIntent({
    subnet: 'fdf8:b88e:bb5c:3483::/64',
    mode: families.includes('ip6') ? 'routed' : 'nat',
  }),
})

const add = (
  mappings: readonly (string | MappingIntent)[],
  network: NetworkIntent = dual,
  facts: HostFacts = {},
): Resolution =>
  resolve(
    intent({
      networks: [network],
      endpoints: [endpointIntent({ ip: '172.19.0.2', ip6: network.ip6 && 'fdf8:b88e:bb5c:3483::2' })],
      mappings: mappings.map((one) => (typeof one === 'string' ? mappingIntent(one) : one)),
    }),
    { sysctls: ranges, ...facts },
  )

const published = ({ desired }: Resolution): readonly string[] =>
  desired.mappings.map(
    ({ label, kind, targets: [{ port }] }) => `${kind} ${label.slice(0, label.indexOf('/'))} -> ${port}`,
  )

const errors = ({ conflicts }: Resolution): readonly string[] =>
  conflicts
    .filter(({ severity }) => severity === 'error')
    .map(({ kind, mapping }) => `${kind} ${mapping ?? ''}`)

const notes = (resolution: Resolution): readonly string[] => resolution.notes.map(({ text }) => text)

const listening = (address: string, port: number): HostFacts => ({
  sockets: [{ protocol: 'tcp', address, port, process: 'caddy', v6only: true }],
})

/** A port in both families. */
const both = (host: number, container: number): readonly string[] => [
  `nat 0.0.0.0:${host} -> ${container}`,
  `nat [::]:${host} -> ${container}`,
]

describe('V11: mappings of a network that translates', () => {
  test.each<[string, readonly string[], NetworkIntent, readonly string[]]>([
    ['defaults', ['22', '80'], dual, [...both(E, 22), ...both(E + 1, 80)]],
    ['a specific port', ['8080:80'], dual, both(8080, 80)],
    ['an IPv4-mapped host address', ['127.0.0.1:8080:80'], dual, ['nat 127.0.0.1:8080 -> 80']],
    ['a container of IPv4 only', ['0.0.0.0::80', '::::80'], fourOnly, [`nat 0.0.0.0:${E} -> 80`]],
    [
      'default host address 127.0.0.1',
      ['80'],
      { ...dual, hostBinding: '127.0.0.1' },
      [`nat 127.0.0.1:${E} -> 80`],
    ],
    ['default host address ::', ['80'], { ...dual, hostBinding: '::' }, [`nat [::]:${E} -> 80`]],
  ])('%s: %j', (_, mappings, network, expected) => {
    const resolution = add(mappings, network)
    expect(published(resolution)).toEqual(expected)
    expect(errors(resolution)).toEqual([])
  })

  test('an IPv4-mapped address is read as the IPv4 address it means, in a mapping and as a default', () => {
    const compose = `
name: shop
services: {web: {image: x, networks: [net], ports: ["[::ffff:127.0.0.1]:8080:80", "81"]}}
networks:
  net:
    enable_ipv6: true
    driver_opts: {com.docker.network.bridge.host_binding_ipv4: "::ffff:127.0.0.1"}
`
    const resolution = resolve(readCompose(compose, { source: 'compose.yaml' }), { sysctls: ranges })
    expect(published(resolution)).toEqual(['nat 127.0.0.1:8080 -> 80', `nat 127.0.0.1:${E} -> 81`])
  })

  // Docker publishes [::]:E too, through its userland proxy, which hides the client's address from the container.
  // Portolan has no proxy, so a note says what cannot be translated. Docker without a proxy leaves it out silently.
  test('a container of IPv4 only has no IPv6 port, and a note says so', () => {
    expect(notes(add(['0.0.0.0::80', '::::80'], fourOnly))).toEqual([
      'A port of nginx is bound to ::, but network web has no IPv6: nothing is published there.',
    ])
  })

  // Docker binds [::1]:E for its proxy. The kernel cannot send a packet from ::1 off the host.
  test('default host address ::1 is an error by name', () => {
    const resolution = add(['80'], { ...dual, hostBinding: '::1' })
    expect(published(resolution)).toEqual([])
    expect(errors(resolution)).toEqual([`LoopbackUnreachable [::1]:${E}/tcp -> nginx:80`])
  })

  test('several host addresses of one container port share one host port', () => {
    const [a, b, c] = ['192.168.1.2', 'fd0c:9167:5b11::2', 'fd0c:9167:5b11::3']
    const resolution = add([
      `${a}::22`,
      `${b}::22`,
      `${c}::22`,
      `${a}::80`,
      `${b}::80`,
      '12345:12345',
      '12345-12346:12345',
    ])
    expect(errors(resolution)).toEqual([])
    expect([...published(resolution)].sort()).toEqual(
      [
        `nat ${a}:${E} -> 22`,
        `nat [${b}]:${E} -> 22`,
        `nat [${c}]:${E} -> 22`,
        `nat ${a}:${E + 1} -> 80`,
        `nat [${b}]:${E + 1} -> 80`,
        ...both(12345, 12345),
        ...both(12346, 12345),
      ].sort(),
    )
  })
})

describe('V11: mappings whose port is busy', () => {
  test('a specific one is an error that names the socket and its holder', () => {
    const resolution = add(['8080:80'], dual, listening('0.0.0.0', 8080))
    expect(errors(resolution)).toEqual(['HostPortTaken 0.0.0.0:8080/tcp -> nginx:80'])
    expect(resolution.conflicts[0]?.message).toMatch(/^caddy already listens on 0\.0\.0\.0:8080\/tcp\./)
  })

  // Docker takes another port of the range: 8081 for both families. Here a range means all its ports (DESIGN, section
  // 3). So all are promised, and the one that cannot be kept is reported.
  test('one of a range of host ports is an error, and the others are published in both families', () => {
    const resolution = add(['8080-8081:80'], dual, listening('0.0.0.0', 8080))
    expect(errors(resolution)).toEqual(['HostPortTaken 0.0.0.0:8080/tcp -> nginx:80'])
    expect(published(resolution)).toEqual(expect.arrayContaining([...both(8081, 80)]))
  })

  // As above: Docker gives 80 8080, 81 8081, and 82 8083 in each protocol and family.
  test('of three container ports in two protocols, only that of the protocol it is busy in is an error', () => {
    const ranges = ['tcp', 'udp'].map((protocol) =>
      mappingIntent('8080-8082:80-82', { protocol: protocol === 'udp' ? 'udp' : 'tcp' }),
    )
    const resolution = add(ranges, dual, listening('0.0.0.0', 8082))
    expect(errors(resolution)).toEqual(['HostPortTaken 0.0.0.0:8082/tcp -> nginx:82'])
    expect(resolution.desired.mappings).toHaveLength(12)
  })

  test('of three container ports on three host ports is an error in Docker too', () => {
    const resolution = add(['8080-8082:80-82'], dual, listening('0.0.0.0', 8081))
    expect(errors(resolution)).toEqual(['HostPortTaken 0.0.0.0:8081/tcp -> nginx:81'])
  })

  test('in one family, an automatic port is another one in both', () => {
    expect(published(add(['80'], dual, listening('::', E)))).toEqual(both(E + 1, 80))
  })
})

describe('V11: mappings of a network that routes', () => {
  const four = (port: number): string => `direct 172.19.0.2:${port} -> ${port}`
  const six = (port: number): string => `direct [fdf8:b88e:bb5c:3483::2]:${port} -> ${port}`
  const nat4 = (host: number, port: number): string => `nat 0.0.0.0:${host} -> ${port}`
  const nat6 = (host: number, port: number): string => `nat [::]:${host} -> ${port}`

  test.each<[string, NetworkIntent, readonly string[]]>([
    ['in IPv6', routed('ip6'), [nat4(E, 22), six(22), nat4(E + 1, 80), six(80)]],
    ['in IPv4', routed('ip'), [four(22), nat6(E, 22), four(80), nat6(E + 1, 80)]],
    ['in both', routed('ip', 'ip6'), [four(22), six(22), four(80), six(80)]],
  ])('%s open the container’s own port there, with no host port', (_, network, expected) => {
    expect(published(add(['22', '80'], network))).toEqual(expected)
  })

  test.each<[string, string, string]>([
    ['127.0.0.1', '127.0.0.1::22', four(22)],
    ['::1', '::1::22', six(22)],
    ['192.0.2.2', '192.0.2.2::22', four(22)],
    ['2001:db8::2', '2001:db8::2::22', six(22)],
  ])('ignore the host address %s, and say so', (address, mapping, expected) => {
    const resolution = add([mapping], routed('ip', 'ip6'))
    expect(published(resolution)).toEqual([expected])
    expect(notes(resolution)).toEqual([
      `Host address ${address} of nginx: ignored, network web is routed and translates nothing.`,
    ])
  })

  test('ignore the host port 2222, and say so', () => {
    const resolution = add(['0.0.0.0:2222:22'], routed('ip', 'ip6'))
    expect(published(resolution)).toEqual([four(22)])
    expect(notes(resolution)).toEqual([
      'Host port 2222 of nginx: ignored for IPv4, network web is routed and translates nothing; its container port is opened instead.',
    ])
  })
})

// The bridge driver's own conflicts between networks (bridge_linux.go).
describe('V11: networks that cannot be side by side', () => {
  const compose = (networks: string): (() => unknown) => {
    const names = [...networks.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name)
    const text = `name: shop\nservices: {web: {image: x, networks: [${names.join(', ')}]}}\nnetworks:\n${networks}`
    return () => readCompose(text, { source: 'compose.yaml' })
  }
  const subnet = (text: string): string => `enable_ipv6: true, ipam: {config: [{subnet: "${text}"}]}`
  const bridge = 'driver_opts: {com.docker.network.bridge.name: br-x}'

  test.each([
    ['the same bridge', `  a: {${bridge}}\n  b: {${bridge}}\n`, 'name the same bridge, br-x'],
    [
      'overlapping IPv4 subnets',
      `  a: {${subnet('10.9.0.0/16')}}\n  b: {${subnet('10.9.8.0/24')}}\n`,
      'overlaps 10.9.0.0/16',
    ],
    [
      'overlapping IPv6 subnets',
      `  a: {${subnet('fd00::/48')}}\n  b: {${subnet('fd00:0:0:8::/64')}}\n`,
      'overlaps fd00::/48',
    ],
    ['a part of fe80::/64', `  a: {${subnet('fe80::/80')}}\n`, 'overlaps fe80::/10'],
    // Docker accepts this, because every bridge has it anyway. But then no other network can be distinguished from it.
    ['fe80::/64 itself', `  a: {${subnet('fe80::/64')}}\n`, 'overlaps fe80::/10'],
    ['multicast', `  a: {${subnet('224.0.0.0/8')}}\n`, 'overlaps 224.0.0.0/4'],
    ['multicast of IPv6', `  a: {${subnet('ff02::/64')}}\n`, 'overlaps ff00::/8'],
  ])('with %s are refused, with the place', (_, networks, message) => {
    expect(compose(networks)).toThrow(message)
    expect(compose(networks)).toThrow(/^compose\.yaml:\d+:\d+: /)
  })
})
