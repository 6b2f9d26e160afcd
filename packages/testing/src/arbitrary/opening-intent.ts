import type {
  EndpointIntent,
  ExposedPorts,
  Intent,
  LinkIntent,
  NetworkIntent,
  ReachableIntent,
  ReachableSource,
} from '@portolan/core'
import fc from 'fast-check'

/** The networks and services of a project, with their links and their entries of `reachable_from`. */
export type OpeningIntents = Pick<Intent, 'networks' | 'endpoints' | 'links'>

const prefixes: readonly string[] = [
  '198.51.100.0/24',
  '203.0.113.0/25',
  '192.0.2.9/32',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '2001:db8:5::/48',
  'fd00::/8',
  '::/0',
]

const exposed: fc.Arbitrary<ExposedPorts> = fc
  .record({
    protocol: fc.constantFrom('tcp', 'tcp', 'udp', 'sctp'),
    first: fc.constantFrom(80, 443, 5432, 8000),
    more: fc.constantFrom(0, 0, 2),
  })
  .map(({ protocol, first, more }) => ({ protocol, ports: { first, last: first + more } }))

const linkIntent = (services: readonly string[]): fc.Arbitrary<LinkIntent> =>
  fc
    .record({
      service: fc.constantFrom(...services),
      to: fc.constantFrom(...services),
      ports: fc.array(exposed, { maxLength: 2 }),
    })
    .map(({ service, to, ports }) => ({
      service,
      to,
      alias: to,
      ...(ports.length === 0 ? {} : { exposed: ports }),
      place: null,
    }))

const reachableFrom = (
  networks: readonly NetworkIntent[],
  services: readonly string[],
): fc.Arbitrary<readonly ReachableIntent[]> =>
  fc
    .array(
      fc.oneof<fc.Arbitrary<ReachableSource>[]>(
        fc.constantFrom('eth0', 'eth1', 'wg0').map((name) => ({ kind: 'interface', name })),
        fc.constantFrom(...prefixes).map((prefix) => ({ kind: 'prefix', prefix })),
        fc.constantFrom(...services).map((service) => ({ kind: 'service', service })),
        fc.constantFrom(...networks).map(({ name }) => ({ kind: 'network', network: name })),
      ),
      { minLength: 1, maxLength: 2 },
    )
    .map((all) => all.map((from) => ({ from, place: null })))

/** Adds links between services, and entries of `reachable_from` to networks and services; often none. */
export const openingIntents = (
  networks: readonly NetworkIntent[],
  endpoints: readonly EndpointIntent[],
): fc.Arbitrary<OpeningIntents> => {
  const services = [...new Set(endpoints.map(({ service }) => service))]
  const named = fc.option(reachableFrom(networks, services), { freq: 1 })
  const each = (count: number) => fc.array(named, { minLength: count, maxLength: count })
  return fc.oneof(
    fc.constant<OpeningIntents>({ networks, endpoints }),
    fc
      .record({
        links: fc.array(linkIntent(services), { maxLength: 2 }),
        ofNetworks: each(networks.length),
        ofServices: each(services.length),
      })
      .map(({ links, ofNetworks, ofServices }) => ({
        networks: networks.map((network, at) => withNamed(network, ofNetworks[at])),
        endpoints: endpoints.map((endpoint) =>
          withNamed(endpoint, ofServices[services.indexOf(endpoint.service)]),
        ),
        ...(links.length === 0 ? {} : { links }),
      })),
  )
}

const withNamed = <One extends NetworkIntent | EndpointIntent>(
  one: One,
  named: readonly ReachableIntent[] | null | undefined,
): One => (named == null ? one : { ...one, reachableFrom: named })
