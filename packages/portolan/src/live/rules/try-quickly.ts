import type { DesiredMapping } from '@portolan/core'
import type { JournalChange } from '@portolan/host'
import { StaleStateError } from '@portolan/netfilter'
import type { WantedState } from '../wanted/wanted-state.ts'
import type { Undo } from '../wanted/write-decided.ts'
import type { RuleKeeper } from './rule-keeper.ts'

/** What is to be written down and changed in the rules. */
export interface QuickDecision {
  readonly changes: readonly JournalChange[]
  readonly mappings: readonly DesiredMapping[]
}

/** A change of mappings the short way. */
export interface QuickAttempt {
  readonly action: 'add' | 'remove'
  /** From what is known; null: nothing any more. */
  readonly decide: () => QuickDecision | null
  /** Is it decided from what was written down when that was looked at last? */
  readonly isKnown: boolean
  /** It is in force. */
  readonly done: () => void
}

/**
 * Writes a change down and carries it out. What is not carried out is taken back.
 *
 * @returns false when there is no short way, or nothing is to be done any more; null when a rule changed meanwhile. It is no
 *   promise where nothing had to be waited for
 */
export const tryQuickly = (
  wanted: WantedState,
  keeper: RuleKeeper,
  { action, decide, isKnown, done }: QuickAttempt,
): boolean | null | Promise<boolean | null> => {
  let mappings: readonly DesiredMapping[] = []
  const written = wanted.change(() => {
    const decision = decide()
    mappings = decision?.mappings ?? []
    return decision?.changes ?? null
  }, isKnown)
  const takeBack = async (undo: Undo, error: unknown): Promise<null> => {
    await undo()
    if (!(error instanceof StaleStateError)) throw error
    return null
  }
  const carryOutLater = async (undo: Undo, begun?: Promise<boolean>): Promise<boolean | null> => {
    try {
      if (await (begun ?? keeper.quickly(action, mappings))) {
        done()
        return true
      }
    } catch (error) {
      return takeBack(undo, error)
    }
    await undo()
    return false
  }
  if (written === null) return false
  if (written instanceof Promise) return written.then((undo) => (undo === null ? false : carryOutLater(undo)))
  try {
    const carriedOut = keeper.quickly(action, mappings)
    if (carriedOut !== true) return carryOutLater(written, Promise.resolve(carriedOut))
    done()
    return true
  } catch (error) {
    return takeBack(written, error)
  }
}
