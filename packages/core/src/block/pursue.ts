import { applyOperations } from './apply-operations.ts'
import { poolsKey } from './block-key.ts'
import { type BlockSteps, commit, read } from './block-steps.ts'
import type { BlockTransaction } from './block-store.ts'
import { BlockStoreError } from './block-store-error.ts'
import { blockAt, type ClusterState, clusterState, revisionOf, withFound } from './cluster-state.ts'

/** The next transaction towards the goal. */
export interface BlockChange {
  readonly transaction: BlockTransaction
  /** The `nonce` of the blocks that it writes. It tells later whether they were written; null: it writes no block. */
  readonly nonce: string | null
  /** Read the keys again before deciding on the next change. */
  readonly readsBehind?: boolean
}

interface Pursued {
  readonly state: ClusterState
  /** The number of own transactions that were committed. */
  readonly commits: number
}

/** How often a transaction without an answer is sent again before its outcome is left open. */
const mostUnknown = 4

/**
 * Makes one change after the other until nothing is left to do. Each is decided on the keys as they were last seen. A
 * refusal reports the keys in the way, so the next change takes them into account.
 *
 * @param next - returns the next change; null: nothing is left to do
 * @param from - the keys as they were seen a moment ago; null: they are read first
 */
export function* pursue(
  next: (state: ClusterState, commits: number) => BlockChange | null,
  from: ClusterState | null = null,
): BlockSteps<Pursued> {
  let state = from ?? clusterState(yield* read())
  for (let commits = 0; ; ) {
    const change = next(state, commits)
    if (change === null) return { state, commits }
    const made = yield* attempt(state, change)
    state = made.isCommitted && change.readsBehind === true ? clusterState(yield* read()) : made.state
    if (made.isCommitted) commits += 1
  }
}

interface Attempted {
  readonly state: ClusterState
  readonly isCommitted: boolean
}

function* attempt(before: ClusterState, change: BlockChange): BlockSteps<Attempted> {
  const { when, writes } = change.transaction
  const keys = [...new Set(when.map(({ key }) => key))]
  for (let unknown = 0; ; unknown += 1) {
    const answer = yield* commit(change.transaction)
    if (answer.kind === 'committed')
      return {
        state: {
          // Any revision in between is a change of another host, or of another program.
          revision: answer.revision === before.revision + 1 ? answer.revision : before.revision,
          entries: applyOperations(before.entries, writes, answer.revision),
        },
        isCommitted: true,
      }
    if (answer.kind === 'refused') {
      const state = withFound(before, keys, answer.found)
      if (isOurs(state, change)) return { state, isCommitted: true }
      // If the pools have changed, the blocks that were seen are out of date. If a condition covers all blocks, the
      // refusal does not say which one changed. In both cases the keys are read again.
      return revisionOf(state, poolsKey) === revisionOf(before, poolsKey) && !goesByAll(change.transaction)
        ? { state, isCommitted: false }
        : { state: clusterState(yield* read()), isCommitted: false }
    }
    if (unknown === mostUnknown) throw leftOpen()
    const state = clusterState(yield* read())
    if (isOurs(state, change)) return { state, isCommitted: true }
    // The store may still carry out what was sent. Sending it again with the same nonce has the same effect, whichever
    // comes first. If a key has changed, the next change is decided anew.
    if (keys.some((key) => revisionOf(state, key) !== revisionOf(before, key)))
      return { state, isCommitted: false }
  }
}

const goesByAll = ({ when }: BlockTransaction): boolean => when.some(({ kind }) => kind === 'unchanged')

/** Do all blocks that the change writes carry its nonce? */
const isOurs = (state: ClusterState, { transaction, nonce }: BlockChange): boolean => {
  if (nonce === null) return false
  const written = transaction.writes.flatMap(({ key }) => (key.startsWith('blocks/') ? [key] : []))
  return written.every((key) => {
    const entry = state.entries.get(key)
    return entry !== undefined && blockAt(entry)?.nonce === nonce
  })
}

const leftOpen = (): BlockStoreError =>
  new BlockStoreError(
    'CLUSTER_OUTCOME_UNKNOWN',
    'etcd did not answer a change, so it is not known whether the change was made. Nothing is lost: run the command again once etcd answers. It finds what was made.',
  )
