import type { EndpointIntent, Intent, MappingIntent, NetworkIntent, PortRange } from '@portolan/core'
import { InvalidRequestError, type Protocol } from '@portolan/netfilter'
import fc from 'fast-check'
import { checkIntent } from '../check/check-request.ts'
import { interfaceName } from './names.ts'

interface MappingDraft {
  readonly endpoint: number
  readonly protocol: Protocol
  readonly container: number
  readonly host: number
  readonly count: number
  /** `same`: 8000-8002:8000-8002. `shifted`: 8000-8002:80-82. `fan`: 8000-8002:80. `any`: no host port. */
  readonly shape: 'same' | 'shifted' | 'fan' | 'any'
  readonly address: number
  readonly interface: string | null
  readonly allowFrom: readonly string[] | null
  readonly weight: number | null
}

const hostAddresses = {
  ip: [null, null, null, '0.0.0.0', '192.0.2.2', '127.0.0.1', '192.0.2.3'],
  ip6: [null, null, '::', '2001:db8::2', '::1'],
} as const

/** Nested and neighbouring prefixes of both families, and each whole family. */
export const allowedPrefix: fc.Arbitrary<string> = fc.constantFrom(
  '198.51.100.0/24',
  '198.51.100.7/32',
  '203.0.113.0/25',
  '203.0.113.128/25',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '2001:db8:5::/48',
  '2001:db8::/32',
  '2001:db8:5::7/128',
  'fe80::/10',
  '::/0',
)

const draft: fc.Arbitrary<MappingDraft> = fc.record({
  endpoint: fc.nat(50),
  protocol: fc.constantFrom<Protocol>('tcp', 'tcp', 'udp', 'sctp'),
  // Mostly few ports, so that mappings clash with one another in every way.
  container: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(80, 81) }, fc.integer({ min: 1, max: 65530 })),
  host: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 8000, max: 8003 }) },
    fc.integer({ min: 1, max: 65530 }),
  ),
  count: fc.integer({ min: 1, max: 4 }),
  shape: fc.constantFrom('same', 'shifted', 'fan', 'any'),
  address: fc.nat(100),
  interface: fc.option(interfaceName, { freq: 2 }),
  allowFrom: fc.option(fc.uniqueArray(allowedPrefix, { maxLength: 4 }), { freq: 2 }),
  weight: fc.option(fc.integer({ min: 1, max: 9 }), { freq: 3 }),
})

const range = (first: number, count: number): PortRange => ({ first, last: first + count - 1 })

const portsOf = ({
  shape,
  host,
  container,
  count,
}: MappingDraft): Pick<MappingIntent, 'hostPorts' | 'containerPorts'> => {
  switch (shape) {
    case 'same':
      return { hostPorts: range(host, count), containerPorts: range(host, count) }
    case 'shifted':
      return { hostPorts: range(host, count), containerPorts: range(container, count) }
    case 'fan':
      return { hostPorts: range(host, count), containerPorts: range(container, 1) }
    case 'any':
      return { hostPorts: null, containerPorts: range(container, count) }
  }
}

const toMapping = (
  one: MappingDraft,
  networks: readonly NetworkIntent[],
  endpoints: readonly EndpointIntent[],
): readonly MappingIntent[] => {
  const outward = endpoints.filter(
    ({ network }) => networks.find(({ name }) => name === network)?.internal === false,
  )
  const endpoint = outward[one.endpoint % outward.length]
  const network = networks.find(({ name }) => name === endpoint?.network)
  if (endpoint === undefined || network === undefined) return []
  const addresses = network.ip === null ? hostAddresses.ip6 : hostAddresses.ip
  const both = network.ip6 === null ? addresses : [...addresses, ...hostAddresses.ip6]
  return [
    {
      ...portsOf(one),
      protocol: one.protocol,
      hostAddress: both[one.address % both.length] ?? null,
      service: endpoint.service,
      replica: endpoint.replica,
      network: endpoint.network,
      interface: one.interface,
      allowFrom: one.allowFrom,
      weight: one.weight,
      place: null,
    },
  ]
}

/** Mappings to endpoints on networks that are not internal: only these can have some. */
export const mappingIntents = (
  networks: readonly NetworkIntent[],
  endpoints: readonly EndpointIntent[],
): fc.Arbitrary<readonly MappingIntent[]> =>
  fc
    .array(draft, { maxLength: 8 })
    .map((drafts) => drafts.flatMap((one) => toMapping(one, networks, endpoints)))

/**
 * Any port mapping to a container of an intent that may have one: single ports, ranges, mappings without a host port,
 * bound to an address or an interface, restricted, weighted.
 *
 * @throws InvalidRequestError when the intent has no endpoint on a network that is not internal
 * @example
 * await fc.assert(fc.asyncProperty(arbitraryPortMapping(intent), async (mapping) => {
 *   const plan = await fakeHost().plan({ ...intent, mappings: [mapping] })
 *   expect(plan.desired.mappings.length).toBeGreaterThan(0)
 * }))
 * @public @since 0.1.0
 */
export const arbitraryPortMapping = (intent: Intent): fc.Arbitrary<MappingIntent> => {
  checkIntent(intent, 'arbitraryPortMapping(intent)')
  const { networks, endpoints } = intent
  const mappingOf = (one: MappingDraft): MappingIntent | undefined => toMapping(one, networks, endpoints)[0]
  const hasTarget = endpoints.some(({ network }) =>
    networks.some(({ name, internal }) => name === network && !internal),
  )
  if (!hasTarget)
    throw new InvalidRequestError(
      'the intent has no service on a network that is not internal, so no port can be mapped. Give it one.',
    )
  return draft.map(mappingOf).filter((mapping) => mapping !== undefined)
}
