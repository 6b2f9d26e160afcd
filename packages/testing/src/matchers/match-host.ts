import type { Conflict } from '@portolan/core'
import { InvalidRequestError, visibleLine } from '@portolan/netfilter'
import type { Plan } from 'portolan/machine'
import { isPlan } from '../check/check-request.ts'
import { checkKeys, checkOneOf, notExpected } from '../check/check-value.ts'
import { type ContractBreach, contractBreaches } from '../contract/contract-breaches.ts'
import { checkHost, isFakeHost } from '../fake-host/check-host.ts'
import type { FakeHost } from '../fake-host/fake-host.ts'
import { flowText } from '../fake-host/packet-of-flow.ts'
import { indented, type MatchResult } from './match-result.ts'

/**
 * Which conflicts count for `toHaveNoConflicts`.
 * @public @since 0.1.0
 */
export interface ConflictOptions {
  /** The least severity that counts; `warning` unless told. */
  readonly severity?: Conflict['severity']
}

const order = ['error', 'warning', 'info'] as const
/** The most conflicts or breaches that a message shows. The rest is counted. */
const mostTold = 3

/** Whether a host or a plan has no conflicts. Severities below `warning` count when asked for. */
export const toHaveNoConflicts = (subject: FakeHost | Plan, options: ConflictOptions = {}): MatchResult => {
  const host = isFakeHost(subject) ? subject : null
  const { severity = 'warning' } = checkOptions(options)
  const all = conflictsOf(subject)
  const found = all.filter((one) => order.indexOf(one.severity) <= order.indexOf(severity))
  const message = (): string =>
    found.length === 0
      ? 'Conflicts were expected, and there is none.'
      : listed(
          `No conflicts were expected, and there ${found.length === 1 ? 'is one' : `are ${found.length}`}.`,
          found.map((one) => conflictText(one, host)),
        )
  return { pass: found.length === 0, message }
}

const checkOptions = (options: ConflictOptions): ConflictOptions => {
  const what = 'expect(host).toHaveNoConflicts(options)'
  checkKeys(options, ['severity'], what, 'options')
  if (options.severity !== undefined) checkOneOf(options.severity, order, `${what}: severity`)
  return options
}

const conflictsOf = (subject: FakeHost | Plan): readonly Conflict[] => {
  if (isFakeHost(subject)) return subject.conflicts()
  if (isPlan(subject)) return subject.conflicts
  throw notExpected('expect(host).toHaveNoConflicts()', 'expected a host of fakeHost() or a plan', subject)
}

const listed = (head: string, items: readonly string[]): string =>
  [
    head,
    ...items.slice(0, mostTold),
    ...(items.length > mostTold ? [`And ${items.length - mostTold} more.`] : []),
  ].join('\n\n')

const conflictText = (conflict: Conflict, host: FakeHost | null): string => {
  const { severity, certainty, kind, message, witness } = conflict
  const doubt = certainty === 'possible' ? ', possible' : ''
  const way = host === null || witness === null ? [] : wayOf(host, witness)
  return [`${severity}${doubt} ${kind}: ${visibleLine(message)}`, ...way].join('\n')
}

/** The way of a witness. It is empty where the witness comes in by an interface that the facts do not have. */
const wayOf = (host: FakeHost, witness: NonNullable<Conflict['witness']>): readonly string[] => {
  try {
    return ['', indented(String(host.send(witness)))]
  } catch (error) {
    if (error instanceof InvalidRequestError) return []
    throw error
  }
}

/** Whether every project of a host meets the reachability contract, for each mapping and each kind of client. */
export const toMeetContract = (host: FakeHost): MatchResult => {
  checkHost(host, 'expect(host).toMeetContract()')
  const breaches = contractBreaches(host)
  const message = (): string =>
    breaches.length === 0
      ? 'A breach of the contract was expected, and there is none.'
      : listed(
          `The contract was expected to be met, and ${breaches.length === 1 ? 'one flow breaks it' : `${breaches.length} flows break it`}.`,
          breaches.map(breachText),
        )
  return { pass: breaches.length === 0, message }
}

const breachText = ({ project, flow, promise, delivery }: ContractBreach): string =>
  `${project}: ${flowText(flow)} has to be ${promiseText(promise)}.\n\n${indented(String(delivery))}`

const promiseText = (promise: ContractBreach['promise']): string => {
  switch (promise.kind) {
    case 'delivered':
      return `delivered to ${promise.to.map(({ address, port }) => `${address}:${port}`).join(' or ')}, with ${{ own: 'its own address', gateway: "the gateway's address", host: 'an address of the host' }[promise.seenAs]} as source`
    case 'dropped':
      return `dropped, because ${promise.why}`
    case 'outside':
      return `let out, with ${promise.seenAs === 'own' ? 'its own address' : 'an address of the host'} as source`
    default:
      return 'left alone'
  }
}
