import { parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import { applyOperations, type Entries, holds } from '../../src/block/apply-operations.ts'
import { blockAt } from '../../src/block/cluster-state.ts'
import type {
  BlockAnswer,
  BlockCommit,
  BlockEntry,
  BlockRequest,
  BlockSteps,
  BlockTransaction,
} from '../../src/index.ts'

/** A store in memory that checks every transaction: which block changes its host, and which blocks overlap. */
export const paperStore = () => {
  let entries: Entries = new Map()
  let revision = 0
  const faults: string[] = []
  let transactions = 0
  const look = (before: BlockEntry | undefined, after: BlockEntry, alive: Entries): void => {
    const was = before === undefined ? null : blockAt(before)
    const is = blockAt(after)
    if (was?.state === 'held' && is?.state === 'expired' && alive.has(`hosts/${was.host}`))
      faults.push(`${is.block} was reclaimed from ${was.host}, which is alive, at ${after.modified}`)
    if (is?.state !== 'held') return
    const owner = `${is.host} ${is.incarnation}`
    if (was?.state === 'held' && `${was.host} ${was.incarnation}` !== owner)
      faults.push(`${is.block} went from ${was.host} to ${is.host} at ${after.modified}`)
    for (const entry of entries.values()) {
      const other = blockAt(entry)
      if (other?.state === 'held' && other.block !== is.block && prefixesOverlap(other.prefix, is.prefix))
        faults.push(`${is.block} and ${other.block} overlap at ${after.modified}`)
    }
  }
  const commit = ({ when, writes }: BlockTransaction): BlockCommit => {
    transactions += 1
    if (!when.every((condition) => holds(entries, condition))) {
      const found = [...new Set(when.map(({ key }) => key))].flatMap((key) => entries.get(key) ?? [])
      return { kind: 'refused', revision, found }
    }
    if (writes.length >= 128) faults.push(`${writes.length} operations at ${revision}`)
    const before = entries
    revision += 1
    entries = applyOperations(entries, writes, revision)
    for (const { key } of writes) {
      const after = entries.get(key)
      if (after !== undefined) look(before.get(key), after, before)
    }
    return { kind: 'committed', revision }
  }
  return {
    faults,
    commit,
    read: (): BlockAnswer => ({ kind: 'snapshot', snapshot: { revision, entries: [...entries.values()] } }),
    remove: (key: string): void => {
      if (entries.has(key)) commit({ when: [], writes: [{ kind: 'delete', key }] })
    },
    entries: () => entries,
    transactions: () => transactions,
    ownerOf: (block: string): string | null => {
      const wanted = parsePrefix(block)
      for (const entry of entries.values()) {
        const one = blockAt(entry)
        if (one?.state === 'held' && one.block === block && one.prefix.length === wanted.length)
          return one.host
      }
      return null
    },
  }
}

export type PaperStore = ReturnType<typeof paperStore>

/** The fate of a request: answered; lost before or after it was carried out; or carried out only later. */
export type Fate = 'answered' | 'lost' | 'unanswered' | 'late'

/** Runs the steps of a rule one at a time, when a test says so. */
export const startSteps = <Result>(store: PaperStore, steps: BlockSteps<Result>) => {
  let request: BlockRequest | null = null
  let outcome:
    | { readonly kind: 'done'; readonly result: Result }
    | { readonly kind: 'failed'; readonly error: unknown }
    | null = null
  const late: BlockTransaction[] = []
  const proceed = (turn: () => IteratorResult<BlockRequest, Result>): void => {
    try {
      const { done, value } = turn()
      if (done === true) outcome = { kind: 'done', result: value }
      else request = value
    } catch (error) {
      outcome = { kind: 'failed', error }
    }
  }
  proceed(() => steps.next())
  const answer = (asked: BlockRequest, fate: Fate): BlockAnswer => {
    if (asked.kind === 'read') return store.read()
    if (fate === 'lost') return { kind: 'unknown' }
    if (fate === 'late') {
      late.push(asked.transaction)
      return { kind: 'unknown' }
    }
    const committed = store.commit(asked.transaction)
    return fate === 'unanswered' ? { kind: 'unknown' } : committed
  }
  return {
    /** Makes one request and handles its answer. */
    step: (fate: Fate = 'answered'): void => {
      const asked = request
      if (outcome !== null || asked === null) return
      const given = answer(asked, fate)
      proceed(() => steps.next(given))
    },
    /** Carries out a transaction after its process has long given up on the answer. */
    arrive: (): void => {
      const transaction = late.shift()
      if (transaction !== undefined) store.commit(transaction)
    },
    /** Ends the process. The transactions that it has sent or was about to send may still arrive. */
    abandon: (): readonly BlockTransaction[] => {
      const asked = outcome === null && request?.kind === 'commit' ? [request.transaction] : []
      outcome ??= { kind: 'failed', error: null }
      return [...late.splice(0), ...asked]
    },
    outcome: () => outcome,
  }
}

/** Runs all steps at once. */
export const runOnPaper = <Result>(store: PaperStore, steps: BlockSteps<Result>): Result => {
  const running = startSteps(store, steps)
  for (;;) {
    const outcome = running.outcome()
    if (outcome?.kind === 'done') return outcome.result
    if (outcome?.kind === 'failed') throw outcome.error
    running.step()
  }
}
