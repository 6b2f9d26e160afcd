import { IntentError, InvalidRequestError } from '@portolan/netfilter'
import { checkName } from '../../contract/check-name.ts'
import { shownValue } from './port-options.ts'

/**
 * The name that a program gives to a network or an endpoint.
 *
 * @param what - `a network`
 * @throws InvalidRequestError for what is no text, or cannot name anything
 * @example
 * requestedName('web', 'a network') // 'web'
 * @public @since 0.1.0
 */
export const requestedName = (name: unknown, what: string): string => {
  if (typeof name !== 'string')
    throw new InvalidRequestError(`${shownValue(name)} cannot name ${what}: expected a text.`)
  try {
    checkName(name, what, null)
  } catch (error) {
    if (error instanceof IntentError) throw new InvalidRequestError(`${error.message}.`, { cause: error })
    throw error
  }
  return name
}

/**
 * Refuses an object with an option that there is not: a misspelt `allowFrom` would open a port to all.
 *
 * @param what - the name of the object, for the message
 * @throws InvalidRequestError for an unknown option, and for what is no object
 * @example
 * refuseUnknownOptions({ pool: 'classic' }, ['pool', 'ipv6'], 'the options of network web')
 * @public @since 0.1.0
 */
export const refuseUnknownOptions = (options: unknown, known: readonly string[], what: string): void => {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidRequestError(`${what} are ${shownValue(options)}: expected an object.`)
  const unknown = Object.keys(options).find((option) => !known.includes(option))
  if (unknown === undefined) return
  throw new InvalidRequestError(
    `${what} have no ${shownValue(unknown)}: expected ${known.length === 1 ? '' : 'some of '}${known.join(', ')}.`,
  )
}
