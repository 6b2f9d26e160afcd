import type { Intent, MappingIntent, NetworkIntent } from '@portolan/core'
import fc from 'fast-check'
import { addressesOf, ports } from '../differential/scene.ts'
import { one, seldom } from '../differential/vocabulary.ts'

const network = (letter: 'a' | 'b'): NetworkIntent => {
  const number = letter === 'a' ? 1 : 2
  const bridge = `br-${letter}`
  return {
    name: bridge,
    external: false,
    externalName: null,
    bridge,
    internal: false,
    icc: true,
    masquerade: true,
    hostBinding: null,
    mtu: null,
    pools: null,
    ip: { subnet: `172.30.${number}.0/24`, gateway: `172.30.${number}.1`, ipRange: null, mode: 'nat' },
    ip6: { subnet: `fd00:30:${number}::/64`, gateway: `fd00:30:${number}::1`, ipRange: null, mode: 'nat' },
    place: null,
  }
}

const services = { a: ['a1', 'a2'], b: ['b1'] } as const

const hostAddress: fc.Arbitrary<string | null> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  {
    weight: 2,
    arbitrary: one('192.0.2.2', '192.0.2.3', '198.51.100.2', '127.0.0.1', '2001:db8:1::2', '2001:db8:2::2'),
  },
)

/** Prefixes that contain some senders and not others. */
const allowFrom: fc.Arbitrary<readonly string[] | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: one(
      ['192.0.2.0/24', '2001:db8:1::/64'],
      ['192.0.2.9/32', '198.51.100.0/24', '2001:db8::/32'],
      ['0.0.0.0/0'],
    ),
  },
)

const mapping = (letters: readonly ('a' | 'b')[]): fc.Arbitrary<MappingIntent> =>
  fc
    .record({
      at: one(...letters).chain((letter) => one(...services[letter]).map((service) => ({ letter, service }))),
      hostAddress,
      hostPort: one(...ports),
      containerPort: one(...ports),
      protocol: one('tcp', 'udp'),
      allowFrom,
      isBound: seldom(8),
    })
    .map(({ at, hostPort, containerPort, isBound, ...rest }) => ({
      ...rest,
      service: at.service,
      replica: 1,
      network: `br-${at.letter}`,
      hostPorts: { first: hostPort, last: hostPort },
      containerPorts: { first: containerPort, last: containerPort },
      interface: isBound && rest.hostAddress === null ? 'eth0' : null,
      weight: null,
      place: null,
    }))

/** One to three mappings on one or two networks. The bridges and containers exist in the lab. */
export const intent: fc.Arbitrary<Intent> = one<readonly ('a' | 'b')[]>(['a', 'b'], ['a'], ['b']).chain(
  (letters) =>
    fc
      .uniqueArray(mapping(letters), {
        minLength: 1,
        maxLength: 3,
        selector: ({ protocol, hostPorts, hostAddress: at }) => `${protocol} ${hostPorts?.first} ${at}`,
      })
      .map((mappings) => ({
        project: 'shop',
        networks: letters.map(network),
        endpoints: letters.flatMap((letter) =>
          services[letter].map((service) => ({
            service,
            replica: 1,
            network: `br-${letter}`,
            ip: addressesOf.ip[service][0],
            ip6: addressesOf.ip6[service][0],
            mac: null,
            place: null,
          })),
        ),
        mappings,
        notes: [],
      })),
)
