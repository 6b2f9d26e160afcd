import type { Outcome } from '../evaluate/index.ts'
import { checkPacket } from '../packet/check-packet.ts'
import { type PacketInput, packetOf } from '../packet/index.ts'
import {
  checkArgument,
  checkOptions,
  listValue,
  type OptionKinds,
  objectValue,
} from '../schema/check-options.ts'
import { describePacket } from './describe-packet.ts'
import type { ExplainOptions } from './explain-options.ts'
import type { Story, StoryLater } from './story.ts'
import { tellDoubts } from './tell-doubts.ts'
import { tellEnding } from './tell-ending.ts'
import { tellSteps } from './tell-steps.ts'

const outcomeValue = objectValue('what evaluate() gives', { outcome: 'text', trace: 'objects' })
const optionKinds: OptionKinds<ExplainOptions> = {
  names: objectValue('a Map of names by address', { get: 'function' }),
  sockets: listValue('a list of sockets', objectValue('a socket').holds),
}

/**
 * Tells what became of a packet, as a story in sentences.
 *
 * @param input - the evaluated packet
 * @param outcome - the answer of `evaluate`
 * @throws InvalidRequestError for an argument of another kind
 * @example
 * printStory(explain(packet, evaluate(packet, facts, rulesets)))
 * @public @since 0.1.0
 */
export const explain = (input: PacketInput, outcome: Outcome, options: ExplainOptions = {}): Story => {
  checkPacket(input)
  checkArgument(outcome, outcomeValue, 'the outcome')
  checkOptions(options, optionKinds, 'the options of explain')
  const packet = packetOf(input)
  return {
    beginning: describePacket(packet),
    there: tellSteps(outcome.trace, 1),
    back: tellSteps(outcome.trace, 2),
    later: tellLater(outcome),
    ending: tellEnding(packet, outcome, options),
    doubts: tellDoubts(packet, outcome, options),
  }
}

/**
 * The steps of a later packet that is stopped. A later packet that passes is like those before it, so it is not told.
 */
const tellLater = ({ trace }: Outcome): StoryLater | null => {
  const packet = trace.at(-1)?.packet ?? 1
  return packet < 3
    ? null
    : {
        beginning:
          packet === 3
            ? 'It is answered, but the next packet of the sender:'
            : 'It is answered, but the answer after that:',
        steps: tellSteps(trace, packet),
      }
}
