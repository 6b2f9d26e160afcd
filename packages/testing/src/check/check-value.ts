import { InvalidRequestError } from '@portolan/netfilter'
import { faultText, findFault, type Schema } from '@portolan/netfilter/schema'
import { didYouMean } from '@portolan/netfilter/text'

/** The most characters of a value that a message shows. */
const longestShown = 60

/** A value that was not expected, in a message. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : jsonOf(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}...` : text
}

const jsonOf = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    // The value has a cycle, or is nested too deep.
    return 'an object'
  }
}

/**
 * The error for a value that was not expected.
 *
 * @param what - the subject, as the caller wrote it: `drift.deleteBridge(name)`
 * @param expected - a clause: `expected the name of a bridge`
 */
export const notExpected = (what: string, expected: string, value: unknown): InvalidRequestError =>
  new InvalidRequestError(`${what}: ${expected}, found ${shown(value)}.`)

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Refuses a value that is no object, or has an unknown key, which would be ignored.
 * @param what - as in `notExpected`
 * @param noun - what the object is: `options`
 */
export const checkKeys = (
  value: unknown,
  known: readonly string[],
  what: string,
  noun: string,
): Readonly<Record<string, unknown>> => {
  if (!isObject(value)) throw notExpected(what, `expected ${noun} as an object`, value)
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown === undefined) return value
  const hint = didYouMean(unknown, known)
  throw new InvalidRequestError(
    `${what}: the key ${JSON.stringify(unknown)} is not known${hint === '' ? '.' : hint} Known are ${known.join(', ')}.`,
  )
}

/** Refuses a value that does not match a schema. The message has the path of the fault. */
export const checkSchema = <T>(schema: Schema<T>, value: unknown, what: string): void => {
  const fault = findFault(schema, value)
  if (fault === null) return
  const path = faultText(fault, fault.path === '' ? 'the value' : 'the whole file')
  throw new InvalidRequestError(`${what}: ${path}${path.endsWith('?') ? '' : '.'}`)
}

/** @param expected - the program that prints such a text: `iptables-save` */
export const checkText: (value: unknown, what: string, expected: string) => asserts value is string = (
  value,
  what,
  expected,
) => {
  if (typeof value !== 'string') throw notExpected(what, `expected a text as ${expected} prints it`, value)
}

export const checkOneOf = (value: unknown, known: readonly string[], what: string): void => {
  if (typeof value === 'string' && known.includes(value)) return
  const hint = typeof value === 'string' ? didYouMean(value, known) : ''
  throw new InvalidRequestError(
    `${what}: expected one of ${known.join(', ')}, found ${shown(value)}${hint === '' ? '.' : hint}`,
  )
}

export const checkFlag = (value: unknown, what: string): void => {
  if (value !== undefined && typeof value !== 'boolean')
    throw notExpected(what, 'expected true or false', value)
}
