import type { SubnetPlan } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'

/** Says which addresses the endpoints of moved networks get: a sentence for each network. */
export const addressesAnew = (
  subnets: readonly Pick<SubnetPlan, 'network' | 'family' | 'origin'>[],
  networks: readonly string[],
): string => [...new Set(networks)].map((network) => sentence(network, subnets)).join(' ')

const sentence = (
  network: string,
  subnets: readonly Pick<SubnetPlan, 'network' | 'family' | 'origin'>[],
): string => {
  const own = subnets.filter((one) => one.network === network)
  const has = (wanted: Family, isMoved: boolean): boolean =>
    own.some(({ family, origin }) => family === wanted && (origin === 'picked') === isMoved)
  const moved = families.filter((family) => has(family, true))
  const kept = families.filter((family) => has(family, false))
  const subject = `Every endpoint of ${network} gets its`
  // The plan of a move that was cut off has only what is left of the move.
  if (moved.length === 0 || kept.length === 0)
    return `${subject} ${moved.length > 1 ? 'addresses' : 'address'} anew, as shown.`
  return `${subject} ${textOf(moved)} address anew, as shown, and keeps its ${textOf(kept)} address.`
}

const textOf = (those: readonly Family[]): string =>
  those.map((family) => (family === 'ip' ? 'IPv4' : 'IPv6')).join(' and ')
