import { cause } from './cause.ts'
import { whichPackets } from './effect.ts'
import type { Finding } from './search/finding.ts'
import { deedsOf } from './search/rewriting-step.ts'

/** The sentence that says what drops packets, or does to them what they are lost for. */
export const causeOfDrop = (finding: Finding, packets: string): string => {
  const { step } = finding
  const rewritten = whichPackets(finding, 'the packets')
  const [does, mayDo] = (step === null ? null : deedsOf(step, rewritten)) ?? [
    `drops ${packets}`,
    `may drop ${packets}`,
  ]
  return cause(finding, does, mayDo)
}
