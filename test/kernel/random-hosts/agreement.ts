import type { Conflict } from '@portolan/core'
import { describeConflict } from '../conflicts/planned.ts'
import type { Answer } from './ask.ts'
import type { Question } from './question.ts'

/** Kinds that do not tell of packets of the contract that fail. */
const aboutOthers: readonly string[] = [
  'DnatShadows',
  'HostPortTaken',
  'LoopbackUnreachable',
  'OverlappingHostPort',
  'PortInEphemeralRange',
  'SubnetOverlap',
]

export const isAboutPackets = ({ kind, severity }: Conflict): boolean =>
  severity !== 'info' && !aboutOthers.includes(kind)

/** Does somebody say that some of those who ask like this are not served? */
export const isTold = ({ mapping, who }: Question, conflicts: readonly Conflict[]): boolean =>
  conflicts.some((one) => one.mapping === mapping && isAboutPackets(one) && who.test(one.message))

export const tell = (conflict: Conflict): string =>
  [
    `${describeConflict(conflict)}: ${conflict.message}`,
    `  witness ${JSON.stringify(conflict.witness)}`,
  ].join('\n')

const questionText = ({ asker, flow, mapping }: Question): string =>
  `${flow.protocol} ${asker} ${flow.from.address ?? ''} to ${flow.to.address}:${flow.to.port} (${mapping})`

/** No miss: of each row that fails, somebody says that it does. */
export const findMisses = (answers: readonly Answer[], conflicts: readonly Conflict[]): readonly string[] =>
  answers
    .filter((one) => one.failure !== null && !isTold(one, conflicts))
    .map((one) => `not told: ${questionText(one)}: ${one.failure}`)

/** No false alarm: an error is about an address at which somebody whom it names is never served. */
export const findFalseAlarms = (
  answers: readonly Answer[],
  conflicts: readonly Conflict[],
): readonly string[] => {
  const perhaps = conflicts.filter(({ certainty }) => certainty === 'possible')
  return conflicts
    .filter((one) => isAboutPackets(one) && one.certainty === 'certain')
    .flatMap((one) => {
      const named = answers.filter(({ mapping, who }) => mapping === one.mapping && who.test(one.message))
      // Not everybody asks at every address: of one where nobody did, the witness has to do.
      const isAsked = named.some(({ flow }) => flow.to.address === one.witness?.destination)
      if (one.severity === 'error' && one.mapping !== null && isAsked && !hasDeadAddress(named))
        return [`a false alarm, as at every address somebody is served: ${tell(one)}`]
      // What is said of all of them is said of each, but for those of whom somebody says that nobody knows.
      const served = named.filter((answer) => answer.failure === null && !isTold(answer, perhaps))
      const [exception] = isSaidOfSome(one) ? [] : served
      return exception === undefined
        ? []
        : [`said of all of them, and served all the same: ${questionText(exception)}: ${tell(one)}`]
    })
}

const isSaidOfSome = ({ message }: Conflict): boolean => /\bsome of\b/i.test(message)

/** By the words for who asks, which tell one way in from another, and the address. */
const hasDeadAddress = (answers: readonly Answer[]): boolean => {
  const isDead = new Map<string, boolean>()
  for (const { who, flow, failure } of answers) {
    const key = `${who.source} ${flow.to.address}`
    isDead.set(key, isDead.get(key) !== false && failure !== null)
  }
  return [...isDead.values()].some((dead) => dead)
}
