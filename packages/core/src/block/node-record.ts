import { formatAddress, tryParseAddress } from '@portolan/netfilter'

/**
 * The addresses through which the blocks of a host are reached, at most one for each family.
 * @public @since 0.1.0
 */
export interface NodeAddresses {
  readonly ip: string | null
  readonly ip6: string | null
}

/** The value of the key of a host's addresses. */
export interface NodeRecord extends NodeAddresses {
  /** A block's key must have the same incarnation, or the addresses belong to another machine with this name. */
  readonly incarnation: string
  /**
   * Other incarnations whose blocks are reached at these addresses too, while a takeover of several transactions is
   * under way.
   */
  readonly former: readonly string[]
}

/** Do these addresses lead to blocks of this incarnation? Blocks of another machine with this name are elsewhere. */
export const leadsTo = ({ incarnation, former }: NodeRecord, other: string): boolean =>
  incarnation === other || former.includes(other)

/**
 * Reads an address. Other programs may write the key, so a text that is not a plain address of the family goes into no
 * route and no script.
 */
const addressIn = (value: unknown, family: 'ip' | 'ip6'): string | null => {
  const address = typeof value === 'string' ? tryParseAddress(value) : null
  return address?.family === family ? formatAddress(address) : null
}

/** Reads the value of the key of a host's addresses; null: no version of Portolan wrote it, and no route uses it. */
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
