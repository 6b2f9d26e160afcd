import { expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import {
  announceNode,
  type BlockSteps,
  claimBlocks,
  neighboursOf,
  releaseBlocks,
  setUpCluster,
} from '../../src/index.ts'
import { type PaperStore, paperStore, runOnPaper, startSteps } from './cluster-model.ts'

let nonces = 0
const newNonce = (): string => {
  nonces += 1
  return `n${nonces}`
}
const was = { host: 'a', incarnation: 'lost' }
const is = { host: 'a', incarnation: 'new' }
const count = 250

/** One host has more blocks than one etcd transaction can change. */
const manyBlocks = (): PaperStore => {
  const store = paperStore()
  runOnPaper(store, setUpCluster(['10.0.0.0/16:28']))
  runOnPaper(store, claimBlocks({ ...was, lease: null, newNonce, count }))
  runOnPaper(store, announceNode({ ...was, addresses: { ip: '192.0.2.1', ip6: null } }))
  return store
}

const seenByOthers = (store: PaperStore) => {
  const answer = store.read()
  if (answer.kind !== 'snapshot') throw new Error('a read has a snapshot')
  return neighboursOf(answer.snapshot, { cluster: 'prod', host: 'b', incarnation: 'b' }).others
}

/** Kills the process after each of its transactions, until one run reaches its end. */
const runCutOff = <Result>(store: PaperStore, begin: () => BlockSteps<Result>, look: () => void): Result => {
  for (let runs = 0; ; runs += 1) {
    if (runs > 20) throw new Error('it does not come to an end')
    const running = startSteps(store, begin())
    for (const before = store.transactions(); store.transactions() === before; ) {
      const outcome = running.outcome()
      if (outcome?.kind === 'done') return outcome.result
      if (outcome?.kind === 'failed') throw outcome.error
      running.step()
    }
    look()
  }
}

test('a takeover that is cut off after each transaction leaves every block with its route, and goes on when run again', () => {
  const store = manyBlocks()
  const again = () => claimBlocks({ ...is, lease: null, newNonce, takeover: true })
  const { blocks } = runCutOff(store, again, () => {
    const others = seenByOthers(store)
    expect(others).toHaveLength(count)
    expect(others.filter(({ via }) => via !== '192.0.2.1')).toEqual([])
  })
  expect(blocks).toHaveLength(count)
  expect(blocks.filter(({ incarnation }) => incarnation !== 'new')).toEqual([])
  // Records that were needed only on the way are gone.
  expect(fromJson(store.entries().get('nodes/a')?.value ?? '')).toEqual({
    ...{ incarnation: 'new', ip: '192.0.2.1', ip6: null },
  })
})

test('a takeover that was cut off is refused to a plain join, which names --takeover', () => {
  const store = manyBlocks()
  const cut = startSteps(store, claimBlocks({ ...is, lease: null, newNonce, takeover: true }))
  for (const before = store.transactions(); store.transactions() === before; ) cut.step()
  const plain = () => runOnPaper(store, claimBlocks({ ...is, lease: null, newNonce }))
  expect(plain).toThrow('--takeover')
  expect(seenByOthers(store).filter(({ via }) => via === null)).toEqual([])
})

test('a takeover moves no address of a third machine of the name', () => {
  const store = manyBlocks()
  const value = JSON.stringify({ incarnation: 'third', ip: '192.0.2.3', ip6: null })
  store.commit({ when: [], writes: [{ kind: 'put', key: 'nodes/a', value, lease: null }] })
  runOnPaper(store, claimBlocks({ ...is, lease: null, newNonce, takeover: true }))
  expect(store.entries().get('nodes/a')?.value).toBe(value)
})

test('a release that is cut off after each transaction keeps the routes to what is left, and goes on when run again', () => {
  const store = manyBlocks()
  let left = count
  runCutOff(
    store,
    () => releaseBlocks({ ...was, newNonce, blocks: null }),
    () => {
      const others = seenByOthers(store)
      expect(others.length).toBeLessThan(left)
      left = others.length
      expect(others.filter(({ via }) => via !== '192.0.2.1')).toEqual([])
    },
  )
  expect(left).toBe(0)
  expect(store.entries().has('nodes/a')).toBe(false)
  expect(store.faults).toEqual([])
})
