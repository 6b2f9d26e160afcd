/**
 * The value of a block's key.
 * - `held`: the host owns the block.
 * - `released`: the host gave it back.
 * - `expired`: it was reclaimed from the host, which was not alive.
 *
 * @public @since 0.1.0
 */
export interface BlockRecord {
  readonly host: string
  /** Tells hosts of one name apart: each draws it once, and keeps it with its leases. */
  readonly incarnation: string
  /** Tells claims apart: a host that got no answer recognises its own claim by it. */
  readonly nonce: string
  readonly state: 'held' | 'released' | 'expired'
}

/** The value of a host's liveness key. */
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

/** Reads the value of a block's key; null: no version of Portolan wrote it, and the block is not claimed. */
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
