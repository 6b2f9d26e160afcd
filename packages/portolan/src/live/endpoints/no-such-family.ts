import { type Family, InvalidRequestError } from '@portolan/netfilter'

/** An address is asked for of a family that the network has no subnet of. */
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
