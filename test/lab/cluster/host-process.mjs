/**
 * A host of a cluster, as a process that a test asks and kills. Usage, with a channel for messages:
 * node host-process.mjs '{"cluster":"prod","endpoints":["192.0.2.11:2379"],"timeoutMs":500}'
 */
import { randomUUID } from 'node:crypto'
import {
  blocksOfDeadHosts,
  claimBlocks,
  reclaimBlocks,
  releaseBlocks,
  runBlockSteps,
  setUpCluster,
} from '@portolan/core'
import { openEtcdStore } from '@portolan/etcd'

const store = openEtcdStore(JSON.parse(process.argv[2]))
const newNonce = () => randomUUID()
/** An hour: what a lease that ran out does is done by ending it. */
const LEASE_SECONDS = 3_600

/** The requests that the steps of a rule make are counted: at the one that is named, the process ends or stops itself. */
const interrupted = (at) => {
  if (at === undefined) return store
  let left = at.request
  const counted =
    (work) =>
    async (...given) => {
      left -= 1
      if (left !== 0) return work(...given)
      if (at.moment === 'before') process.kill(process.pid, at.signal)
      const answer = work(...given)
      // What is written to the socket in this turn and the next ones is on its way.
      for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate)
      if (at.moment === 'sent') process.kill(process.pid, at.signal)
      await answer.catch(() => {})
      if (at.moment === 'answered') process.kill(process.pid, at.signal)
      return answer
    }
  return {
    ...store,
    read: counted(store.read),
    commit: counted(store.commit),
    grantLease: counted(store.grantLease),
  }
}

const operations = {
  setUp: ({ pools }) => runBlockSteps(store, setUpCluster(pools)),
  claim: async ({ interrupt, inUse, ...request }) => {
    const keeps = (block) => inUse?.includes(block) === true
    const within = interrupted(interrupt)
    const lease = await within.grantLease(LEASE_SECONDS)
    return { ...(await runBlockSteps(within, claimBlocks({ ...request, keeps, lease, newNonce }))), lease }
  },
  release: ({ interrupt, ...request }) =>
    runBlockSteps(interrupted(interrupt), releaseBlocks({ ...request, newNonce })),
  reclaim: async ({ interrupt, host }) => {
    const within = interrupted(interrupt)
    return runBlockSteps(within, reclaimBlocks(blocksOfDeadHosts(await within.read(), host), newNonce))
  },
  read: () => store.read(),
  /** As if a lease had run out. */
  silence: ({ host }) => store.commit({ when: [], writes: [{ kind: 'delete', key: `hosts/${host}` }] }),
  /** Tells every change from a revision on, until the store is lost. */
  follow: async ({ from }) => {
    for await (const told of store.watch(from)) process.send({ told })
  },
}

process.on('message', async ({ id, operation, details }) => {
  try {
    process.send({ id, value: (await operations[operation](details)) ?? null })
  } catch (error) {
    if (typeof error.code !== 'string') throw error
    process.send({ id, error: { code: error.code, message: error.message } })
  }
})
process.on('disconnect', () => process.exit())
process.send({ ready: true })
