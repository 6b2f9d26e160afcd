import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeOnKernel } from '../lab/gate.ts'
import { shrunkFor } from './differential/shrunk-for.ts'
import type { Mix } from './random-hosts/foreign-arbitrary.ts'
import { randomHost } from './random-hosts/random-host.ts'
import { openStage, type Stage } from './random-hosts/stage.ts'
import { startTally, summary } from './random-hosts/tally.ts'
import { compareWithKernel } from './random-hosts/trial.ts'

/** PORTOLAN_HOSTS sets the number of hosts. PORTOLAN_SEED draws others. PORTOLAN_SHRINK=no only finds a failure. */
const wanted = Number(process.env.PORTOLAN_HOSTS ?? 60)
const mixes: readonly Mix[] = ['nftables', 'iptables-nft', 'iptables-legacy', 'all together']
/** With fewer hosts it is unknown whether they differ enough. */
const leastHosts = 48
/** PORTOLAN_HOST=SEED/PATH, as a failure prints it, tests only that host. */
const onlyHost = process.env.PORTOLAN_HOST?.split('/')
const longestShrinkMs = 120_000
/** While one stage waits for silence, the others work. */
const stages = onlyHost === undefined ? 3 : 1
const hosts = Math.ceil(wanted / mixes.length / stages)

/** Each stage draws its own hosts for each mix. */
const seedOfStage = (mix: Mix, stage: number): number =>
  // Multiplied by two unrelated odd numbers, so that runs with neighbouring seeds share no hosts.
  Math.imul(Number(process.env.PORTOLAN_SEED), 0x9e3779b1) ^
  Math.imul(mixes.indexOf(mix) * stages + stage + 1, 0x85ebca6b)

/** Prints the failure at once, because the other stages continue for a while, and shrinking takes long. */
const printAtOnce = (error: unknown): never => {
  process.stderr.write(
    `${error instanceof Error ? error.message.split('\n', 2).join('\n') : String(error)}\n`,
  )
  throw error
}

describeOnKernel('the conflict finder and the kernel', 'iptables-legacy', () => {
  const open: Stage[] = []
  /** Rare cases are counted over all mixes together. */
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
    if (all.mixes < mixes.length || wanted < leastHosts || onlyHost !== undefined) return
    // Agreement on rare cases would mean little.
    expect(all.failed).toBeGreaterThan(all.asked / 20)
    expect(all.failed).toBeLessThan((all.asked * 3) / 4)
    expect(all.later).toBeGreaterThan(0)
    expect(all.witnesses).toBeGreaterThan(wanted)
    expect(all.openedHosts).toBeGreaterThan(wanted / 20)
    expect(all.senders.size).toBeGreaterThanOrEqual(200)
    // Few hosts have the largest possible number of rules.
    expect(all.mostRules).toBeGreaterThanOrEqual(wanted < 500 ? 100 : 300)
  })

  test.each(mixes)(
    'agree on which clients are not served, on hosts with random rules of %s',
    async (mix) => {
      const tally = startTally()
      // All stages end before the next mix begins, so that no two hosts share a stage.
      const ends = await Promise.allSettled(
        open.map((stage, at) =>
          fc.assert(
            fc.asyncProperty(
              randomHost(mix),
              // Each step of shrinking asks the kernel again. What is found within this time is small enough to read.
              shrunkFor(longestShrinkMs, (host) => compareWithKernel(stage, host, tally).catch(printAtOnce)),
            ),
            {
              numRuns: hosts,
              seed: seedOfStage(mix, at),
              ...(onlyHost === undefined
                ? {}
                : { seed: Number(onlyHost[0]), path: onlyHost[1] ?? '', numRuns: 1 }),
              endOnFailure: process.env.PORTOLAN_SHRINK === 'no',
            },
          ),
        ),
      )
      const found = ends.filter(({ status }) => status === 'rejected').length
      process.stderr.write(summary(`${mix}: ${tally.hosts} hosts, ${found} disagreements`, tally))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
      expect(tally.hosts).toBeGreaterThanOrEqual(onlyHost === undefined ? hosts * stages : 1)
      all.mixes += 1
      all.asked += tally.asked
      all.failed += tally.failed
      all.witnesses += tally.witnesses
      all.later += tally.later
      all.openedHosts += tally.openedHosts
      all.mostRules = Math.max(all.mostRules, tally.mostRules)
      for (const sender of tally.senders) all.senders.add(sender)
    },
    240_000 + wanted * 2000,
  )
})
