import type { EndpointAddress } from '@portolan/netfilter'
import type { DesiredState } from './desired-state.ts'

/**
 * Lists the endpoints of a desired state, as `evaluate` needs them to tell which packets are delivered.
 *
 * @example
 * evaluate(packet, facts, rulesets, { endpoints: endpointAddresses(desired) })
 * @public @since 0.1.0
 */
export const endpointAddresses = ({ endpoints, networks }: DesiredState): readonly EndpointAddress[] =>
  endpoints.flatMap((endpoint) => {
    const bridge = networks.find(({ name }) => name === endpoint.network)?.bridge ?? null
    return [endpoint.ip, endpoint.ip6].flatMap((address) =>
      address === null ? [] : [{ address, interface: bridge }],
    )
  })
