import { explain, type Outcome, type Packet, prepare, type Story } from '@portolan/netfilter'
import { visibleData } from '@portolan/netfilter/text'
import { asFarAsRead } from '../../host-rules/as-far-as-read.ts'
import type { ReportQuestions, Situation } from '../questions.ts'

/** The result of a packet, as words and as data. Characters that would not show are written out. */
export interface Answer {
  readonly story: Story
  readonly trace: Outcome['trace']
}

/**
 * Makes a function that answers questions as `portolan explain` does. The rules of a situation are prepared once, at
 * its first question.
 */
export const answerer = ({
  endpoints,
  names,
}: ReportQuestions): ((packet: Packet, situation: Situation) => Answer) => {
  const known = new Map<Situation, ReturnType<typeof prepare>>()
  return (packet, situation) => {
    const { facts, rulesets, hidden } = situation
    const evaluator = known.get(situation) ?? prepare(facts, rulesets, { endpoints })
    known.set(situation, evaluator)
    const outcome = asFarAsRead(packet, evaluator.evaluate(packet), { hidden })
    const { sockets } = facts
    const story = explain(packet, outcome, {
      names: new Map(names),
      ...(sockets === undefined ? {} : { sockets }),
    })
    return { story: visibleData(story), trace: visibleData(outcome.trace) }
  }
}
