/**
 * A host of a cluster in a process of its own, which a test commands by messages and can kill. Usage, with an IPC
 * channel:
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
/** One hour: no lease expires during a test. A test ends a lease instead (see `silence`). */
const LEASE_SECONDS = 3_600

/** Counts the requests of a call. At the request with the given number, the process kills or stops itself. */
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
      // Three turns of the event loop: by then the request has been written to the socket.
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
  /** Deletes the host's key, as an expired lease would. */
  silence: ({ host }) => store.commit({ when: [], writes: [{ kind: 'delete', key: `hosts/${host}` }] }),
  /** Sends every change from a revision on, until the store is lost. */
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
