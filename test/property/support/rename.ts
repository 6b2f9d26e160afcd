import type { Intent } from 'portolan'

/** What is to be called otherwise; what is not named keeps its name. */
export interface Names {
  readonly networks: ReadonlyMap<string, string>
  readonly services: ReadonlyMap<string, string>
}

/** The same intent with other names of networks and services: all that people may call as they like. */
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

/** Gives the names of an intent, in their order, new ones from a list; those beyond its end keep theirs. */
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
