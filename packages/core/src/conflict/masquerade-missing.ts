import { cause } from './cause.ts'
import type { Conflict } from './conflict.ts'
import { receiver, senders } from './effect.ts'
import { ruleConflict, type ToldFinding } from './rule-conflict.ts'

/**
 * What should leave with an address of the host keeps a private one, to which no reply can come back.
 * @internal
 */
export const masqueradeMissing = (finding: ToldFinding): Conflict => {
  const { certainty, network, rows } = finding
  const from = rows[0]?.way === 'egress' ? `network ${network.name}` : senders(finding)
  return ruleConflict(finding, {
    message: `Packets from ${from} to ${receiver(finding)} ${certainty === 'certain' ? 'leave' : 'may leave'} with the container's private address as source, so no reply can come back. ${cause(finding, 'binds the source before the masquerade', 'may bind the source before the masquerade')}`,
    otherwise: 'Exempt these packets from that rule, so that the masquerade comes first.',
  })
}
