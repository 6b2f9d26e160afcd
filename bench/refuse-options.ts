/** The options that a person gives, as far as they were given. */
export interface GivenOptions {
  readonly quick: boolean
  readonly json: boolean
  readonly peers: boolean
  readonly list: boolean
  readonly store: string | undefined
  readonly against: string | undefined
  readonly pairs: string | undefined
  /** The names of entries. */
  readonly names: readonly string[]
}

type Option = Exclude<keyof GivenOptions, 'names'>

/** Pairs of options of which one would have no effect, with the reason. */
const exclusive: readonly (readonly [Option, Option, why: string])[] = [
  [
    'against',
    'store',
    'a comparison is printed, and no file of results has one. To keep it, use --json > FILE.',
  ],
  ['against', 'quick', 'a comparison has sizes of its own. Leave --quick out.'],
  ['against', 'peers', 'other engines are the same for both builds. Leave --peers out.'],
  ['store', 'quick', 'quick figures mean nothing.'],
  ...(['against', 'store', 'quick', 'peers', 'json', 'pairs'] as const).map(
    (option) => ['list', option, 'it only prints the names.'] as const,
  ),
]

/** Refuses options that have no effect beside each other. @throws Error naming both, with the reason */
export const refuseOptions = (given: GivenOptions): void => {
  const has = (option: Option): boolean => given[option] !== undefined && given[option] !== false
  const pair = exclusive.find(([one, other]) => has(one) && has(other))
  if (pair !== undefined) throw new Error(`--${pair[0]} and --${pair[1]} exclude each other: ${pair[2]}`)
  if (has('pairs') && !has('against'))
    throw new Error('--pairs has an effect only with --against REF: it says how often both builds run.')
  const [name] = given.names
  if (name !== undefined && (has('list') || has('peers')))
    throw new Error(
      `--${has('list') ? 'list' : 'peers'} and ${name} exclude each other: the option says itself which entries are meant. Leave one out.`,
    )
}
