import type { Outcome } from '../evaluate/index.ts'
import type { SocketFact } from '../facts/index.ts'
import type { Packet } from '../packet/index.ts'
import { describePacket } from './describe-packet.ts'
import type { Story } from './story.ts'
import { tellDoubts } from './tell-doubts.ts'
import { tellEnding } from './tell-ending.ts'
import { tellSteps } from './tell-steps.ts'

/**
 * What makes a story easier to read, where it is known.
 * @public @since 0.1.0
 */
export interface ExplainOptions {
  /** Names of endpoints by canonical address. */
  readonly names?: ReadonlyMap<string, string>
  /** What listens on the host (`HostFacts.sockets`); absent: nothing is said of it. */
  readonly sockets?: readonly SocketFact[]
}

/**
 * Tells what became of a packet.
 *
 * @param packet - what was asked
 * @param outcome - what `evaluate` answered
 * @example
 * printStory(explain(packet, evaluate(packet, facts, rulesets)))
 * @public @since 0.1.0
 */
export const explain = (packet: Packet, outcome: Outcome, options: ExplainOptions = {}): Story => ({
  beginning: describePacket(packet),
  there: tellSteps(outcome.trace, 'original'),
  back: tellSteps(outcome.trace, 'reply'),
  ending: tellEnding(packet, outcome, options),
  doubts: tellDoubts(packet, outcome, options),
})
