import { InvalidRequestError, ParseError, parseJson } from '@portolan/netfilter'
import { findFault } from '@portolan/netfilter/schema'
import type { Call } from '../calls.ts'
import { type Verb, verbs } from './verbs.ts'

/**
 * Tells whether a body is empty. Go sends null for an empty request, and an empty body for a call without a request.
 */
export const isEmptyBody = (body: string): boolean => ['', 'null'].includes(body.trim())

/** Reads the request of a call. @throws InvalidRequestError for a body that is no request of that verb */
export const readRequest = ({ path, body }: Pick<Call, 'path' | 'body'>, { schema }: Verb): unknown => {
  const isEmpty = isEmptyBody(body)
  if (isEmpty && schema === verbs['/Plugin.Activate']?.schema) return {}
  if (isEmpty)
    throw new InvalidRequestError(
      `${path} came without a request: dockerd repeats a call so if this program ended during it. Nothing was done. Run the Docker command again.`,
    )
  const value = parsed(path, body)
  const fault = findFault(schema, value)
  if (fault === null) return value
  throw new InvalidRequestError(
    `${fault.path === '' ? 'the request' : fault.path} of ${path}: ${fault.message}.`,
  )
}

const parsed = (path: string, body: string): unknown => {
  try {
    return parseJson(body, path, (found) => `expected a JSON object: ${found}`)
  } catch (error) {
    if (error instanceof ParseError) throw new InvalidRequestError(`${error.message}.`, { cause: error })
    throw error
  }
}
