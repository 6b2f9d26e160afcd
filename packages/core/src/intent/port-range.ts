import type { PortRange } from './intent.ts'
import { type Mistake, mistake } from './mistake.ts'

const port = (text: string, offset: number, what: string): number | Mistake => {
  if (text === '') return mistake(offset, `expected a ${what} port, 1 to 65535, but nothing is there`)
  if (!/^\d+$/.test(text))
    return mistake(offset, `expected a ${what} port or a range such as 8000-8010, found "${text}"`)
  const value = Number(text)
  if (value === 0) return mistake(offset, `${what} port 0 does not exist: expected 1 to 65535`)
  if (value > 65535) return mistake(offset, `${what} port ${text} is too large: expected 1 to 65535`)
  return value
}

/**
 * Reads the host side of a mapping; null: any free port. Port 0 and an empty text both ask for a free port: Docker and
 * Compose have always read them so (docker/compose#5053).
 */
export const readHostPorts = (text: string, offset: number): PortRange | null | Mistake =>
  /^0*$/.test(text) ? null : readPortRange(text, offset, 'host')

/**
 * Reads `80` or `8000-8010`.
 *
 * @param offset - where `text` starts in the user's text, for the place of a mistake
 * @param what - `host` or `container`, for the words of a mistake
 */
export const readPortRange = (text: string, offset: number, what: string): PortRange | Mistake => {
  const dash = text.indexOf('-')
  const first = port(dash === -1 ? text : text.slice(0, dash), offset, what)
  if (typeof first !== 'number') return first
  if (dash === -1) return { first, last: first }
  const last = port(text.slice(dash + 1), offset + dash + 1, what)
  if (typeof last !== 'number') return last
  if (last < first)
    return mistake(offset, `the range ${text} runs backwards: expected ${last}-${first}, lowest port first`)
  return { first, last }
}

/** The number of ports in a range. */
export const countPorts = (range: PortRange): number => range.last - range.first + 1

/** Prints a range: `80`, or `8000-8010`. */
export const printPortRange = (range: PortRange): string =>
  range.first === range.last ? String(range.first) : `${range.first}-${range.last}`
