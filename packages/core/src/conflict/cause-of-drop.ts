import { cause } from './cause.ts'
import { isLater, whichPackets } from './effect.ts'
import { anotherRoute, type Words } from './rule-conflict.ts'
import type { Finding } from './search/finding.ts'
import { deedsOf } from './search/rewriting-step.ts'
import { strayInterface } from './search/stray-interface.ts'

/** The interface that packets leave by which are for another one; null where that is not what is wrong. */
export const wrongWay = ({ judgement: { conclusion } }: Finding): string | null =>
  strayInterface({ reached: conclusion.reached, world: conclusion.end.world })

/** The sentence that says what drops packets, or does to them what they are lost for. */
export const causeOfDrop = (finding: Finding, packets: string): string => {
  const { step } = finding
  const out = wrongWay(finding)
  if (out !== null) {
    // A mark that only first packets have leads these away from where the others go.
    const isOfFirst = isLater(finding) && step?.packet === 1
    const first = finding.judgement.conclusion.reached.world.out?.name ?? out
    const leads = isOfFirst ? `the first packets alone to ${first}` : `${packets} to ${out}`
    return cause(finding, `leads ${leads}`, `may lead ${leads}`)
  }
  const rewritten = whichPackets(finding, 'the packets')
  const [does, mayDo] = (step === null ? null : deedsOf(step, rewritten)) ?? [
    `drops ${packets}`,
    `may drop ${packets}`,
  ]
  return cause(finding, does, mayDo)
}

/** What to do about a route that leads packets away. */
export const remedyOfWay = (finding: Finding): Pick<Words, 'remedy'> =>
  finding.step?.deed.kind === 'misroute' && wrongWay(finding) !== null ? { remedy: anotherRoute } : {}
