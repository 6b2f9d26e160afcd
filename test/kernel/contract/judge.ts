import type { ProbedFlow } from './ask.ts'
import type { Expected, SeenSource } from './row.ts'
import { addressOf, containers, type Family, hostAddresses, isContainer, type Place } from './scenario.ts'

const allowedSources = (
  source: SeenSource,
  { row, family }: Pick<ProbedFlow, 'row' | 'family'>,
): readonly string[] | null => {
  if (source === 'any') return null
  if (source === 'own') return [addressOf(row.from, family)]
  if (source === 'a host address') return hostAddresses(family)
  if (source === 'gateway') return [gatewayOf(row.expected, family)]
  return [addressOf(source, family)]
}

const gatewayOf = (expected: Expected, family: Family): string => {
  if (expected.kind !== 'delivered' || !isContainer(expected.to)) return 'the gateway of a container'
  return addressOf(`gateway of ${containers[expected.to][0]}`, family)
}

const describeOutcome = ({ outcome, arrivals, protocol }: ProbedFlow): string => {
  const ends = outcome.delivered
    ? `answered by ${outcome.by}:${outcome.port} at ${outcome.at}, which saw ${outcome.source}`
    : `${outcome.how}${outcome.connected ? ' after the handshake' : ''}`
  const seen = [
    ...new Set(arrivals.map((one) => `${one.where} (from ${one.source} to ${one.destination}:${one.port})`)),
  ]
  return `${protocol} ${ends}${seen.length === 0 ? '; arrived nowhere' : `; arrived at ${seen.join(', ')}`}`
}

const describeExpected = (expected: Expected): string =>
  expected.kind === 'delivered'
    ? `answered by ${expected.to}:${expected.port}, which sees ${expected.source}`
    : expected.kind

// Any other error, such as EINVAL, would mean that no packet was sent.
const unanswered: readonly string[] = ['timeout', 'refused', 'unreachable']

const isAsExpected = (answer: ProbedFlow): boolean => {
  const { outcome, arrivals, row, family, protocol } = answer
  const { expected } = row
  const toContainers = arrivals.filter(({ where }) => isContainer(where))
  switch (expected.kind) {
    case 'dropped':
      return !outcome.delivered && outcome.how === 'timeout' && arrivals.length === 0
    case 'not to a container':
      return (
        (outcome.delivered ? outcome.by === 'host' : unanswered.includes(outcome.how)) &&
        toContainers.length === 0
      )
    case 'refused':
      return !outcome.delivered && outcome.how === 'refused' && toContainers.length > 0
    case 'delivered': {
      if (!outcome.delivered) return false
      if (protocol === 'icmp') return outcome.by === addressOf(expected.to as Place, family)
      const sources = allowedSources(expected.source, answer)
      return (
        outcome.by === expected.to &&
        outcome.port === expected.port &&
        (sources === null || sources.includes(outcome.source))
      )
    }
  }
}

/** Null: the row holds for this flow. Else: what was expected and what was seen. */
export const describeFailure = (answer: ProbedFlow): string | null =>
  isAsExpected(answer)
    ? null
    : `${answer.family}: expected ${describeExpected(answer.row.expected)}; seen: ${describeOutcome(answer)}`
