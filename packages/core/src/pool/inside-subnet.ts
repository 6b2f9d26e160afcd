import {
  type Address,
  containsPrefix,
  formatAddress,
  formatPrefix,
  InvalidRequestError,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '@portolan/netfilter'
import type { SubnetWish } from './subnet-request.ts'
import { firstUsable, isUsable } from './usable-addresses.ts'

/**
 * The gateway of a subnet as text: the one that the request names, or else the one that the subnet comes with, or else
 * its first usable address.
 *
 * @throws InvalidRequestError for a gateway that no host can have in the subnet; ParseError for an invalid one
 */
export const gatewayOf = (request: SubnetWish, subnet: Prefix, written: Address | null): string => {
  if (request.gateway == null) return formatAddress(written ?? firstUsable(subnet))
  const place = { source: `<gateway of network ${request.network}>`, line: 1, column: 1 }
  const gateway = parseAddress(request.gateway, place)
  if (isUsable(subnet, gateway)) return formatAddress(gateway)
  throw new InvalidRequestError(
    `The gateway ${request.gateway} of network ${request.network} is not an address a host can have in its subnet ${formatPrefix(subnet)}: give the network a subnet that holds it, or another gateway.`,
  )
}

/** @throws InvalidRequestError for an ip_range outside the subnet; ParseError for an invalid one */
export const checkRange = (request: SubnetWish, subnet: Prefix): void => {
  if (request.ipRange == null) return
  const place = { source: `<ip_range of network ${request.network}>`, line: 1, column: 1 }
  if (containsPrefix(subnet, parsePrefix(request.ipRange, { place }))) return
  throw new InvalidRequestError(
    `The ip_range ${request.ipRange} of network ${request.network} is not inside its subnet ${formatPrefix(subnet)}.`,
  )
}
