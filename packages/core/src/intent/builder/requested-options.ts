import { IntentError, InvalidRequestError } from '@portolan/netfilter'
import { shownValue } from '@portolan/netfilter/schema'
import { checkName } from '../../contract/check-name.ts'

/**
 * Checks the name that a program gives to a network or an endpoint.
 *
 * @param what - `a network`
 * @throws InvalidRequestError for a value that is not text, or text that cannot be a name
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
