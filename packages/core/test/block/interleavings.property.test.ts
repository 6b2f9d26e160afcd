import { expect, test } from '@jest/globals'
import { PortolanError } from '@portolan/netfilter'
import fc from 'fast-check'
import {
  BlockStoreError,
  type BlockTransaction,
  blocksOfDeadHosts,
  type ClaimedBlocks,
  claimBlocks,
  describeCluster,
  type RememberedBlock,
  reclaimBlocks,
  releaseBlocks,
  setUpCluster,
} from '../../src/index.ts'
import { type Fate, paperStore, runOnPaper, startSteps } from './cluster-model.ts'

const fate = fc.constantFrom<Fate>(
  'answered',
  'answered',
  'answered',
  'answered',
  'lost',
  'unanswered',
  'late',
)

/** The next event, for a host (by its number) or for the store. */
const event = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('step' as const), host: fc.nat(), fate }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      host: fc.nat(),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), host: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), host: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('arrive' as const), host: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('silent' as const), host: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reclaim' as const), host: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pools' as const), host: fc.nat() }) },
)

type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never

/** The second removes addresses of the first, the third adds some, and the others use another block size. */
const poolChanges = [
  ['10.0.0.0/28:31'],
  ['10.0.0.0/29:31'],
  ['10.0.0.0/27:31'],
  ['10.0.0.0/27:30'],
  ['10.0.0.16/28:30', '10.0.0.0/28:31'],
]

interface Host {
  readonly host: string
  incarnation: string
  remembered: readonly RememberedBlock[]
  /** The blocks in which the host leases addresses: from the answer to its claim until it begins to release them. */
  uses: readonly string[]
  /** True: the host was silent since it was last told its blocks. */
  wasSilent: boolean
  claims: ReturnType<typeof startSteps<ClaimedBlocks>>[]
  rest: ReturnType<typeof startSteps<readonly unknown[]>>[]
  /** The transactions that ended processes of the host have sent. */
  strays: BlockTransaction[]
}

let nonces = 0
const newNonce = (): string => {
  nonces += 1
  return `n${nonces}`
}

const clusterOf = (size: number) => {
  const store = paperStore()
  runOnPaper(store, setUpCluster(['10.0.0.0/28:31']))
  const hosts = Array.from(
    { length: size },
    (_, at): Host => ({
      host: `host-${at}`,
      incarnation: `i${at}`,
      remembered: [],
      uses: [],
      wasSilent: false,
      claims: [],
      rest: [],
      strays: [],
    }),
  )
  const inits: ReturnType<typeof startSteps<unknown>>[] = []
  const reclaims: ReturnType<typeof startSteps<readonly unknown[]>>[] = []
  /** The documentation says what a paused host may do once its blocks may be reclaimed. */
  const bound = (): readonly Host[] =>
    reclaims.length === 0 ? hosts : hosts.filter(({ wasSilent }) => !wasSilent)
  /** A store may refuse; any other error is a fault. */
  const refuseFault = (outcome: ReturnType<ReturnType<typeof startSteps<unknown>>['outcome']>): void => {
    if (outcome?.kind === 'failed' && !(outcome.error instanceof BlockStoreError)) throw outcome.error
  }
  const settle = (host: Host): void => {
    const [claim] = host.claims
    const outcome = claim?.outcome() ?? null
    if (outcome === null) return
    host.claims.shift()
    refuseFault(outcome)
    if (outcome.kind === 'failed') return
    host.wasSilent = false
    host.uses = outcome.result.blocks.map(({ block }) => block)
    host.remembered = outcome.result.blocks
  }
  const claim = (host: Host, count: number): void => {
    if (host.claims.length > 0 || host.rest.length > 0) return
    const { host: name, incarnation, remembered } = host
    const keeps = (block: string): boolean => host.uses.includes(block)
    host.claims.push(
      startSteps(
        store,
        claimBlocks({ host: name, incarnation, remembered, count, keeps, lease: 'lease', newNonce }),
      ),
    )
  }
  const happen = (one: Event): void => {
    const host = hosts[one.host % size]
    if (host === undefined) return
    const running = [...host.claims, ...host.rest]
    switch (one.kind) {
      case 'step':
        running[0]?.step(one.fate)
        settle(host)
        for (const steps of host.rest) refuseFault(steps.outcome())
        host.rest = host.rest.filter((steps) => steps.outcome() === null)
        return
      case 'claim':
        claim(host, one.count)
        return
      case 'restart':
        // The requests of the ended process may still arrive. The host knows only the answers that it stored.
        for (const steps of running) host.strays.push(...steps.abandon())
        host.claims = []
        host.rest = []
        return
      case 'release':
        if (running.length > 0) return
        host.uses = []
        host.remembered = []
        host.rest.push(
          startSteps(
            store,
            releaseBlocks({ host: host.host, incarnation: host.incarnation, blocks: null, newNonce }),
          ),
        )
        return
      case 'arrive':
        for (const steps of running) steps.arrive()
        for (const stray of host.strays.splice(0, 1)) store.commit(stray)
        return
      case 'silent':
        host.wasSilent = true
        store.remove(`hosts/${host.host}`)
        return
      case 'reclaim': {
        const running = reclaims.at(-1)
        if (running !== undefined && running.outcome() === null) {
          running.step(one.host % 5 === 0 ? 'late' : 'answered')
          running.arrive()
          return
        }
        const answer = store.read()
        if (answer.kind !== 'snapshot') return
        reclaims.push(startSteps(store, reclaimBlocks(blocksOfDeadHosts(answer.snapshot, null), newNonce)))
        return
      }
      case 'pools': {
        // Claims run between the reading and the change of an `init`.
        const running = inits.at(-1)
        if (running !== undefined && running.outcome() === null)
          running.step(one.host % 5 === 0 ? 'late' : 'answered')
        else inits.push(startSteps(store, setUpCluster(poolChanges[one.host % poolChanges.length] ?? [])))
        if (one.host % 7 === 0) running?.arrive()
        const outcome = inits.at(-1)?.outcome()
        // Pools with another block size for held blocks are refused.
        if (outcome?.kind === 'failed' && !(outcome.error instanceof PortolanError)) throw outcome.error
      }
    }
  }
  const usedTwice = (): readonly string[] => {
    const used = bound().flatMap(({ uses }) => uses)
    return used.filter((block, at) => used.indexOf(block) !== at)
  }
  /** A host must hold the blocks that it uses. Otherwise another host would get them sooner or later. */
  const usedUnheld = (): readonly string[] =>
    bound().flatMap(({ host, uses }) => uses.filter((block) => store.ownerOf(block) !== host))
  return { store, hosts, happen, usedTwice, usedUnheld }
}

