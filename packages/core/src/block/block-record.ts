/**
 * What the key of a block holds. `held`: the host owns it. `released`: the host gave it back. `expired`: it was reclaimed
 * from the host, which was not alive.
 * @public @since 0.1.0
 */
export interface BlockRecord {
  readonly host: string
  /** Which host of that name: drawn once by each, and kept where its leases are. */
  readonly incarnation: string
  /** Which claim: a host that got no answer knows its own by it. */
  readonly nonce: string
  readonly state: 'held' | 'released' | 'expired'
}

/** What the key of a host holds. */
export interface HostRecord {
  readonly incarnation: string
}

const isText = (value: unknown): value is string => typeof value === 'string'

const parseObject = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Null for a value that no version of Portolan wrote: such a block is not claimed. */
export const parseBlockRecord = (text: string): BlockRecord | null => {
  const value = parseObject(text)
  if (value === null) return null
  const { host, incarnation, nonce, state } = value
  if (!isText(host) || !isText(incarnation) || !isText(nonce)) return null
  return state === 'held' || state === 'released' || state === 'expired'
    ? { host, incarnation, nonce, state }
    : null
}

export const formatBlockRecord = ({ host, incarnation, nonce, state }: BlockRecord): string =>
  JSON.stringify({ host, incarnation, nonce, state })

export const parseHostRecord = (text: string): HostRecord | null => {
  const incarnation = parseObject(text)?.incarnation
  return isText(incarnation) ? { incarnation } : null
}

export const formatHostRecord = ({ incarnation }: HostRecord): string => JSON.stringify({ incarnation })
