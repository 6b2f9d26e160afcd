import type { Family, HostFacts } from '@portolan/netfilter'
import type { IntentNote } from '../intent/index.ts'
import type { LeaseState } from '../lease/index.ts'
import type { SubnetPlan } from '../pool/index.ts'
import type { IsMoved, KeptSubnet } from './families-to-move.ts'
import { type UnfinishedMove, unfinishedMove } from './lease-subnets.ts'

type Unfinished = (network: string, family: Family) => UnfinishedMove | null

/**
 * Notes about moves that were cut off, and that a plan with these subnets finishes: a sentence each.
 *
 * @param leases - the leases from before the subnets were planned
 */
export const unfinishedMoveNotes = (
  project: string,
  subnets: readonly SubnetPlan[],
  facts: HostFacts,
  leases: LeaseState,
): readonly string[] =>
  finishedBy(subnets, (network, family) => unfinishedMove(leases, facts, project, network, family))

const finishedBy = (subnets: readonly SubnetPlan[], unfinished: Unfinished): readonly string[] =>
  subnets.flatMap(({ network, family, subnet }) => {
    const move = unfinished(network, family)
    // The file may have named another subnet since. A bridge may have lost its address in another way.
    return move === null || move.isBare || move.to !== subnet
      ? []
      : [
          `Network ${network} is on its way from ${move.from} to ${move.to}: a move was cut off, and this finishes it.`,
        ]
  })

/**
 * Notes where a move differs from the request: an earlier one was cut off and goes on, or a family stays.
 *
 * @param kept - subnets that should move and stay
 * @param asked - the networks that should move
 * @internal
 */
export const noteMoves = (
  subnets: readonly SubnetPlan[],
  kept: readonly KeptSubnet[],
  asked: ReadonlySet<string>,
  isMoved: IsMoved,
  unfinished: Unfinished,
): readonly IntentNote[] => {
  const staying = subnets.filter(({ network, family }) => !isMoved(network, family))
  const bare = staying.filter(
    ({ network, family }) => asked.has(network) && unfinished(network, family)?.isBare === true,
  )
  return [
    ...finishedBy(staying, unfinished),
    ...bare.map(
      ({ network, subnet }) =>
        `Network ${network} gets ${subnet}, which is leased to it, and is moved no further: its bridge has no address, as where a move was cut off.`,
    ),
    ...kept.map(keptText),
  ].map((text): IntentNote => ({ text, place: null }))
}

const keptText = ({ network, family, subnet, missing }: KeptSubnet): string => {
  const keeps = `Network ${network} keeps its ${family === 'ip' ? 'IPv4' : 'IPv6'} subnet ${subnet}`
  return missing === null
    ? `${keeps}: no other one is free for it.`
    : `${keeps}, which it has to leave: no other one is free for it. ${moveAgain(missing)}`
}

/** @param missing - why no other subnet is free, and what to do */
export const moveAgain = (missing: string): string => `${missing} Move it again then.`
