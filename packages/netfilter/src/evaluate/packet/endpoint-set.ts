import { tryParseAddress } from '../../address/index.ts'

/**
 * The address of an endpoint, and the interface it is behind; null: any interface.
 * @public @since 0.1.0
 */
export interface EndpointAddress {
  readonly address: string
  readonly interface: string | null
}

/** The interfaces of endpoints by address, for quick lookups. */
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
