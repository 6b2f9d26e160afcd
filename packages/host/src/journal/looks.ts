import { atNextPause, eventLoopTurn, mayGoOn } from '../turn/event-loop-turn.ts'

/**
 * When a journal was looked at last. What other programs do meanwhile may be seen in the next turn of the event loop: a
 * record that is decided on without it counts for nothing, and is decided on anew.
 */
export interface Looks {
  /** It was looked at just now. */
  note(): void
  /** It is being looked at by whatever runs until the next pause. */
  noteUntilPause(): void
  /** Was it looked at since the last pause, or is it not to be? */
  isKnown(): boolean
  /** Was it looked at in this turn? */
  isInThisTurn(): boolean
  /** Has something asked of what was looked at before, whenever that was. */
  asKnown<Result>(ask: () => Result): Result
  /**
   * The same where that was in this turn, some milliseconds ago at the most: a program may have been waited for without the
   * event loop.
   */
  asJustKnown<Result>(ask: () => Result): Result
}

/** How often this process changed journals: what was looked at before is to be looked at again. */
let changes = 0

/** To be called before this process changes a journal. */
export const noteChange = (): void => {
  changes += 1
}

export const newLooks = (): Looks => {
  /** What `changes` was when it was looked at since the last pause; null: it was not. */
  let sincePause: number | null = null
  /** The turn in which it was looked at, and what `changes` was then. */
  let inTurn = -1
  let changesThen = 0
  /** Whatever was done since, it is not to be looked at. */
  let isAssumed = false
  const forget = (): void => {
    sincePause = null
  }
  const note = (): void => {
    inTurn = eventLoopTurn()
    changesThen = changes
  }
  const isInThisTurn = (): boolean => inTurn === eventLoopTurn() && changesThen === changes
  const asKnown = <Result>(ask: () => Result): Result => {
    isAssumed = true
    try {
      return ask()
    } finally {
      isAssumed = false
    }
  }
  return {
    note,
    noteUntilPause: () => {
      sincePause = changes
      atNextPause(forget)
      note()
    },
    isKnown: () => isAssumed || sincePause === changes,
    isInThisTurn,
    asKnown,
    asJustKnown: (ask) => (isInThisTurn() && mayGoOn() ? asKnown(ask) : ask()),
  }
}
