import { type Family, PortolanError } from '@portolan/netfilter'
import type { SubnetPlan } from '../pool/index.ts'

/** Does a network get another subnet of a family? */
export type IsMoved = (network: string, family: Family) => boolean

const keyOf = (network: string, family: Family): string => `${network} ${family}`

/**
 * What of the networks to move gets another subnet. Where a network collides in one family, as with a block that another host
 * has, that one moves: the other keeps its subnet, and the traffic on it. Where it collides in none, all of it moves.
 *
 * @param stay - plans the subnets as if no network moved
 * @internal
 */
export const familiesToMove = (move: ReadonlySet<string>, stay: () => readonly SubnetPlan[]): IsMoved => {
  if (move.size === 0) return () => false
  const collides = colliding(move, stay)
  const networks = new Set(collides.map(({ network }) => network))
  const keys = new Set(collides.map(({ network, family }) => keyOf(network, family)))
  return (network, family) =>
    move.has(network) && (!networks.has(network) || keys.has(keyOf(network, family)))
}

const colliding = (move: ReadonlySet<string>, stay: () => readonly SubnetPlan[]): readonly SubnetPlan[] => {
  try {
    return stay().filter(({ network, overlaps }) => move.has(network) && overlaps.length > 0)
  } catch (error) {
    // There is no room for another network, which may come with the move.
    if (error instanceof PortolanError) return []
    throw error
  }
}
