/** Runs asynchronous work one after another, in the order of the calls. */
export interface Turns {
  /** Runs work in its turn. A failure does not stop later work. */
  take<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * Runs a call together with calls of the same kind that follow it directly and arrive before its turn. When they fail
   * together, each half is tried alone, so that only faulty calls fail.
   *
   * @param carryOut - does all of the calls or none, and answers each; the same function means the same kind
   */
  join<Call, Answer>(
    call: Call,
    carryOut: (calls: readonly Call[]) => Promise<readonly Answer[]>,
  ): Promise<Answer>
}

/** The most calls that run together. */
const MOST = 1000

/** The results of calls that ran together. */
interface Outcomes {
  /** One answer for each call. */
  readonly answers: readonly unknown[]
  /** The errors of failed calls, by their positions; null: none failed. */
  readonly failures: ReadonlyMap<number, unknown> | null
}

/** Calls of one kind that wait for their turn. */
interface Group {
  readonly kind: unknown
  readonly calls: unknown[]
  readonly outcomes: Promise<Outcomes>
}

/**
 * Creates a queue of turns.
 * @param fail - throws the error of a call, or another in its place
 * @internal
 */
export const turnsInOrder = (fail: (thrown: unknown) => never = throwOn): Turns => {
  const inTurn = inOrder()
  let waiting: Group | null = null
  const begin = <Call, Answer>(carryOut: (calls: readonly Call[]) => Promise<readonly Answer[]>): Group => {
    const calls: Call[] = []
    const outcomes = inTurn(() => {
      if (waiting?.calls === calls) waiting = null
      return outcomesOf(calls, carryOut)
    })
    return { kind: carryOut, calls, outcomes }
  }
  return {
    take: (work) => {
      waiting = null
      return inTurn(work).catch(fail)
    },
    join: <Call, Answer>(
      call: Call,
      carryOut: (calls: readonly Call[]) => Promise<readonly Answer[]>,
    ): Promise<Answer> => {
      if (waiting?.kind !== carryOut || waiting.calls.length === MOST) waiting = begin(carryOut)
      const { calls, outcomes } = waiting
      const place = calls.push(call) - 1
      return outcomes.then(({ answers, failures }) => {
        if (failures?.has(place) === true) fail(failures.get(place))
        return answers[place] as Answer
      })
    },
  }
}

const throwOn = (thrown: unknown): never => {
  throw thrown
}

const outcomesOf = async <Call, Answer>(
  calls: readonly Call[],
  carryOut: (calls: readonly Call[]) => Promise<readonly Answer[]>,
): Promise<Outcomes> => {
  try {
    return { answers: await carryOut(calls), failures: null }
  } catch (reason) {
    if (calls.length === 1) return { answers: [undefined], failures: new Map([[0, reason]]) }
  }
  const half = calls.length >> 1
  const first = await outcomesOf(calls.slice(0, half), carryOut)
  const second = await outcomesOf(calls.slice(half), carryOut)
  const failures = new Map(first.failures ?? [])
  for (const [place, reason] of second.failures ?? []) failures.set(half + place, reason)
  return { answers: [...first.answers, ...second.answers], failures }
}

/**
 * Creates a function that runs asynchronous work one after another, in the order of the calls. A failure does not stop
 * later work.
 * @internal
 */
export const inOrder = (): (<Result>(work: () => Promise<Result>) => Promise<Result>) => {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
}
