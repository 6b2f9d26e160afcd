import { type Family, InvalidRequestError } from '@portolan/netfilter'

/** The error for an address of a family in which the network has no subnet. */
export const noSuchFamily = (
  network: string,
  endpoint: string,
  family: Family,
  address: string,
): InvalidRequestError => {
  const name = family === 'ip' ? 'IPv4' : 'IPv6'
  return new InvalidRequestError({
    problem: `endpoint ${endpoint} cannot have the address ${address}: network ${network} has no ${name}.`,
    remedy: () => `Leave that address out, or give the network a subnet of ${name} first.`,
  })
}
