import { type Family, families, PortolanError, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { HeldBlocks, SubnetPlan } from '../pool/index.ts'

/** Does a network get another subnet of a family? */
export type IsMoved = (network: string, family: Family) => boolean

/** What of the networks to move gets another subnet. */
interface FamiliesToMove {
  readonly isMoved: IsMoved
  /** The subnets that were to be moved and stay, as no other one is free. */
  readonly kept: readonly SubnetPlan[]
}

interface Moving {
  /** Plans the subnets of all networks, or of some. */
  readonly planWith: (isMoved: IsMoved, networks?: ReadonlySet<string>) => readonly SubnetPlan[]
  /** Is the network on its way to another subnet of the family, by a move that was cut off? */
  readonly isUnderWay: IsMoved
  readonly blocks: HeldBlocks | null
}

/** What moves of one network, and what of it moves only where there is room. */
interface Choice {
  readonly network: string
  readonly families: readonly Family[]
  readonly isForced: boolean
}

/**
 * What of the networks to move gets another subnet. Where a network has to leave its subnet of one family, as of a block that
 * another host has or that no pool has any more, that one moves: the other keeps its subnet, and the traffic on it. A move
 * that was cut off is finished, since its subnet is taken already. Where nothing tells the families apart, both move, and
 * one for which no other subnet is free stays.
 *
 * @internal
 */
export const familiesToMove = (move: ReadonlySet<string>, moving: Moving): FamiliesToMove => {
  if (move.size === 0) return { isMoved: () => false, kept: [] }
  const { planWith } = moving
  // For another network there may be no room, which may come with the move.
  const stay = attempt(() => planWith(() => false)) ?? attempt(() => planWith(() => false, move)) ?? []
  const choices = [...move].map((network) => choiceOf(network, stay, moving))
  const isMoved = movedBy(choices)
  if (choices.every(({ isForced }) => isForced) || attempt(() => planWith(isMoved)) !== null)
    return { isMoved, kept: [] }
  const settled = choices.map((choice): Choice => {
    const others = choices.filter((one) => one !== choice && one.isForced)
    const withRoom = choice.families.filter(
      (family) => attempt(() => planWith(movedBy([...others, { ...choice, families: [family] }]))) !== null,
    )
    // Of one that has room for neither, the error is told.
    return choice.isForced || withRoom.length === 0 ? choice : { ...choice, families: withRoom }
  })
  const isSettled = movedBy(settled)
  const kept = stay.filter(
    ({ network, family, origin }) =>
      origin === 'held' && isMoved(network, family) && !isSettled(network, family),
  )
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
  if (leave.length > 0) return forced(leave)
  if (families.some((family) => isUnderWay(network, family))) return forced([])
  const held = own.filter(({ origin }) => origin === 'held')
  const outside = held.filter(({ pool }) => pool === null)
  if (outside.length > 0 && outside.length < held.length) return forced(outside)
  return { network, families, isForced: held.length < 2 }
}

const movedBy =
  (choices: readonly Choice[]): IsMoved =>
  (network, family) =>
    choices.some((one) => one.network === network && one.families.includes(family))

/** @returns null where there is no room */
const attempt = (plan: () => readonly SubnetPlan[]): readonly SubnetPlan[] | null => {
  try {
    return plan()
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
