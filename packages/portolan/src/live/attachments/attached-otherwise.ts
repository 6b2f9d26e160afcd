import type { EndpointMark } from '@portolan/core'
import { InvalidRequestError } from '@portolan/netfilter'

/** An attached endpoint is asked to be another one: connections are open from what it is. */
export const attachedOtherwise = (
  { endpoint }: EndpointMark,
  has: string,
  asked: string,
): InvalidRequestError =>
  new InvalidRequestError(
    `endpoint ${endpoint} is attached with ${has}, and ${asked} is asked for: detach it first.`,
  )
