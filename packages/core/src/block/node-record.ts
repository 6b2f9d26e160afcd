import { formatAddress, tryParseAddress } from '@portolan/netfilter'

/**
 * The addresses through which the blocks of a host are reached, one of each family that has any.
 * @public @since 0.1.0
 */
export interface NodeAddresses {
  readonly ip: string | null
  readonly ip6: string | null
}

/** What the key of a host's addresses holds. */
export interface NodeRecord extends NodeAddresses {
  /** That of a block's key has to be the same: else the addresses are those of another machine of the name. */
  readonly incarnation: string
}

/** Other programs may write the key: what is no plain address of the family goes into no route and no script. */
const addressIn = (value: unknown, family: 'ip' | 'ip6'): string | null => {
  const address = typeof value === 'string' ? tryParseAddress(value) : null
  return address?.family === family ? formatAddress(address) : null
}

/** Null for a value that no version of Portolan wrote: no route is made by it. */
export const parseNodeRecord = (text: string): NodeRecord | null => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    const { incarnation, ip, ip6 } = value as Readonly<Record<string, unknown>>
    if (typeof incarnation !== 'string') return null
    return { incarnation, ip: addressIn(ip, 'ip'), ip6: addressIn(ip6, 'ip6') }
  } catch {
    return null
  }
}

export const formatNodeRecord = ({ incarnation, ip, ip6 }: NodeRecord): string =>
  JSON.stringify({ incarnation, ip, ip6 })
