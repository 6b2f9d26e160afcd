import { type EndpointMark, endpointAlias } from '@portolan/core'
import { byteLength, InvalidRequestError } from '@portolan/netfilter'

/** The most bytes of an alias: IFALIASZ is 256 with the closing NUL (include/uapi/linux/if.h). */
const MOST_ALIAS = 255

/**
 * The alias that identifies the interface of an endpoint.
 * @throws InvalidRequestError when the names are too long for an alias
 */
export const aliasOfEndpoint = (mark: EndpointMark): string => {
  const alias = endpointAlias(mark)
  if (byteLength(alias) <= MOST_ALIAS) return alias
  throw new InvalidRequestError(
    `endpoint ${mark.endpoint} cannot be attached: the names of project, network and endpoint have to fit into the ${MOST_ALIAS} bytes of an interface's alias together, and take ${byteLength(alias)}. Give the endpoint a shorter name.`,
  )
}
