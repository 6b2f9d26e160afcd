/** The default seed of random values, so that a run repeats the run before it. */
const usualSeed = 20_261_127

/** fast-check's seeds are signed 32-bit integers. The generators here need a positive one. */
const mostSeed = 0x7fffffff

const seedFrom = (asked) => {
  if (asked === undefined || asked === '') return usualSeed
  if (asked === 'random') return 1 + Math.floor(Math.random() * mostSeed)
  // fast-check also reports negative seeds, and a reported seed must be accepted here.
  if (/^-?[1-9]\d*$/.test(asked) && Math.abs(Number(asked)) <= mostSeed) return Number(asked)
  throw new Error(
    `PORTOLAN_SEED is ${JSON.stringify(asked)}. It is a whole number up to ${mostSeed}, which repeats a run, or "random", which draws one.`,
  )
}

/**
 * Sets PORTOLAN_SEED in the environment of a run, where all suites read it. A number draws other inputs. `random` draws
 * a number and prints it.
 */
export const settleSeed = (environment, say) => {
  const asked = environment.PORTOLAN_SEED
  const seed = seedFrom(asked)
  environment.PORTOLAN_SEED = String(seed)
  if (asked === 'random') say(`PORTOLAN_SEED=${seed} repeats what is drawn at random in this run.\n`)
}
