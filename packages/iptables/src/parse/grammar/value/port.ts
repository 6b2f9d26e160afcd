import type { Reader } from '../grammar.ts'
import { readNumber, readWhole, span } from './number.ts'
import { servicePort } from './service-port.ts'

const named = (text: string): bigint | null => {
  const port = readNumber(text) ?? servicePort(text)
  return port === null ? null : BigInt(port)
}

/** A port by number or service name. */
export const readPort = (text: string): number | null => readWhole(text, 65535) ?? servicePort(text)

export const port: Reader = (text) => readPort(text)?.toString() ?? null

/** Reads `80`, `80:90`, `:90` or `80:`. */
export const portSpan: Reader = span(65535, named)

/** Reads one item of multiport. A range has both ends, and they differ. */
const listed = (text: string): string | null => {
  const [left = '', right, ...more] = text.split(':')
  const first = readPort(left)
  const last = right === undefined ? first : readPort(right)
  if (first === null || last === null || more.length > 0 || (right !== undefined && first >= last))
    return null
  return right === undefined ? `${first}` : `${first}:${last}`
}

/** Reads up to 15 ports, where a range counts as two (XT_MULTI_PORTS). */
export const portList: Reader = (text) => {
  const ports = text.split(',').map(listed)
  const slots = ports.reduce((sum, one) => sum + (one?.includes(':') === true ? 2 : 1), 0)
  return slots > 15 || ports.includes(null) ? null : ports.join(',')
}

/**
 * Reads `80` or `80-90` after `--to-ports`. libxtables takes a service name for a single port, and numbers only for a
 * range.
 */
export const portRange: Reader = (text) => {
  const [left = '', right, ...more] = text.split('-')
  const alone = servicePort(text)
  if (alone !== null) return `${alone}`
  const first = readWhole(left, 65535)
  const last = right === undefined ? first : readWhole(right, 65535)
  if (first === null || last === null || more.length > 0 || last < first) return null
  return first === last ? `${first}` : `${first}-${last}`
}
