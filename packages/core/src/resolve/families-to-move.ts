import { type Family, families, PortolanError, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { HeldBlocks, SubnetPlan } from '../pool/index.ts'

/** Does a network get another subnet of this family? */
export type IsMoved = (network: string, family: Family) => boolean

/** The families of networks that get another subnet. */
interface FamiliesToMove {
  readonly isMoved: IsMoved
  /** The subnets that were to be moved, and stay because no other subnet is free. */
  readonly kept: readonly KeptSubnet[]
}

export interface KeptSubnet extends SubnetPlan {
  /** Why the network, which must leave this subnet, has no other one, and how to get one; null: it may stay. */
  readonly missing: string | null
}

interface Moving {
  /** Plans the subnets of all networks, or of some. */
  readonly planWith: (isMoved: IsMoved, networks?: ReadonlySet<string>) => readonly SubnetPlan[]
  /** Was a move of this network and family cut off midway? */
  readonly isUnderWay: IsMoved
  readonly blocks: HeldBlocks | null
}

/**
 * The families of one network that should move. `isForced`: they are settled first, and one that must stay gets a
 * reason.
 */
interface Choice {
  readonly network: string
  readonly families: readonly Family[]
  readonly isForced: boolean
}

/**
 * Decides which families of the networks to move get another subnet.
 * - A family must move if its subnet collides, or lies in a block that no pool holds any more or another host has. The
 *   other family then keeps its subnet, and the traffic on it.
 * - If only one family's subnet lies in no pool, only that family moves.
 * - A move that was cut off is finished, because its new subnet is already leased.
 * - If no rule applies, both families move.
 * - A family without another free subnet stays, even if it must move, so that it does not hold up the others.
 *
 * @internal
 */
export const familiesToMove = (move: ReadonlySet<string>, moving: Moving): FamiliesToMove => {
  if (move.size === 0) return { isMoved: () => false, kept: [] }
  const { planWith } = moving
  const attempt = (isMoved: IsMoved, networks?: ReadonlySet<string>): Attempt =>
    attempted(() => planWith(isMoved, networks))
  // Another network may have no room until this move frees some. Then only the networks to move are planned.
  const here = attempt(() => false)
  const stay = (here.error === null ? here : attempt(() => false, move)).plans
  const choices = [...move].map((network) => choiceOf(network, stay, moving))
  const isMoved = movedBy(choices)
  if (attempt(isMoved).error === null) return { isMoved, kept: [] }
  const errorOf = (choice: Choice, family: Family, others: readonly Choice[]): PortolanError | null =>
    attempt(movedBy([...others, { ...choice, families: [family] }])).error
  const settle = (choice: Choice, others: readonly Choice[]): Choice => {
    const withRoom = choice.families.filter((family) => errorOf(choice, family, others) === null)
    // A network with no room for any family keeps the choice, so that the plan reports the error.
    return withRoom.length === 0 ? choice : { ...choice, families: withRoom }
  }
  // Networks that must move come first, in their order.
  const forced: Choice[] = []
  for (const choice of choices) if (choice.isForced) forced.push(settle(choice, forced))
  const settled = [
    ...forced,
    ...choices.filter(({ isForced }) => !isForced).map((choice) => settle(choice, forced)),
  ]
  const isSettled = movedBy(settled)
  const kept = stay.flatMap((subnet): readonly KeptSubnet[] => {
    const { network, family, origin } = subnet
    const choice = choices.find((one) => one.network === network)
    if (choice === undefined || origin !== 'held' || !isMoved(network, family) || isSettled(network, family))
      return []
    const error = choice.isForced
      ? errorOf(
          choice,
          family,
          settled.filter((one) => one.network !== network),
        )
      : null
    return [{ ...subnet, missing: error?.message ?? null }]
  })
  return { isMoved: isSettled, kept }
}

const choiceOf = (network: string, stay: readonly SubnetPlan[], { isUnderWay, blocks }: Moving): Choice => {
  const own = stay.filter((one) => one.network === network)
  const leaving = (blocks?.leaving ?? []).map((block) => parsePrefix(block))
  const isLeaving = ({ origin, subnet }: SubnetPlan): boolean =>
    origin === 'held' && leaving.some((block) => prefixesOverlap(block, parsePrefix(subnet)))
  const leave = own.filter((one) => one.overlaps.length > 0 || isLeaving(one))
  const forced = (those: readonly Pick<SubnetPlan, 'family'>[]): Choice => ({
    network,
    families: those.map(({ family }) => family),
    isForced: true,
  })
  if (leave.length > 0) return forced(leave.filter(({ origin }) => origin === 'held'))
  if (families.some((family) => isUnderWay(network, family))) return forced([])
  const held = own.filter(({ origin }) => origin === 'held')
  const outside = held.filter(({ pool }) => pool === null)
  if (outside.length > 0 && outside.length < held.length) return forced(outside)
  // Only held subnets can move. A family without one, or with a fixed one, would always have room.
  const movable = held.length === 0 ? families : held.map(({ family }) => family)
  return { network, families: movable, isForced: held.length < 2 }
}

const movedBy =
  (choices: readonly Choice[]): IsMoved =>
  (network, family) =>
    choices.some((one) => one.network === network && one.families.includes(family))

/** The subnets of a plan, or the error that says why there is no room. */
interface Attempt {
  readonly plans: readonly SubnetPlan[]
  readonly error: PortolanError | null
}

const attempted = (plan: () => readonly SubnetPlan[]): Attempt => {
  try {
    return { plans: plan(), error: null }
  } catch (error) {
    if (error instanceof PortolanError) return { plans: [], error }
    throw error
  }
}
