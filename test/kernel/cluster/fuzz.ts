import type { EtcdStoreOptions } from '@portolan/etcd'
import fc from 'fast-check'
import type { ClusterLab } from '../../lab/cluster/cluster-lab.ts'
import { until } from '../../lab/until.ts'
import { faultKinds, startFault } from './faults.ts'
import { followRevisions } from './follow-revisions.ts'
import { createFuzzHost, type FuzzHost } from './fuzz-host.ts'
import { openHistory } from './history.ts'
import { prepareTraffic, probeEach, sweep } from './traffic.ts'

const host = fc.nat({ max: 4 })
const interrupt = (signal: 'SIGKILL' | 'SIGSTOP') =>
  fc.record({
    signal: fc.constant(signal),
    request: fc.integer({ min: 1, max: 5 }),
    moment: fc.constantFrom('before' as const, 'sent' as const, 'answered' as const),
  })

/** When all hosts claim the most, there are too few blocks. */
const count = fc.integer({ min: 1, max: 4 })

const operation = fc.oneof(
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('claim' as const), host, count }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('vacate' as const), host, count }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('release' as const), host, one: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('killed' as const),
      host,
      count,
      interrupt: interrupt('SIGKILL'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('stopped' as const),
      host,
      count,
      interrupt: interrupt('SIGSTOP'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('killed-release' as const),
      host,
      interrupt: interrupt('SIGKILL'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('off' as const), host, wipe: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('silent' as const), host }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('reclaim' as const), host }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pools' as const), host, pools: fc.nat({ max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom(...faultKinds),
      at: fc.nat({ max: 29 }),
      lasts: fc.integer({ min: 2, max: 10 }),
    }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

/** The second removes blocks of the first, the third adds a pool, and the last has another block size. */
const poolChanges = [
  ['10.64.0.0/24:28'],
  ['10.64.0.0/25:28'],
  ['10.64.0.0/25:28', '10.65.0.0/26:28'],
  ['10.64.0.0/24:27'],
]

const everyBlock = [
  ...Array.from({ length: 16 }, (_, at) => `10.64.0.${16 * at}/28`),
  ...Array.from({ length: 4 }, (_, at) => `10.65.0.${16 * at}/28`),
]

/** The number of operations between two sweeps of the wire, and between two complete checks. */
const SWEEP_EVERY = 15
const CHECK_EVERY = 75

/** Runs random operations on all hosts at once, while faults occur. */
export const runFuzz = async (lab: ClusterLab, operations: number, say: (line: string) => void) => {
  const options: EtcdStoreOptions = { cluster: 'fuzz', endpoints: lab.endpoints, timeoutMs: 400 }
  const history = openHistory()
  await prepareTraffic(lab)
  await using observer = await followRevisions(lab.observer, { ...options, timeoutMs: 2_000 }, history)
  const hosts: FuzzHost[] = []
  const done: Record<string, number> = {}
  let endFault: (() => Promise<void>) | null = null
  let faultEndsAt = 0
  const heal = async (): Promise<void> => {
    await endFault?.()
    endFault = null
  }
  const runOperation = async (one: Operation, at: number): Promise<void> => {
    const target = 'host' in one ? hosts[one.host] : undefined
    switch (one.kind) {
      case 'claim':
        return target?.claim(one.count, { vacates: false })
      case 'vacate':
        return target?.claim(one.count, { vacates: true })
      case 'killed':
      case 'stopped':
        return target?.claim(one.count, { vacates: false, interrupt: one.interrupt })
      case 'release':
        return target?.release({ one: one.one })
      case 'killed-release':
        return target?.release({ one: false, interrupt: one.interrupt })
      case 'off':
        return target?.powerOff({ wipe: one.wipe })
      case 'silent':
        return target?.silence()
      case 'reclaim':
        return target?.reclaim()
      case 'pools':
        return target?.setUp(poolChanges[one.pools] ?? [])
      case 'compact':
        await lab.members[at % 3]?.ask('kv/compaction', { revision: String(history.revision()) })
        return
      case 'fault':
        await heal()
        endFault = await startFault(lab, one.fault, one.at)
        faultEndsAt = at + one.lasts
    }
  }
  const check = async (): Promise<readonly string[]> => {
    await heal()
    for (const one of hosts) one.goOn()
    for (const one of hosts) await one.idle()
    await lab.leader()
    let last: unknown = null
    const readRevision = async (): Promise<number | null> => {
      const end = await observer.call<{ readonly revision: number }>('read')
      last = end
      return end.kind === 'done' ? end.value.revision : null
    }
    const revision = await until('a healed cluster to be read', readRevision, { shows: () => last })
    await history.reached(revision)
    observer.raise()
    const held = history.held()
    const foreign = hosts.flatMap(({ name, uses, isDoubtful }) =>
      isDoubtful
        ? []
        : [...uses].flatMap((block) =>
            held.get(block)?.host === name ? [] : [`${name} uses ${block}, which is not its own`],
          ),
    )
    return [...foreign, ...(await sweep(lab, hosts, everyBlock)), ...(await probeEach(lab, hosts))]
  }
  const faults: string[] = []
  try {
    for (const one of lab.hosts) hosts.push(await createFuzzHost(one, options, async () => observer))
    await hosts[0]?.setUp(poolChanges[0] ?? [])
    await hosts[0]?.idle()
    const [drawn = []] = fc.sample(
      fc.array(operation, { minLength: operations, maxLength: operations, size: 'max' }),
      { numRuns: 1, seed: Number(process.env.PORTOLAN_SEED) },
    )
    for (const [at, one] of drawn.entries()) {
      if (endFault !== null && at >= faultEndsAt) await heal()
      const kind = one.kind === 'fault' ? one.fault : one.kind
      done[kind] = (done[kind] ?? 0) + 1
      await runOperation(one, at)
      if (at % SWEEP_EVERY === SWEEP_EVERY - 1) faults.push(...(await sweep(lab, hosts, everyBlock)))
      if (at % CHECK_EVERY === CHECK_EVERY - 1 || at === operations - 1) faults.push(...(await check()))
      faults.push(...history.faults)
      if (faults.length > 0) {
        faults.push(`operation ${at} of seed ${process.env.PORTOLAN_SEED}: ${JSON.stringify(one)}`)
        break
      }
      if (at % (operations > 1000 ? 500 : 50) === 0)
        say(`${new Date().toISOString()} ${at + 1} operations, ${history.revision()} revisions`)
    }
    say(JSON.stringify({ done, ...history.counts, revisions: history.revisions() }))
    return { ...history.counts, faults }
  } finally {
    await heal()
    await Promise.all(hosts.map((one) => one[Symbol.asyncDispose]()))
    await observer[Symbol.asyncDispose]()
  }
}
