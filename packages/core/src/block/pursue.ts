import { applyOperations } from './apply-operations.ts'
import { poolsKey } from './block-key.ts'
import { type BlockSteps, commit, read } from './block-steps.ts'
import type { BlockTransaction } from './block-store.ts'
import { BlockStoreError } from './block-store-error.ts'
import { blockAt, type ClusterState, clusterState, revisionOf, withFound } from './cluster-state.ts'

/** The next transaction towards what is wanted. */
export interface BlockChange {
  readonly transaction: BlockTransaction
  /** What its blocks carry as `nonce`, by which the outcome is known afterwards; null: it writes no block. */
  readonly nonce: string | null
  /** The next change is decided on the keys as they are behind this one. */
  readonly readsBehind?: boolean
}

interface Pursued {
  readonly state: ClusterState
  /** Transactions of ours that were committed. */
  readonly commits: number
}

/** How often a transaction without an answer is sent again before its outcome is left open. */
const mostUnknown = 4

/**
 * Makes one change after the other until nothing is left to do. Each is decided on the keys as they were last seen. One
 * that is refused has seen what was in its way, so the next is decided on that.
 *
 * @param next - the next change; null: nothing is left
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
          revision: answer.revision,
          entries: applyOperations(before.entries, writes, answer.revision),
        },
        isCommitted: true,
      }
    if (answer.kind === 'refused') {
      const state = withFound(before, keys, answer)
      if (isOurs(state, change)) return { state, isCommitted: true }
      // Other pools: what was seen of the blocks says nothing about them. Nor does a refusal say which block changed.
      return revisionOf(state, poolsKey) === revisionOf(before, poolsKey) && !goesByAll(change.transaction)
        ? { state, isCommitted: false }
        : { state: clusterState(yield* read()), isCommitted: false }
    }
    if (unknown === mostUnknown) throw leftOpen()
    const state = clusterState(yield* read())
    if (isOurs(state, change)) return { state, isCommitted: true }
    // What was sent may still be carried out. The same again, with the same nonce, comes to the same whichever is first.
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
    'etcd did not answer a change, so it is open whether the change was made. Nothing is lost either way: run the command again once etcd answers, and it finds what was made.',
  )
