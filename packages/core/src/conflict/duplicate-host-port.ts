import type { Conflict } from './conflict.ts'
import { culpritOutsideRules } from './conflict.ts'

/**
 * One host socket is wanted by two mappings, of this project or of another that is already in force. The first
 * keeps it: two containers cannot answer on one socket unless both carry a weight.
 *
 * Invalid: `a: ports: ["8080:80"]` and `b: ports: ["8080:80"]`. Valid: the same with `weight` on both.
 * @internal
 */
export const duplicateHostPort = (
  loser: string,
  winner: { readonly project: string; readonly label: string },
  socket: string,
): Conflict => ({
  kind: 'DuplicateHostPort',
  severity: 'error',
  certainty: 'certain',
  mapping: loser,
  network: null,
  message: `${loser} wants the host socket ${socket}, which ${winner.label} of project ${winner.project} already has. It would never get a packet.`,
  witness: null,
  culprit: culpritOutsideRules('portolan', winner.label, winner.project),
  remedy: {
    text: `Give one of them another host port, bind them to different host addresses, or give both a weight (x-portolan: {weight: 1}) and the same allow_from to share the port.`,
    commands: [],
  },
  trace: [],
})
