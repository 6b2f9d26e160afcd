import { createHash } from 'node:crypto'
import type { Intent } from '@portolan/core'

/**
 * A digest of what an intent asks of a host. It does not depend on where or in which order that is written:
 * `docker compose config` sorts what it prints.
 */
export const wishOf = ({ notes, ...wanted }: Intent): string =>
  createHash('sha256').update(canonical(wanted)).digest('hex')

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const parts = Object.entries(value)
    .filter(([key, one]) => key !== 'place' && one !== undefined)
    .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`)
  return `{${parts.sort().join(',')}}`
}