test('no block has two owners at any revision, whatever is lost, late, restarted, silent or reclaimed in between', () => {
  let claimed = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.array(event, { minLength: 20, maxLength: 150 }),
      (size, events) => {
        const cluster = clusterOf(size)
        for (const one of events) {
          cluster.happen(one)
          expect(cluster.store.faults).toEqual([])
          expect(cluster.usedTwice()).toEqual([])
          expect(cluster.usedUnheld()).toEqual([])
        }
        claimed += cluster.hosts.flatMap(({ uses }) => uses).length
      },
    ),
    { numRuns: 300 },
  )
  expect(claimed).toBeGreaterThan(100)
})

test('no block overlaps one of another size, in whatever order hosts claim and the pools change', () => {
  const ends = new Set<string>()
  // Two hosts and one change of the pools. Each digit of the order says which one runs a step.
  for (let order = 0; order < 3 ** 7; order += 1) {
    const store = paperStore()
    runOnPaper(store, setUpCluster(['10.0.0.0/29:31']))
    const claims = ['a', 'b'].map((host) =>
      startSteps(store, claimBlocks({ host, incarnation: host, lease: null, newNonce })),
    )
    const init = startSteps<unknown>(store, setUpCluster(['10.0.0.0/29:29']))
    const all = [...claims, init]
    for (const digit of order.toString(3).padStart(7, '0')) all[Number(digit)]?.step()
    for (const one of all) while (one.outcome() === null) one.step()
    expect(store.faults).toEqual([])
    ends.add(all.map((one) => one.outcome()?.kind).join(' '))
  }
  // Either the blocks came first, or the pools, which then have one block.
  expect(ends).toEqual(new Set(['done done failed', 'done failed done', 'failed done done']))
})

test('a thousand hosts that ask at once, each request in any order, get a block each out of 1,024', () => {
  const store = paperStore()
  runOnPaper(store, setUpCluster(['10.64.0.0/14:24']))
  const hosts = Array.from({ length: 1_000 }, (_, at) =>
    startSteps(store, claimBlocks({ host: `host-${at}`, incarnation: `i${at}`, lease: 'lease', newNonce })),
  )
  const [order = []] = fc.sample(
    fc.array(fc.nat({ max: 999 }), { minLength: 20_000, maxLength: 20_000, size: 'max' }),
    { numRuns: 1, seed: Number(process.env.PORTOLAN_SEED) },
  )
  for (const at of order) hosts[at]?.step()
  for (const host of hosts) while (host.outcome() === null) host.step()
  const blocks = hosts.flatMap((host) => {
    const outcome = host.outcome()
    return outcome?.kind === 'done' ? outcome.result.blocks.map(({ block }) => block) : []
  })
  expect(new Set(blocks).size).toBe(1_000)
  expect(store.faults).toEqual([])
  const answer = store.read()
  expect(answer.kind === 'snapshot' && describeCluster(answer.snapshot).pools[0]?.held).toBe(1_000)
})
