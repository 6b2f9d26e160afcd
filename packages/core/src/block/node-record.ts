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
  /** Other incarnations whose blocks are reached so too: a takeover of more than one transaction is on its way. */
  readonly former: readonly string[]
}

/** Are the blocks of this incarnation reached through these addresses? Those of another machine of the name are not. */
export const leadsTo = ({ incarnation, former }: NodeRecord, other: string): boolean =>
  incarnation === other || former.includes(other)

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
    const { incarnation, ip, ip6, former } = value as Readonly<Record<string, unknown>>
    if (typeof incarnation !== 'string') return null
    return {
      ...{ incarnation, ip: addressIn(ip, 'ip'), ip6: addressIn(ip6, 'ip6') },
      former: Array.isArray(former) ? former.filter((one) => typeof one === 'string') : [],
    }
  } catch {
    return null
  }
}

export const formatNodeRecord = ({ incarnation, ip, ip6, former }: NodeRecord): string =>
  JSON.stringify({ incarnation, ip, ip6, ...(former.length === 0 ? {} : { former }) })
