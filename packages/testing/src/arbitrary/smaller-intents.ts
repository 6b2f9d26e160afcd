import type { EndpointIntent, Intent, NetworkIntent } from '@portolan/core'
import fc from 'fast-check'

type Keep = (endpoint: Pick<EndpointIntent, 'service' | 'network' | 'replica'>) => boolean

const keepEndpoints = (intent: Intent, keep: Keep): Intent => ({
  ...intent,
  endpoints: intent.endpoints.filter(keep),
  mappings: intent.mappings.filter(keep),
})

const without = <Item>(items: readonly Item[], index: number): readonly Item[] => items.toSpliced(index, 1)

const keysOf = (endpoints: readonly EndpointIntent[]): readonly EndpointIntent[] =>
  endpoints.filter(
    ({ service, network }, at) =>
      endpoints.findIndex((one) => one.service === service && one.network === network) === at,
  )

const withoutNamed = <One extends NetworkIntent | EndpointIntent>({ reachableFrom: _, ...rest }: One) =>
  rest as Omit<One, 'reachableFrom'> as One

/** Intents without networks that no service is on: first without all of them, then without each of them. */
const withoutSpares = (intent: Intent): readonly Intent[] => {
  const { networks, endpoints } = intent
  const isSpare = (name: string): boolean => !endpoints.some(({ network }) => network === name)
  const used = networks.filter(({ name }) => !isSpare(name))
  if (used.length === networks.length || used.length === 0) return []
  return [
    { ...intent, networks: used },
    ...networks.flatMap(({ name }, at) =>
      isSpare(name) ? [{ ...intent, networks: without(networks, at) }] : [],
    ),
  ]
}

/**
 * Valid intents with one thing less: a network without services, a service, a network of a service, a replica, a
 * mapping, a link, an entry of `reachable_from`.
 */
export const smallerIntents = (intent: Intent): readonly Intent[] => {
  const { endpoints, mappings, networks, links = [] } = intent
  const memberships = keysOf(endpoints)
  const services = [...new Set(endpoints.map(({ service }) => service))]
  const replicasOf = (name: string): number =>
    Math.max(...endpoints.filter(({ service }) => service === name).map(({ replica }) => replica))
  return [
    ...withoutSpares(intent),
    ...(services.length < 2
      ? []
      : services.map((name) => keepEndpoints(intent, ({ service }) => service !== name))),
    ...memberships
      .filter(({ service }) => memberships.filter((one) => one.service === service).length > 1)
      .map((gone) =>
        keepEndpoints(intent, ({ service, network }) => service !== gone.service || network !== gone.network),
      ),
    ...services
      .filter((name) => replicasOf(name) > 1)
      .map((name) =>
        keepEndpoints(intent, ({ service, replica }) => service !== name || replica < replicasOf(name)),
      ),
    ...mappings.map((_, at) => ({ ...intent, mappings: without(mappings, at) })),
    ...links.map((_, at) => ({ ...intent, links: without(links, at) })),
    ...networks.flatMap((network, at) =>
      network.reachableFrom === undefined
        ? []
        : [{ ...intent, networks: networks.with(at, withoutNamed(network)) }],
    ),
    ...services
      .filter((name) => endpoints.some((one) => one.service === name && one.reachableFrom !== undefined))
      .map((name) => ({
        ...intent,
        endpoints: endpoints.map((one) => (one.service === name ? withoutNamed(one) : one)),
      })),
  ]
}

/** An intent that fast-check drew, with the context that fast-check needs to shrink it by its parts. */
class Drawn {
  readonly context: unknown
  constructor(context: unknown) {
    this.context = context
  }
}

const drawn = ({ value, context }: fc.Value<Intent>): fc.Value<Intent> =>
  new fc.Value(value, new Drawn(context))

/**
 * An arbitrary that also shrinks by removing parts. Networks are drawn before their services, so fast-check alone keeps
 * the networks after it has found a smaller service that fails.
 */
export class ShrinkingIntents extends fc.Arbitrary<Intent> {
  readonly #parts: fc.Arbitrary<Intent>

  constructor(parts: fc.Arbitrary<Intent>) {
    super()
    this.#parts = parts
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<Intent> {
    return drawn(this.#parts.generate(random, bias))
  }

  override canShrinkWithoutContext(value: unknown): value is Intent {
    return this.#parts.canShrinkWithoutContext(value)
  }

  override shrink(value: Intent, context: unknown): fc.Stream<fc.Value<Intent>> {
    const byParts =
      context instanceof Drawn
        ? this.#parts.shrink(value, context.context).map(drawn)
        : fc.Stream.nil<fc.Value<Intent>>()
    return byParts.join(
      fc.stream(smallerIntents(value).values()).map((smaller) => new fc.Value(smaller, null)),
    )
  }
}
