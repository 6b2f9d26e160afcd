import type {
  DesiredMapping,
  DesiredNetwork,
  DesiredOpening,
  DesiredState,
  DesiredSubnet,
  DesiredTarget,
  GatewayMode,
} from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import fc from 'fast-check'

/** Interface names with any characters that the kernel allows. */
const interfaceName = fc
  .string({ unit: fc.constantFrom(...'abcXYZ019-_.@#$%&;{}()!~+=,é漢'), minLength: 1, maxLength: 5 })
  .filter((name) => name !== '.' && name !== '..' && !name.startsWith('@'))

/** Labels that try to break out of their quotes. */
const label = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('0.0.0.0:8080/tcp -> nginx:80', '"; flush ruleset; "', 'a\nflush ruleset', '漢'.repeat(90)),
)

const address = (family: Family, network: number, host: number): string =>
  family === 'ip' ? `172.${16 + network}.0.${host}` : `fd00:${network + 1}::${host.toString(16)}`

const subnet = (family: Family, network: number): fc.Arbitrary<DesiredSubnet> =>
  fc
    .record({
      mode: fc.constantFrom<GatewayMode>('nat', 'nat', 'nat-unprotected', 'routed', 'isolated'),
      masquerade: fc.boolean(),
    })
    .map(({ mode, masquerade }) => ({
      subnet: family === 'ip' ? `172.${16 + network}.0.0/16` : `fd00:${network + 1}::/64`,
      gateway: mode === 'isolated' ? null : address(family, network, 254),
      mode,
      masquerade: masquerade && mode !== 'routed',
    }))

const network = (index: number, firstSubnet: number): fc.Arbitrary<DesiredNetwork> =>
  fc.record({
    name: fc.constantFrom('web', 'default', `net ${index}`, 'quo"te'),
    bridge: interfaceName.map((name) => `br${firstSubnet + index}${name}`),
    external: fc.boolean(),
    internal: fc.boolean(),
    icc: fc.boolean(),
    mtu: fc.constant(null),
    ip: fc.option(subnet('ip', firstSubnet + index)),
    ip6: fc.option(subnet('ip6', firstSubnet + index)),
  })

const target = (family: Family, firstSubnet: number): fc.Arbitrary<DesiredTarget> =>
  fc
    .record({
      net: fc.nat(2),
      host: fc.integer({ min: 1, max: 200 }),
      port: fc.integer({ min: 1, max: 65535 }),
      weight: fc.integer({ min: 1, max: 9 }),
    })
    .map(({ net, host, port, weight }) => ({
      service: 's',
      replica: 1,
      network: 'web',
      address: address(family, firstSubnet + net, host),
      port,
      weight,
    }))

const hostAddresses = {
  ip: ['192.0.2.2', '192.0.2.3', '127.0.0.1'],
  ip6: ['2001:db8::2', '2001:db8:0:1::3', '::1'],
} as const

const prefixes = {
  ip: [
    '10.0.0.0/8',
    '10.1.0.0/16',
    '192.0.2.0/25',
    '192.0.2.128/25',
    '198.51.100.7/32',
    '0.0.0.0/0',
    '10.0.0.0/9',
  ],
  ip6: ['2001:db8::/32', '2001:db8:1::/48', 'fd00::/8', '2001:db8::1/128', '::/0', 'fe80::/10'],
} as const

const mapping = (firstSubnet: number, ports: fc.Arbitrary<number>): fc.Arbitrary<DesiredMapping> =>
  fc.constantFrom<Family>('ip', 'ip6').chain((family) =>
    fc.record({
      label,
      family: fc.constant(family),
      protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
      kind: fc.constantFrom('nat', 'nat', 'nat', 'direct'),
      hostAddress: fc.option(fc.constantFrom(...hostAddresses[family])),
      hostPort: ports,
      interface: fc.option(fc.oneof(interfaceName, fc.constantFrom('eth0', 'drop', 'eth1')), { freq: 3 }),
      allowFrom: fc.option(fc.uniqueArray(fc.constantFrom(...prefixes[family]), { maxLength: 5 }), {
        freq: 3,
      }),
      targets: fc
        .tuple(target(family, firstSubnet), fc.array(target(family, firstSubnet), { maxLength: 2 }))
        .map(([first, more]): readonly [DesiredTarget, ...DesiredTarget[]] => [first, ...more]),
    }),
  )

const opening = (networks: readonly DesiredNetwork[], firstSubnet: number): fc.Arbitrary<DesiredOpening> =>
  fc.constantFrom<Family>('ip', 'ip6').chain((family) => {
    const host = fc.integer({ min: 1, max: 200 })
    const names = networks.map(({ name }) => name)
    const member = fc.tuple(fc.nat(2), host).map(([at, number]) => address(family, firstSubnet + at, number))
    const container = fc.record({
      kind: fc.constant('container' as const),
      network: fc.constantFrom('elsewhere', ...names),
      address: member,
    })
    const common = { label, family: fc.constant(family), network: fc.constantFrom('elsewhere', ...names) }
    const ports = fc.uniqueArray(
      fc.record({
        protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
        port: fc.integer({ min: 1, max: 65535 }),
      }),
      { minLength: 1, maxLength: 3, selector: ({ protocol, port }) => `${protocol} ${port}` },
    )
    return fc.oneof(
      fc.record({ ...common, address: member, from: container, ports }),
      fc.record({
        ...common,
        address: fc.option(member),
        from: fc.oneof(
          container,
          fc.record({
            kind: fc.constant('interface' as const),
            name: fc.oneof(interfaceName, fc.constant('wg0')),
          }),
          fc.record({ kind: fc.constant('prefix' as const), prefix: fc.constantFrom(...prefixes[family]) }),
          fc.record({
            kind: fc.constant('network' as const),
            network: fc.constantFrom('elsewhere', ...names),
          }),
        ),
        ports: fc.constant(null),
      }),
    )
  })

const keyOf = ({ family, protocol, hostAddress, interface: name, hostPort }: DesiredMapping): string =>
  JSON.stringify([family, protocol, hostAddress, name, hostPort])

/**
 * Valid desired states of one project. Projects with different `firstSubnet` (0, 4, 8) never overlap in subnets or
 * bridges. There are few host ports, so that they collide in all possible ways.
 */
export const desiredState = (project = 'demo', firstSubnet = 0): fc.Arbitrary<DesiredState> =>
  unopened(project, firstSubnet).chain((desired) =>
    fc
      .option(fc.array(opening(desired.networks, firstSubnet), { maxLength: 6 }))
      .map((openings) => (openings === null ? desired : { ...desired, openings })),
  )

const unopened = (project: string, firstSubnet: number): fc.Arbitrary<DesiredState> =>
  fc.record({
    project: fc.constant(project),
    networks: fc
      .nat(3)
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => network(at, firstSubnet)))),
    endpoints: fc.constant([]),
    mappings: fc
      .array(mapping(firstSubnet, fc.integer({ min: 8000, max: 8004 })), { maxLength: 12 })
      .map((mappings) => [...new Map(mappings.map((found) => [keyOf(found), found])).values()])
      .map((mappings) =>
        mappings.map((found) => (found.kind === 'direct' ? { ...found, hostAddress: null } : found)),
      )
      .map((mappings) => [...new Map(mappings.map((found) => [keyOf(found) + found.kind, found])).values()]),
    guardForwarding: fc.boolean(),
  })
