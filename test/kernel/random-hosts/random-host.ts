import type { Intent } from '@portolan/core'
import fc from 'fast-check'
import { type Backend, backends } from '../../lab/backend.ts'
import type { RuleTexts } from '../differential/host-rules.ts'
import { foreignRules, type Mix } from './foreign-arbitrary.ts'
import { intent } from './intent-arbitrary.ts'

/** A host with foreign rules, and an intent for it. */
export interface RandomHost {
  readonly bridgeNf: 0 | 1
  readonly rules: RuleTexts
  readonly backend: Backend
  readonly intent: Intent
  /** The seed for the extra addresses and ports that are tested. */
  readonly seed: number
}

export const randomHost = (mix: Mix): fc.Arbitrary<RandomHost> =>
  fc.record({
    bridgeNf: fc.constantFrom(0 as const, 1 as const),
    rules: foreignRules(mix),
    backend: fc.constantFrom(...backends),
    intent,
    seed: fc.noShrink(fc.nat(0x7fffffff)),
  })
