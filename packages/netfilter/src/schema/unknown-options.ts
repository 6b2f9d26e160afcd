import { closestOf, InvalidRequestError, shownValue } from '../error/index.ts'

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
