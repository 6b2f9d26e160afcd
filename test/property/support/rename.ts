import type { Intent } from 'portolan'

/** New names by old name. Names that are not listed stay. */
export interface Names {
  readonly networks: ReadonlyMap<string, string>
  readonly services: ReadonlyMap<string, string>
}

/** The same intent with other names of networks and services. People may choose these freely. */
export const rename = (intent: Intent, { networks, services }: Names): Intent => {
  const network = (name: string): string => networks.get(name) ?? name
  const service = (name: string): string => services.get(name) ?? name
  return {
    ...intent,
    networks: intent.networks.map((one) => ({ ...one, name: network(one.name) })),
    endpoints: intent.endpoints.map((one) => ({
      ...one,
      service: service(one.service),
      network: network(one.network),
    })),
    mappings: intent.mappings.map((one) => ({
      ...one,
      service: service(one.service),
      network: network(one.network),
    })),
  }
}

/** Replaces the names of an intent, in their order, by names from a list. When the list ends, later names stay. */
export const namesFrom = (
  intent: Intent,
  networks: readonly string[],
  services: readonly string[],
): Names => {
  const assign = (old: readonly string[], others: readonly string[]): ReadonlyMap<string, string> =>
    new Map([...new Set(old)].map((name, index) => [name, others[index] ?? name]))
  return {
    networks: assign(
      intent.networks.map(({ name }) => name),
      networks,
    ),
    services: assign(
      intent.endpoints.map(({ service }) => service),
      services,
    ),
  }
}
