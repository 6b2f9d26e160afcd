import type { Conflict, IncompleteSearch } from '@portolan/core'
import type { Plan } from 'portolan'
import { describeConflict } from '../conflicts/planned.ts'
import type { Answer } from './ask.ts'
import type { Question } from './question.ts'
import { isUsualPort } from './source-ports.ts'

/** Kinds of conflicts that are not about lost packets of the contract. */
const kindsWithoutLoss: readonly string[] = [
  // Incoming packets have their own test: see closed-rows.ts.
  'Bypassed',
  'DnatShadows',
  'HostPortTaken',
  'LoopbackUnreachable',
  // The loss of these packets shows only until the neighbours are found, so a row may pass.
  'NeighbourDiscoveryDropped',
  'OverlappingHostPort',
  'PortInEphemeralRange',
  'SubnetOverlap',
]

export const isAboutPackets = (conflict: Conflict): boolean =>
  conflict.severity !== 'info' && isAboutOurs(conflict)

const isAboutOurs = ({ kind }: Conflict): boolean => !kindsWithoutLoss.includes(kind)

/**
 * True: a conflict says that some packets like this are lost. Conflicts of severity info count, about a network's
 * unusual source ports.
 */
export const isReported = (question: Question, conflicts: readonly Conflict[]): boolean =>
  conflicts.some((one) => isSameSubject(question, one) && isAboutOurs(one) && namesSender(question, one))

/** Removes the mapping's label from the message first: the label may name an interface too. */
const namesSender = ({ senderWords }: Question, { message, mapping }: Conflict): boolean =>
  senderWords.test(mapping === null ? message : message.replaceAll(mapping, ''))

const isSameSubject = (
  { mapping, network }: Pick<Question, 'mapping' | 'network'>,
  one: Pick<Conflict, 'mapping' | 'network'>,
): boolean => one.mapping === mapping && one.network === network

/** True: the search says that it left out some rows of this mapping or network. */
export const isLeftOutOfSearch = (
  question: Pick<Question, 'mapping' | 'network'>,
  incomplete: readonly IncompleteSearch[],
): boolean => incomplete.some((one) => isSameSubject(question, one))

export const conflictText = (conflict: Conflict): string =>
  [
    `${describeConflict(conflict)}: ${conflict.message}`,
    `  witness ${JSON.stringify(conflict.witness)}`,
  ].join('\n')

const questionText = ({ asker, flow, mapping, network, sourcePort }: Answer): string =>
  `${flow.protocol} ${asker} ${flow.from.address ?? ''}:${sourcePort} to ${flow.to.address}:${flow.to.port} (${mapping ?? network})`

/** Misses: failing rows that no conflict names. */
export const findMisses = (
  answers: readonly Answer[],
  { conflicts, incomplete }: Pick<Plan, 'conflicts' | 'incomplete'>,
): readonly string[] =>
  answers
    .filter(
      (one) => one.failure !== null && !isReported(one, conflicts) && !isLeftOutOfSearch(one, incomplete),
    )
    .map((one) => `not reported: ${questionText(one)}: ${one.failure}`)

/** True: a certain error about a mapping. It says that usual clients of some row get no answer at some address. */
const isAboutDeadRow = (one: Conflict): boolean =>
  isAboutPackets(one) && one.certainty === 'certain' && one.severity === 'error' && one.mapping !== null

/** The rows that an error may mean, where no question came from a usual source port yet. */
export const findRowsToRepeat = (
  answers: readonly Answer[],
  conflicts: readonly Conflict[],
): readonly Answer[] => {
  const unsettled = new Map<string, Answer>()
  for (const one of conflicts.filter(isAboutDeadRow)) {
    const named = answers.filter((answer) => isAboutFlow(answer, one))
    if (hasDeadAddress(named)) continue
    const settled = new Set(named.filter(isFromUsualPort).map(rowKey))
    for (const answer of named)
      if (!settled.has(rowKey(answer))) unsettled.set(`${one.mapping} ${rowKey(answer)}`, answer)
  }
  return [...unsettled.values()]
}

/** False alarms: errors without an address at which some named sender never gets an answer. */
export const findFalseAlarms = (
  answers: readonly Answer[],
  conflicts: readonly Conflict[],
): readonly string[] => {
  const perhaps = conflicts.filter(({ certainty }) => certainty === 'possible')
  return conflicts
    .filter((one) => isAboutPackets(one) && one.certainty === 'certain')
    .flatMap((one) => {
      const named = answers.filter((answer) => isAboutFlow(answer, one))
      // Some addresses have no question. There the witness is the only evidence.
      const isAsked = named.some(
        (answer) => isFromUsualPort(answer) && answer.flow.to.address === one.witness?.destination,
      )
      if (isAboutDeadRow(one) && isAsked && !hasDeadAddress(named))
        return [`a false alarm, as each of these senders is served at every address: ${conflictText(one)}`]
      // A conflict about all senders is about each of them. Senders that a possible conflict names are left out.
      const served = named.filter((answer) => answer.failure === null && !isReported(answer, perhaps))
      const [exception] = isAboutSomeSenders(one) ? [] : served
      return exception === undefined
        ? []
        : [`reported for all of them, and one is served: ${questionText(exception)}: ${conflictText(one)}`]
    })
}

/** True: the conflict speaks of this flow. A network's conflict is about one family and one direction. */
const isAboutFlow = (answer: Answer, one: Conflict): boolean => {
  if (!isSameSubject(answer, one) || !namesSender(answer, one)) return false
  if (one.mapping !== null) return true
  const isOut = answer.flow.from.kind === 'container' && /^(198|2001)/.test(answer.flow.to.address)
  return (
    one.witness?.family === answer.flow.family && one.kind === (isOut ? 'EgressDropped' : 'NetworkDropped')
  )
}

const isFromUsualPort = ({ sourcePort }: Answer): boolean => isUsualPort(sourcePort)

const isAboutSomeSenders = ({ message }: Conflict): boolean => /^some\b/i.test(message)

/** The key of a row: the pattern for the sender's name, which differs by the interface, and the address. */
const rowKey = ({ senderWords, flow }: Answer): string => `${senderWords.source} ${flow.to.address}`

const hasDeadAddress = (answers: readonly Answer[]): boolean => {
  const isDead = new Map<string, boolean>()
  // A row is dead when no client with a usual source port gets an answer.
  for (const answer of answers.filter(isFromUsualPort)) {
    const key = rowKey(answer)
    isDead.set(key, isDead.get(key) !== false && answer.failure !== null)
  }
  return [...isDead.values()].some((dead) => dead)
}
