import { tryParseAddress } from '../address/index.ts'
import type { DesiredState } from '../desired/index.ts'

/**
 * An address of ours, and the interface it is behind; null: any.
 * @public @since 0.1.0
 */
export interface EndpointAddress {
  readonly address: string
  readonly interface: string | null
}

/**
 * The endpoints of a desired state: what `delivered` is said of.
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

/** Addresses by value, for the asking. */
export const indexEndpoints = (
  endpoints: readonly EndpointAddress[],
): ReadonlyMap<number | bigint, readonly (string | null)[]> => {
  const index = new Map<number | bigint, (string | null)[]>()
  for (const { address, interface: name } of endpoints) {
    const value = tryParseAddress(address)?.value
    if (value === undefined) continue
    const names = index.get(value)
    if (names === undefined) index.set(value, [name])
    else names.push(name)
  }
  return index
}
