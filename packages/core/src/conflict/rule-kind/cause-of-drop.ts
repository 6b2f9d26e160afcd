import { deedsOf } from '../search/blame/rewriting-step.ts'
import { strayInterface } from '../search/blame/stray-interface.ts'
import type { Finding } from '../search/finding/finding.ts'
import { cause } from './cause.ts'
import { isLater, packetsText } from './effect.ts'
import { anotherRoute, type Words } from './rule-conflict.ts'

/** The wrong interface that packets leave by; null: that is not the fault. */
export const wrongWay = ({ judgement: { conclusion } }: Finding): string | null =>
  strayInterface({ reached: conclusion.reached, world: conclusion.end.world })

/** The sentence that names what drops packets, or what it does to them so that they are lost. */
export const causeOfDrop = (finding: Finding, packets: string): string => {
  const { step } = finding
  const out = wrongWay(finding)
  if (out !== null) {
    // A mark on only the first packets leads these to another interface than the later ones.
    const isOfFirst = isLater(finding) && step?.packet === 1
    const first = finding.judgement.conclusion.reached.world.out?.name ?? out
    const leads = isOfFirst ? `the first packets alone to ${first}` : `${packets} to ${out}`
    return cause(finding, `leads ${leads}`, `may lead ${leads}`)
  }
  const rewritten = packetsText(finding, 'the packets')
  const [does, mayDo] = (step === null ? null : deedsOf(step, rewritten)) ?? [
    `drops ${packets}`,
    `may drop ${packets}`,
  ]
  return cause(finding, does, mayDo)
}

/** The remedy for a route that leads packets away; empty for any other cause. */
export const remedyOfWay = (finding: Finding): Pick<Words, 'remedy'> =>
  finding.step?.deed.kind === 'misroute' && wrongWay(finding) !== null ? { remedy: anotherRoute } : {}
