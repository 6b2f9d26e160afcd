import type { HostFacts, InterfaceFact, RouteFact, SocketFact } from '@portolan/netfilter'
import { formatPrefix, parseInterfaceAddress, prefixAround } from '@portolan/netfilter'
import fc from 'fast-check'
import { interfaceName } from './names.ts'

const byte = fc.nat(255)

/** Addresses in and around the pools more often than elsewhere. */
const address4: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(byte, byte, byte).map(([b, c, d]) => `10.${b}.${c}.${d}`),
  fc.tuple(fc.integer({ min: 16, max: 31 }), byte, byte).map(([b, c, d]) => `172.${b}.${c}.${d}`),
  fc.tuple(byte, byte).map(([c, d]) => `192.168.${c}.${d}`),
  fc.tuple(fc.integer({ min: 1, max: 223 }), byte, byte, byte).map((parts) => parts.join('.')),
)

const address6: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('fd00', 'fd12', '2001', 'fe80'), fc.nat(0xffff), fc.integer({ min: 1, max: 0xffff }))
  .map(([first, second, last]) => `${first}:${second.toString(16)}::${last.toString(16)}`)

const withLength = (address: fc.Arbitrary<string>, min: number, max: number): fc.Arbitrary<string> =>
  fc.tuple(address, fc.integer({ min, max })).map(([text, length]) => `${text}/${length}`)

/** An address with its host bits, as an interface has it. */
const interfaceAddress = fc.oneof(withLength(address4, 8, 32), withLength(address6, 32, 128))

const masked = (text: string): string => {
  const { address, length } = parseInterfaceAddress(text)
  return formatPrefix(prefixAround(address, length))
}

const prefix = interfaceAddress.map(masked)

const interfaceFact = (index: number): fc.Arbitrary<InterfaceFact> =>
  fc.record(
    {
      name: interfaceName.map((name) => `${name.slice(0, 14)}${index}`),
      index: fc.constant(index + 3),
      up: fc.boolean(),
      kind: fc.constantFrom('veth', 'wireguard', 'bridge', 'dummy'),
      addresses: fc.array(interfaceAddress, { maxLength: 3 }),
    },
    { requiredKeys: ['name'] },
  )

const route: fc.Arbitrary<RouteFact> = fc.record(
  {
    destination: fc.oneof({ weight: 5, arbitrary: prefix }, fc.constant('default')),
    interface: fc.option(interfaceName),
    table: fc.constantFrom(254, 255, 100, 51820),
    type: fc.constantFrom('unicast', 'unicast', 'blackhole', 'unreachable', 'prohibit', 'throw'),
    scope: fc.constantFrom('universe', 'link'),
  },
  { requiredKeys: ['destination'] },
)

/** Default routes cut in halves, always both: one half alone is a route like any other. */
const splitDefault: fc.Arbitrary<readonly RouteFact[]> = fc.constantFrom(
  [],
  [{ destination: '0.0.0.0/1' }, { destination: '128.0.0.0/1' }],
  [
    { destination: '::/1', table: 51820 },
    { destination: '8000::/1', table: 51820 },
  ],
)

const socket: fc.Arbitrary<SocketFact> = fc.record(
  {
    protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
    address: fc.constantFrom('0.0.0.0', '::', '127.0.0.1', '192.0.2.2'),
    port: fc.oneof(fc.integer({ min: 8000, max: 8012 }), fc.integer({ min: 1, max: 65535 })),
    process: fc.string({ maxLength: 10 }),
  },
  { requiredKeys: ['port'] },
)

const flag = fc.constantFrom('0', '1')

/**
 * Any host, from a bare one to one with networks in half of the pools. It shrinks to a host without facts.
 * @example
 * await fc.assert(fc.asyncProperty(arbitraryFacts(), async (facts) => {
 *   const host = fakeHost(facts)
 *   const plan = await host.plan(intent, { pools: ['100.64.0.0/10:24', 'classic', 'docker'] })
 *   await host.apply(plan)
 *   expect((await host.plan(intent)).changes).toEqual([])
 * }))
 * @public @since 0.1.0
 */
export const arbitraryFacts = (): fc.Arbitrary<HostFacts> =>
  fc.record(
    {
      interfaces: fc
        .nat(3)
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => interfaceFact(index)))),
      routes: fc
        .tuple(fc.array(route, { maxLength: 6 }), splitDefault)
        .map(([routes, split]) => [...routes, ...split]),
      nameservers: fc.array(fc.oneof(address4, address6), { maxLength: 3 }),
      sockets: fc.array(socket, { maxLength: 5 }),
      sysctls: fc.record(
        {
          'net.ipv4.ip_forward': flag,
          'net.ipv6.conf.all.forwarding': flag,
          'net.ipv4.conf.all.route_localnet': flag,
          'net.bridge.bridge-nf-call-iptables': flag,
          'net.ipv4.ip_local_port_range': fc.constantFrom('32768\t60999', '1024 65535', '8000 8100'),
          'net.ipv4.ip_local_reserved_ports': fc.constantFrom('', '8080,8005-8009'),
        },
        { requiredKeys: [] },
      ),
      networks: fc.array(
        fc.record({
          engine: fc.constantFrom('podman', 'docker'),
          name: fc.string({ maxLength: 8 }),
          subnets: fc.array(prefix, { maxLength: 2 }),
        }),
        { maxLength: 2 },
      ),
      machineId: fc.stringMatching(/^[0-9a-f]{32}$/),
    },
    { requiredKeys: [] },
  )
