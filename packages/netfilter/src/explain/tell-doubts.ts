import type { Outcome, TraceEntry } from '../evaluate/index.ts'
import type { Packet } from '../packet/index.ts'
import type { ExplainOptions } from './explain-options.ts'
import type { StoryDoubt } from './story.ts'
import { tellEnding } from './tell-ending.ts'
import { tellStepsFrom } from './tell-steps.ts'

/** The other possible endings, each with the steps from where its course differs from the one told first. */
export const tellDoubts = (
  packet: Packet,
  outcome: Outcome,
  options: ExplainOptions,
): readonly StoryDoubt[] => {
  const { certainty, alternatives, undetermined } = outcome
  const orders = undetermined.map(
    (chains): StoryDoubt => ({
      sentence: `Order undetermined: these chains have one priority and decide differently: ${chains}. The kernel runs the one that was registered last first, and no listing tells which that was.`,
      steps: [],
    }),
  )
  const others = alternatives.map((other): StoryDoubt => {
    const { sentence } = tellEnding(packet, other, options)
    const from = partingOf(outcome.trace, other.trace)
    const why =
      certainty === 'certain'
        ? 'Or, because the rules balance connections'
        : reasonOf(other.trace[from], orders.length > 0)
    return {
      sentence: `${why}: ${lowerFirst(sentence)}`,
      // The steps of one packet are enough: the reader needs the point where the two courses part.
      steps: tellStepsFrom(other.trace, from),
    }
  })
  if (certainty === 'certain') return [...orders, ...others]
  if (others.length + orders.length > 0) return [...orders, ...others]
  return [
    {
      sentence:
        'This is the likeliest end, not a certain one: something on the way could not be followed, such as rules that could not be read, a chain that is not in the dump, a routing rule with selectors that are not known, or more ways than are tried.',
      steps: [],
    },
  ]
}

/** The reason for another ending. In the course told first, a match that cannot be evaluated does not hold. */
const reasonOf = (entry: TraceEntry | undefined, isOrder: boolean): string => {
  if (isOrder) return 'In another order'
  return entry === undefined || entry.chain === null
    ? 'It may also end otherwise'
    : 'Or, if the first rule below matches, which depends on more than the packet (a rate, a time, a list, a match that is not understood)'
}

const partingOf = (one: readonly TraceEntry[], other: readonly TraceEntry[]): number => {
  const at = other.findIndex((entry, place) => !isSame(entry, one[place]))
  return at < 0 ? other.length : at
}

const isSame = (a: TraceEntry, b: TraceEntry | undefined): boolean =>
  b !== undefined &&
  a.packet === b.packet &&
  a.hook === b.hook &&
  a.tool === b.tool &&
  a.family === b.family &&
  a.table === b.table &&
  a.chain === b.chain &&
  a.position === b.position &&
  a.rule === b.rule &&
  a.verdict === b.verdict

const lowerFirst = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`
