import { expect, test } from '@jest/globals'
import { growthOf } from '../../../../test/growth/count-work.ts'
import { type BlockEntry, type BlockSnapshot, neighboursOf } from '../../src/block/index.ts'
import { lostRecords, settleBlocks, withUnknownHosts } from '../../src/planning.ts'

const pool = '10.0.0.0/8:24'
const me = { cluster: 'prod', host: 'host-0', incarnation: 'host-0' }

/** A cluster whose hosts have five blocks each. */
const clusterOf = (blocks: number, isThere: (host: number) => boolean, revision: number): BlockSnapshot => {
  const entries: BlockEntry[] = []
  const put = (key: string, value: object): void => {
    entries.push({ key, value: JSON.stringify(value), created: 1, modified: 1 })
  }
  put('pools', { pools: [pool], former: [] })
  for (let at = 0; at < blocks; at += 1) {
    const number = Math.floor(at / 5)
    const of = { host: `host-${number}`, incarnation: `host-${number}` }
    if (!isThere(number)) continue
    if (at % 5 === 0) put(`nodes/${of.host}`, { incarnation: of.incarnation, ip: '192.0.2.11', ip6: null })
    const first = (0x0a000000 + at * 256).toString(16).padStart(8, '0')
    put(`blocks/ip/${first}-24`, { ...of, nonce: 'n', state: 'held' })
  }
  return { revision, entries }
}

/** An older copy of the data, which knows half of the hosts, and what a host remembers that has seen all of them. */
const restored = (blocks: number) => {
  const seen = neighboursOf(
    clusterOf(blocks, () => true, 10),
    me,
  )
  const copy = clusterOf(blocks, (host) => host % 2 === 0, 20)
  const member = {
    ...me,
    pools: [pool],
    lost: [],
    blocks: seen.blocks.map((block) => ({ block, revision: 1 })),
  }
  return { seen, copy, member }
}

test.each([
  [
    'compares what it remembers with all keys',
    (blocks: number) => {
      const { seen, member } = restored(blocks)
      return () =>
        lostRecords(
          clusterOf(blocks, () => true, 20),
          { ...member, seen },
        )
    },
  ],
  [
    'adds the hosts that an older copy does not know',
    (blocks: number) => {
      const { seen, copy } = restored(blocks)
      return () => withUnknownHosts(neighboursOf(copy, me), seen, copy)
    },
  ],
  [
    'adds them again after each change of that copy',
    (blocks: number) => {
      const { seen, copy } = restored(blocks)
      const before = withUnknownHosts(neighboursOf(copy, me), seen, copy)
      return () => withUnknownHosts(neighboursOf(copy, me), before, copy)
    },
  ],
])('the work of a host grows no faster than its cluster when it %s', (_what, prepare) => {
  const prepared = new Map([500, 4000].map((blocks) => [blocks, prepare(blocks)]))
  expect(growthOf((blocks) => prepared.get(blocks)?.(), 500, 4000)).toBeLessThan(12)
})

test('a claim beside blocks of forgotten hosts compares each block with few of them', async () => {
  const claims = async (blocks: number): Promise<() => unknown> => {
    const { seen, copy } = restored(blocks)
    const known = { lost: [], seen: withUnknownHosts(neighboursOf(copy, me), seen, copy) }
    // Every block of the pool has an owner, as far as this host knows.
    const full = {
      ...copy,
      entries: copy.entries.map((one) =>
        one.key === 'pools'
          ? {
              ...one,
              value: JSON.stringify({ pools: [`10.0.0.0/${32 - Math.log2(blocks * 256)}:24`], former: [] }),
            }
          : one,
      ),
    }
    return () => {
      const steps = settleBlocks({ ...me, lease: null, newNonce: () => 'n', count: 6, known })
      steps.next()
      return steps.next({ kind: 'snapshot', snapshot: full })
    }
  }
  const prepared = new Map<number, () => unknown>()
  for (const blocks of [512, 4096]) prepared.set(blocks, await claims(blocks))
  expect(growthOf((blocks) => prepared.get(blocks)?.(), 512, 4096)).toBeLessThan(12)
})

test('a claim of a host with many networks compares no network with each of its blocks', () => {
  const claim = (blocks: number): (() => unknown) => {
    const snapshot = clusterOf(5, () => true, 10)
    const subnets = Array.from({ length: blocks }, (_, at) => {
      const number = 1000 + at
      return `10.${number >> 8}.${number & 255}.0/24`
    })
    const remembered = subnets.map((block) => ({ block, revision: 1 }))
    return () => {
      const request = { ...me, lease: null, newNonce: () => 'n', remembered, inUse: subnets }
      const steps = settleBlocks(request)
      steps.next()
      return steps.next({ kind: 'snapshot', snapshot })
    }
  }
  const prepared = new Map([500, 4000].map((blocks) => [blocks, claim(blocks)]))
  expect(growthOf((blocks) => prepared.get(blocks)?.(), 500, 4000)).toBeLessThan(12)
})
