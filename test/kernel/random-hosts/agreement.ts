import type { Conflict, IncompleteSearch } from '@portolan/core'
import type { Plan } from 'portolan'
import { describeConflict } from '../conflicts/planned.ts'
import type { Answer } from './ask.ts'
import type { Question } from './question.ts'
import { isUsualPort } from './source-ports.ts'

/** Kinds that do not tell of packets of the contract that fail. */
const aboutOthers: readonly string[] = [
  // What comes in is asked apart: see closed-rows.ts.
  'Bypassed',
  'DnatShadows',
  'HostPortTaken',
  'LoopbackUnreachable',
  // Whether a row fails depends on what has been found before.
  'NeighbourDiscoveryDropped',
  'OverlappingHostPort',
  'PortInEphemeralRange',
  'SubnetOverlap',
]

export const isAboutPackets = (conflict: Conflict): boolean =>
  conflict.severity !== 'info' && isAboutOurs(conflict)

const isAboutOurs = ({ kind }: Conflict): boolean => !aboutOthers.includes(kind)

/** Does a conflict say that some packets like this do not arrive? An info does, of a network's unusual source ports. */
export const isTold = (question: Question, conflicts: readonly Conflict[]): boolean =>
  conflicts.some((one) => isOf(question, one) && isAboutOurs(one) && namesSender(question, one))

/** The label of a mapping may name an interface too, as the one that it is bound to. */
const namesSender = ({ senderWords }: Question, { message, mapping }: Conflict): boolean =>
  senderWords.test(mapping === null ? message : message.replaceAll(mapping, ''))

const isOf = (
  { mapping, network }: Pick<Question, 'mapping' | 'network'>,
  one: Pick<Conflict, 'mapping' | 'network'>,
): boolean => one.mapping === mapping && one.network === network

/** Does the search say of the rows of a mapping or network that it did not look at all of them? */
export const isLeftOut = (
  question: Pick<Question, 'mapping' | 'network'>,
  incomplete: readonly IncompleteSearch[],
): boolean => incomplete.some((one) => isOf(question, one))

export const tell = (conflict: Conflict): string =>
  [
    `${describeConflict(conflict)}: ${conflict.message}`,
    `  witness ${JSON.stringify(conflict.witness)}`,
  ].join('\n')

const questionText = ({ asker, flow, mapping, network, sourcePort }: Answer): string =>
  `${flow.protocol} ${asker} ${flow.from.address ?? ''}:${sourcePort} to ${flow.to.address}:${flow.to.port} (${mapping ?? network})`

/** No miss: for each row that fails, some conflict says that it does. */
export const findMisses = (
  answers: readonly Answer[],
  { conflicts, incomplete }: Pick<Plan, 'conflicts' | 'incomplete'>,
): readonly string[] =>
  answers
    .filter((one) => one.failure !== null && !isTold(one, conflicts) && !isLeftOut(one, incomplete))
    .map((one) => `not told: ${questionText(one)}: ${one.failure}`)

/** An error of a mapping: no usual client of some row is served at some address. */
const isAboutDeadRow = (one: Conflict): boolean =>
  isAboutPackets(one) && one.certainty === 'certain' && one.severity === 'error' && one.mapping !== null

/** The rows that an error may mean, of which it is not known how usual clients fare. */
export const findUnsettled = (
  answers: readonly Answer[],
  conflicts: readonly Conflict[],
): readonly Answer[] => {
  const unsettled = new Map<string, Answer>()
  for (const one of conflicts.filter(isAboutDeadRow)) {
    const named = answers.filter((answer) => isMeant(answer, one))
    if (hasDeadAddress(named)) continue
    const settled = new Set(named.filter(isFromUsualPort).map(rowKey))
    for (const answer of named)
      if (!settled.has(rowKey(answer))) unsettled.set(`${one.mapping} ${rowKey(answer)}`, answer)
  }
  return [...unsettled.values()]
}

/** No false alarm: an error is about an address at which some sender that it names is never served. */
export const findFalseAlarms = (
  answers: readonly Answer[],
  conflicts: readonly Conflict[],
): readonly string[] => {
  const perhaps = conflicts.filter(({ certainty }) => certainty === 'possible')
  return conflicts
    .filter((one) => isAboutPackets(one) && one.certainty === 'certain')
    .flatMap((one) => {
      const named = answers.filter((answer) => isMeant(answer, one))
      // Not every sender asks at every address. At an address where no sender asked, the witness is the only evidence.
      const isAsked = named.some(
        (answer) => isFromUsualPort(answer) && answer.flow.to.address === one.witness?.destination,
      )
      if (isAboutDeadRow(one) && isAsked && !hasDeadAddress(named))
        return [`a false alarm, as each of these senders is served at every address: ${tell(one)}`]
      // A conflict about all of them is about each. Those that a possible conflict names too are left out.
      const served = named.filter((answer) => answer.failure === null && !isTold(answer, perhaps))
      const [exception] = isSaidOfSome(one) ? [] : served
      return exception === undefined
        ? []
        : [`said of all of them, and served all the same: ${questionText(exception)}: ${tell(one)}`]
    })
}

/** Is a flow among those that a conflict speaks of? A network's conflict is of one family, and of one way. */
const isMeant = (answer: Answer, one: Conflict): boolean => {
  if (!isOf(answer, one) || !namesSender(answer, one)) return false
  if (one.mapping !== null) return true
  const isOut = answer.flow.from.kind === 'container' && /^(198|2001)/.test(answer.flow.to.address)
  return (
    one.witness?.family === answer.flow.family && one.kind === (isOut ? 'EgressDropped' : 'NetworkDropped')
  )
}

const isFromUsualPort = ({ sourcePort }: Answer): boolean => isUsualPort(sourcePort)

const isSaidOfSome = ({ message }: Conflict): boolean => /^some\b/i.test(message)

/** By the words for the sender, which tell one way in from another, and the address. */
const rowKey = ({ senderWords, flow }: Answer): string => `${senderWords.source} ${flow.to.address}`

const hasDeadAddress = (answers: readonly Answer[]): boolean => {
  const isDead = new Map<string, boolean>()
  // A row that is of no use to clients whose port the kernel chooses is dead.
  for (const answer of answers.filter(isFromUsualPort)) {
    const key = rowKey(answer)
    isDead.set(key, isDead.get(key) !== false && answer.failure !== null)
  }
  return [...isDead.values()].some((dead) => dead)
}
