import { closestOf, InvalidRequestError } from '../error/index.ts'
import { isNoJsonNumber } from './no-json-number.ts'

const longest = 200

/**
 * A value that was not expected, for a message.
 * @example
 * shownValue(undefined) // 'missing'
 * @public @since 0.1.0
 */
export const shownValue = (value: unknown): string => {
  if (value === undefined) return 'missing'
  if (typeof value === 'function') return 'a function'
  const text = writtenValue(value)
  return text.length > longest ? `${text.slice(0, longest)}...` : text
}

const writtenValue = (value: unknown): string => {
  if (isNoJsonNumber(value)) return String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    // The value has a cycle or a bigint. Values of ip-num hold bigints.
    return typeof value === 'object' ? 'an object that is no JSON' : String(value)
  }
}

/**
 * Refuses an object with an unknown option: a misspelt `allowFrom` would open a port to all.
 *
 * @param what - the name of the object, for the message
 * @throws InvalidRequestError for an unknown option, and when the options are no object
 * @example
 * refuseUnknownOptions({ pool: 'classic' }, ['pool', 'ipv6'], 'the options of network web')
 * @public @since 0.1.0
 */
export const refuseUnknownOptions = (options: unknown, known: readonly string[], what: string): void => {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidRequestError(`${what} are ${shownValue(options)}: expected an object.`)
  const unknown = Object.keys(options).find((option) => !known.includes(option))
  if (unknown === undefined) return
  const meant = closestOf(unknown, known)
  throw new InvalidRequestError(
    `${what} have no ${shownValue(unknown)}: expected ${known.length === 1 ? '' : 'some of '}${known.join(', ')}.${meant === null ? '' : ` Did you mean ${shownValue(meant)}?`}`,
  )
}
