import { type EndpointMark, parseEndpointAlias } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'

/** The host's end of an endpoint's veth pair, found by its alias. */
export interface AttachedPort {
  readonly name: string
  /** Null: the facts do not tell it. */
  readonly index: number | null
  readonly mark: EndpointMark
}

/** The host's ends of all attached endpoints. */
export const attachedPorts = ({ interfaces = [] }: HostFacts): readonly AttachedPort[] =>
  interfaces.flatMap(({ name, index = null, alias }) => {
    const mark = parseEndpointAlias(alias)
    return mark === null || name === undefined ? [] : [{ name, index, mark }]
  })

/** The host's end of one endpoint; null: there is none. */
export const portOfEndpoint = (facts: HostFacts, wanted: EndpointMark): AttachedPort | null =>
  attachedPorts(facts).find(
    ({ mark }) =>
      mark.project === wanted.project && mark.network === wanted.network && mark.endpoint === wanted.endpoint,
  ) ?? null
