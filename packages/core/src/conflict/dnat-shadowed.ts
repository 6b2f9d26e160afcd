import { cause } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { otherPlace, unreachable } from './effect.ts'
import { anotherRoute, ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * Something earlier translates the packet, and the first binding of a flow wins (net/netfilter/nf_nat_core.c); or a
 * route leads the translated packet away from the container's bridge.
 * @internal
 */
export const dnatShadowed = (finding: ToldFinding): Conflict => {
  const { step } = finding
  const sends = `the packets to ${otherPlace(finding)}`
  const isRoute = step !== null && step.table === null
  return ruleConflict(finding, {
    message: `${unreachable(finding)} ${cause(finding, isRoute ? `leads ${sends}` : `comes first and sends ${sends}`, `may send ${sends}`)}`,
    otherwise: 'Publish on another host port, or delete that rule.',
    ...(isRoute ? { remedy: anotherRoute } : {}),
  })
}
