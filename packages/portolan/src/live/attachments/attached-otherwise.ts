import type { EndpointMark } from '@portolan/core'
import { InvalidRequestError } from '@portolan/netfilter'

/** The error for a request that would change an attached endpoint: connections may be open from its addresses. */
export const attachedOtherwise = (
  { endpoint }: EndpointMark,
  has: string,
  asked: string,
): InvalidRequestError =>
  new InvalidRequestError(
    `endpoint ${endpoint} is attached with ${has}, and ${asked} is asked for: detach it first.`,
  )
