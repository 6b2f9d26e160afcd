import { cause } from './cause.ts'
import { whichPackets } from './effect.ts'
import { anotherRoute, type Words } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'
import { deedsOf } from './search/rewriting-step.ts'

/** The interface that answers leave by which are for another one; null where that is not what is wrong. */
export const wrongWay = ({ judgement: { conclusion } }: Finding): string | null => {
  const { trace, out } = conclusion.end.world
  return trace?.cause?.kind === 'way-back' ? (out?.name ?? null) : null
}

/** The sentence that says what drops packets, or does to them what they are lost for. */
export const causeOfDrop = (finding: Finding, packets: string): string => {
  const { step } = finding
  const out = wrongWay(finding)
  if (out !== null) return cause(finding, `leads ${packets} to ${out}`, `may lead ${packets} to ${out}`)
  const rewritten = whichPackets(finding, 'the packets')
  const [does, mayDo] = (step === null ? null : deedsOf(step, rewritten)) ?? [
    `drops ${packets}`,
    `may drop ${packets}`,
  ]
  return cause(finding, does, mayDo)
}

/** What to do about a route that leads answers away. */
export const remedyOfWay = (finding: Finding): Pick<Words, 'remedy'> =>
  finding.step?.deed.kind === 'misroute' && wrongWay(finding) !== null ? { remedy: anotherRoute } : {}
