import type { Reader } from '../grammar.ts'
import { addressRange } from './address.ts'
import { readWhole } from './number.ts'
import { portRange, readPort } from './port.ts'

interface Parts {
  readonly addresses: string
  readonly ports: string | null
}

/** Splits addresses and ports. An IPv6 address in front of a port needs brackets. */
const partsOf = (text: string, bracketed: boolean): Parts | null => {
  if (!bracketed) {
    const colon = text.indexOf(':')
    return colon < 0
      ? { addresses: text, ports: null }
      : { addresses: text.slice(0, colon), ports: text.slice(colon + 1) }
  }
  if (text.startsWith(':') && !text.startsWith('::')) return { addresses: '', ports: text.slice(1) }
  if (!text.startsWith('[')) return { addresses: text, ports: null }
  const close = text.indexOf(']')
  const rest = text.slice(close + 1)
  if (close < 0 || (rest !== '' && !rest.startsWith(':'))) return null
  return { addresses: text.slice(1, close), ports: rest === '' ? null : rest.slice(1) }
}

/** Reads ports. In `10-20/30` the range is shifted so that its first port becomes 30. */
const portsOf = (text: string, shifts: boolean): string | null => {
  const slash = text.indexOf('/')
  if (slash < 0) return portRange(text, 'ip')
  const range = portRange(text.slice(0, slash), 'ip')
  const base = readPort(text.slice(slash + 1))
  const numbered = readWhole(text.slice(slash + 1), 65535)
  if (range === null || !range.includes('-') || base === null || base === 0 || !shifts) return null
  return `${range}/${numbered ?? base}`
}

const natAddress =
  (shifts: boolean): Reader =>
  (text, family) => {
    const parts = partsOf(text, family === 'ip6')
    if (parts === null || (parts.addresses === '' && parts.ports === null)) return null
    const ports = parts.ports === null ? null : portsOf(parts.ports, shifts)
    if (parts.ports !== null && ports === null) return null
    if (parts.addresses === '') return `:${ports}`
    const range = addressRange(parts.addresses, family)
    if (range === null) return null
    const [first = '', last] = range.split('-')
    const addresses = first === last ? first : range
    if (ports === null) return addresses
    return family === 'ip' ? `${addresses}:${ports}` : `[${addresses}]:${ports}`
  }

/** The value of `--to-destination`. */
export const destinationAddress: Reader = natAddress(true)
/** The value of `--to-source`. */
export const sourceAddress: Reader = natAddress(false)
