import { findHostPortTaken } from '@portolan/core/planning'
import { type HostFacts, type SocketFact, StaleStateError } from '@portolan/netfilter'
import type { Plan } from '../plan/plan.ts'
import { isStale, type Observation } from './is-stale.ts'

/**
 * Refuses a plan when the managed state differs from its observation, or when a program began to listen on a port that
 * it publishes.
 *
 * @param planned - a plan, or a removal, which publishes nothing
 * @throws StaleStateError
 * @example
 * refuseStale({ observed: { facts: {}, rules: noRules } }, { facts: {}, rules: noRules })
 * @public @since 0.1.0
 */
export const refuseStale = (
  { observed, project = '', added = [] }: Pick<Plan, 'observed'> & Partial<Pick<Plan, 'project' | 'added'>>,
  now: Observation,
): void => {
  const stale = isStale(observed, now)
  if (stale !== null)
    throw new StaleStateError(`${stale} changed after the plan was made. Nothing was changed`, {
      advice: 'plan again',
    })
  const listener = newListener({ observed, project, added }, now.facts)
  if (listener !== null)
    throw new StaleStateError(
      `A program began to listen on ${listener} after the plan was made. Nothing was changed`,
      { advice: 'plan again' },
    )
}

/**
 * The socket on a published port that was not there when the plan was made, as a conflict names it. The mapping would
 * take the program's clients, and the plan did not say so.
 */
const newListener = (
  { observed: { facts }, project, added }: Pick<Plan, 'project' | 'added' | 'observed'>,
  now: HostFacts,
): string | null => {
  // A plan from facts without sockets does not know what listened then.
  if (facts.sockets === undefined) return null
  // Apply reads no names of processes, so sockets are compared without them.
  const known = new Set(facts.sockets.map(placeOf))
  const sockets = now.sockets?.filter((socket) => !known.has(placeOf(socket))) ?? []
  const taken = findHostPortTaken({ project, mappings: added }, { ...now, sockets })
  return taken.find(({ severity }) => severity === 'error')?.culprit?.text ?? null
}

const placeOf = ({ protocol, address, port }: SocketFact): string => `${protocol} ${address} ${port}`
