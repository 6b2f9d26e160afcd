import type { Family } from '@portolan/netfilter'
import type { IntentNote } from '../intent/index.ts'
import type { SubnetPlan } from '../pool/index.ts'
import type { IsMoved } from './families-to-move.ts'
import type { UnfinishedMove } from './lease-subnets.ts'

/**
 * What of a move is not as it was asked for: it goes on where another one was cut off, or a family stays.
 *
 * @param kept - subnets that were to be moved and stay
 * @internal
 */
export const noteMoves = (
  subnets: readonly SubnetPlan[],
  kept: readonly SubnetPlan[],
  isMoved: IsMoved,
  unfinished: (network: string, family: Family) => UnfinishedMove | null,
): readonly IntentNote[] => [
  ...subnets.flatMap(({ network, family, subnet }): readonly IntentNote[] => {
    const move = isMoved(network, family) ? null : unfinished(network, family)
    // A file may name a subnet since.
    return move === null || move.to !== subnet
      ? []
      : [
          {
            text: `Network ${network} is on its way from ${move.from} to ${move.to}: a move was cut off, and this finishes it.`,
            place: null,
          },
        ]
  }),
  ...kept.map(
    ({ network, family, subnet }): IntentNote => ({
      text: `Network ${network} keeps its ${family === 'ip' ? 'IPv4' : 'IPv6'} subnet ${subnet}: no other one is free for it.`,
      place: null,
    }),
  ),
]
