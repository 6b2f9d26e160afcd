import { readPort } from '../grammar/value/port.ts'
import type { Fault } from './address-fault.ts'

const mostPort = 65535

/** Checks a text that is a number or looks like one. A name may be a service on the host that the rule comes from. */
const onePortFault = (text: string, range: string): string | null => {
  if (readPort(text) !== null) return null
  if (/^\d+$/.test(text)) return `port ${text} is above ${mostPort}, the last one`
  if (/^\d+[-:]\d+$/.test(text)) return `"${text}" is not a port: a range is written ${range}`
  return text === '' || /^[-+\d]+$/.test(text) ? `"${text}" is not a port` : null
}

const descends = (left: string, right: string, sign: string): string | null => {
  const [first, last] = [readPort(left), readPort(right)]
  return first === null || last === null || first <= last
    ? null
    : `the range ${left}${sign}${right} descends: write ${right}${sign}${left}`
}

/** Checks `80`, `80:90`, `:90` or `80:`, for the modules named after a protocol. */
export const portSpanFault: Fault = (text) => {
  const [left = '', right, ...more] = text.split(':')
  if (more.length > 0) return `"${text}" is neither a port nor a range of ports`
  const ends = [left, ...(right === undefined ? [] : [right])].filter(
    (end) => end !== '' || right === undefined,
  )
  const fault = ends.map((end) => onePortFault(end, '80:90')).find((one) => one !== null)
  return fault ?? (right === undefined || right === '' ? null : descends(left, right, ':'))
}

/**
 * The same for modules whose ports libxtables reads. It asks the resolver, and keeps the low 16 bits of any number
 * (XTTYPE_PORTRC): 99999 becomes 34463.
 */
export const looseSpanFault: Fault = (text, family) =>
  /^\d+(?::\d*)?$|^:\d+$/.test(text) && text.split(':').some((end) => Number(end) > mostPort)
    ? null
    : portSpanFault(text, family)

/** Checks the list of ports of multiport. */
export const portListFault: Fault = (text) => {
  const parts = text.split(',')
  for (const part of parts) {
    const [left = '', right, ...more] = part.split(':')
    if (more.length > 0) return `"${part}" is neither a port nor a range of ports`
    const fault = onePortFault(left, '80:90') ?? (right === undefined ? null : onePortFault(right, '80:90'))
    if (fault !== null) return fault
    if (right === undefined) continue
    if (readPort(left) === readPort(right)) return `the range ${part} is one port: write ${left}`
    const order = descends(left, right, ':')
    if (order !== null) return order
  }
  const slots = parts.reduce((sum, part) => sum + (part.includes(':') ? 2 : 1), 0)
  return slots > 15
    ? `the list has ${slots} ports, and a list has at most 15 (a range counts as two): make two rules`
    : null
}

/** Checks the ports of a target: `80`, `80-90`. */
export const portRangeFault: Fault = (text) => {
  const alone = onePortFault(text, '80-90')
  if (alone === null || !/^\d+-\d+$/.test(text)) return alone
  const [left = '', right = ''] = text.split('-')
  return onePortFault(left, '80-90') ?? onePortFault(right, '80-90') ?? descends(left, right, '-')
}
