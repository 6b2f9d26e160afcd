/** What is drawn at random starts from this seed, so that a run says the same as the run before it. */
const usualSeed = 20_261_127

/** Seeds of fast-check are integers of 32 bits with a sign; the generators here want one above zero. */
const mostSeed = 0x7fffffff

const seedFrom = (asked) => {
  if (asked === undefined || asked === '') return usualSeed
  if (asked === 'random') return 1 + Math.floor(Math.random() * mostSeed)
  // fast-check tells of negative seeds too: what it tells has to repeat.
  if (/^-?[1-9]\d*$/.test(asked) && Math.abs(Number(asked)) <= mostSeed) return Number(asked)
  throw new Error(
    `PORTOLAN_SEED is ${JSON.stringify(asked)}. It is a whole number up to ${mostSeed}, which repeats a run, or "random", which draws one.`,
  )
}

/**
 * Settles the seed of a run in the environment, where all suites find it as `PORTOLAN_SEED`: each number draws other
 * inputs, `random` draws a number, and says which.
 */
export const settleSeed = (environment, say) => {
  const asked = environment.PORTOLAN_SEED
  const seed = seedFrom(asked)
  environment.PORTOLAN_SEED = String(seed)
  if (asked === 'random') say(`PORTOLAN_SEED=${seed} repeats what is drawn at random in this run.\n`)
}
