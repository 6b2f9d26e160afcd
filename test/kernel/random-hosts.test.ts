import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeOnKernel } from '../lab/gate.ts'
import type { Mix } from './random-hosts/foreign-arbitrary.ts'
import { randomHost } from './random-hosts/random-host.ts'
import { openStage, type Stage } from './random-hosts/stage.ts'
import { startTally, summary } from './random-hosts/tally.ts'
import { tryOut } from './random-hosts/trial.ts'

/** PORTOLAN_HOSTS asks for more. PORTOLAN_SEED repeats, PORTOLAN_SHRINK=no only finds. */
const wanted = Number(process.env.PORTOLAN_HOSTS ?? 60)
const mixes: readonly Mix[] = ['nftables', 'iptables-nft', 'iptables-legacy', 'all together']
/** Of fewer hosts it is not known that they differ enough. */
const leastHosts = 48
/** While one waits for silence, the others work. */
const stages = 3
const hosts = Math.ceil(wanted / mixes.length / stages)

/** The other stages go on for a while, and shrinking takes its time. */
const tellAtOnce = (error: unknown): never => {
  process.stderr.write(
    `${error instanceof Error ? error.message.split('\n', 2).join('\n') : String(error)}\n`,
  )
  throw error
}

describeOnKernel('the conflict finder and the kernel', 'iptables-legacy', () => {
  const open: Stage[] = []
  /** What hosts of one mix seldom have is counted over all of them. */
  const all = {
    mixes: 0,
    asked: 0,
    failed: 0,
    later: 0,
    witnesses: 0,
    openedHosts: 0,
    mostRules: 0,
    senders: new Set<string>(),
  }
  beforeAll(async () => {
    for (let at = 0; at < stages; at += 1) open.push(await openStage())
  })
  afterAll(async () => {
    await Promise.all(open.map((stage) => stage[Symbol.asyncDispose]()))
    if (all.mixes < mixes.length || wanted < leastHosts) return
    // Agreement on what hardly happens would say little.
    expect(all.failed).toBeGreaterThan(all.asked / 20)
    expect(all.failed).toBeLessThan((all.asked * 3) / 4)
    expect(all.later).toBeGreaterThan(0)
    expect(all.witnesses).toBeGreaterThan(wanted)
    expect(all.openedHosts).toBeGreaterThan(wanted / 20)
    expect(all.senders.size).toBeGreaterThanOrEqual(200)
    // Few have as many as there may be.
    expect(all.mostRules).toBeGreaterThanOrEqual(wanted < 500 ? 100 : 300)
  })

  test.each(mixes)(
    'agree on which clients are not served, on hosts with random rules of %s',
    async (mix) => {
      const tally = startTally()
      const seed = process.env.PORTOLAN_SEED
      // All of them end before the next begins: no two hosts may meet on one stage.
      const ends = await Promise.allSettled(
        open.map((stage) =>
          fc.assert(
            fc.asyncProperty(randomHost(mix), (host) => tryOut(stage, host, tally).catch(tellAtOnce)),
            {
              numRuns: hosts,
              // None given: each stage has hosts of its own.
              ...(seed === undefined ? {} : { seed: Number(seed) }),
              // Each step of shrinking asks the kernel again: what is found by then is small enough to read.
              interruptAfterTimeLimit: 120_000 + wanted * 500,
              endOnFailure: process.env.PORTOLAN_SHRINK === 'no',
            },
          ),
        ),
      )
      for (const end of ends) if (end.status === 'rejected') throw end.reason
      process.stderr.write(summary(mix, tally))
      expect(tally.hosts).toBeGreaterThanOrEqual(hosts * stages)
      all.mixes += 1
      all.asked += tally.asked
      all.failed += tally.failed
      all.witnesses += tally.witnesses
      all.later += tally.later
      all.openedHosts += tally.openedHosts
      all.mostRules = Math.max(all.mostRules, tally.mostRules)
      for (const sender of tally.senders) all.senders.add(sender)
    },
    240_000 + wanted * 500,
  )
})
