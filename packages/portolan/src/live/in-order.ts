/** Does asynchronous work one after another, in the order it was handed in. */
export interface Turns {
  /** A failure stops nothing behind it. */
  take<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * Carries a call out, together with those of the same kind that are handed in behind it before its turn comes and
   * before anything else is. Where they fail together, each half is carried out alone: a call fails by itself only.
   *
   * @param carryOut - does all of the calls or none of them, and answers each; the same function is the same kind
   */
  join<Call, Answer>(
    call: Call,
    carryOut: (calls: readonly Call[]) => Promise<readonly Answer[]>,
  ): Promise<Answer>
}

/** Calls that are carried out together at the most. */
const MOST = 1000

/** What calls came to. */
interface Outcomes {
  /** Of each call. */
  readonly answers: readonly unknown[]
  /** Why calls failed, by their places; null: none did. */
  readonly failures: ReadonlyMap<number, unknown> | null
}

/** Calls of one kind that wait for their turn. */
interface Group {
  readonly kind: unknown
  readonly calls: unknown[]
  readonly outcomes: Promise<Outcomes>
}

/**
 * Turns that are taken one after another.
 * @internal
 */
export const turnsInOrder = (): Turns => {
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
      return inTurn(work)
    },
    join: <Call, Answer>(
      call: Call,
      carryOut: (calls: readonly Call[]) => Promise<readonly Answer[]>,
    ): Promise<Answer> => {
      if (waiting?.kind !== carryOut || waiting.calls.length === MOST) waiting = begin(carryOut)
      const { calls, outcomes } = waiting
      const place = calls.push(call) - 1
      return outcomes.then(({ answers, failures }) => {
        if (failures?.has(place) === true) throw failures.get(place)
        return answers[place] as Answer
      })
    },
  }
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
 * Runs asynchronous work one after another, in the order it was handed in; a failure stops nothing behind it.
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
