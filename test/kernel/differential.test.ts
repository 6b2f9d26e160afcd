import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeOnKernel } from '../lab/gate.ts'
import { openScene, type Scene } from './differential/scene.ts'
import { shrunkFor } from './differential/shrunk-for.ts'
import { compareTrial, startTally, type Tally } from './differential/trial.ts'
import { type Mix, trials } from './differential/trial-arbitrary.ts'

/**
 * PORTOLAN_FLOWS sets the number of flows: 50000 take some ten minutes. PORTOLAN_SEED draws others. PORTOLAN_SHRINK=no
 * only finds a failure.
 */
const wanted = Number(process.env.PORTOLAN_FLOWS ?? 2400)
const flowsPerRuleset = 60
const mixes: readonly Mix[] = ['nftables', 'iptables-nft', 'iptables-legacy', 'all together']
const longestShrinkMs = 60_000
const rulesets = Math.ceil(wanted / mixes.length / flowsPerRuleset)

const summary = (mix: string, tally: Tally): string =>
  [
    `${mix}: ${tally.flows} flows through ${tally.rulesets} rulesets, each with the same outcome in the kernel and the evaluator`,
    `(${[...tally.outcomes].map(([kind, count]) => `${count} ${kind}`).join(', ')};`,
    `${tally.translated} translated; of the lost flows ${tally.stoppedBack} lost the reply, ${tally.refused} got a`,
    `refusal, and ${tally.stoppedUdp} were checked at the receiver; ${tally.possible} only possible;`,
    `${tally.later} lost a packet after the first reply; ${tally.again} were sent again)\n`,
  ].join(' ')

describeOnKernel('the evaluator and the kernel', 'iptables-legacy', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene()
  })
  /** Some ten of a hundred rulesets drop a packet after the first reply. Among a few rulesets there may be none. */
  const totals = { mixes: 0, later: 0 }
  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
    if (totals.mixes === mixes.length && wanted >= 6000) expect(totals.later).toBeGreaterThan(0)
  })

  test.each(mixes)(
    'agree on the outcome, the receiver and the source seen, with random rules of %s',
    async (mix) => {
      const tally = startTally()
      await fc.assert(
        fc.asyncProperty(
          trials(mix, flowsPerRuleset),
          // Each step of shrinking asks the kernel again. What is found within this time is small enough to read.
          shrunkFor(longestShrinkMs, (trial) => compareTrial(scene, trial, tally)),
        ),
        {
          numRuns: rulesets,
          endOnFailure: process.env.PORTOLAN_SHRINK === 'no',
        },
      )
      process.stderr.write(summary(mix, tally))
      expect(tally.flows).toBeGreaterThanOrEqual(wanted / mixes.length)
      // Agreement on rare outcomes would mean little, and "possible" must not excuse much.
      expect([...tally.outcomes.keys()]).toEqual(expect.arrayContaining(['local', 'forwarded', 'dropped']))
      expect(tally.translated).toBeGreaterThan(tally.flows / 100)
      expect(tally.possible).toBeLessThan(tally.flows / 3)
      totals.mixes += 1
      totals.later += tally.later
    },
    60_000 + wanted * 60,
  )
})
