import { type Family, type Flow, type Reach, reach } from '@portolan/core'
import type { Lab } from '../../lab/lab.ts'
import type { ProbeOutcome } from '../../lab/probe.ts'
import { addresses } from '../../lab/topology.ts'
import { desiredOf, type Planned } from './planned.ts'

const places = ['host', 'hostSecond', 'hostOutside'] as const

/** Every address of the host that the contract has to know. */
export const hostAddresses = ({ networks }: Planned, family: Family): readonly string[] => [
  ...places.map((place) => addresses[family][place]),
  ...networks.flatMap((network) => network[family]?.gateway ?? []),
]

/** What the contract promises for a flow. */
export const promiseFor = (planned: Planned, flow: Flow): Reach =>
  reach(desiredOf(planned), flow, { addresses: hostAddresses(planned, flow.family) })

/** Does anybody have to answer? */
export const promisesAnswer = ({ kind }: Reach): boolean => kind === 'delivered' || kind === 'outside'

const containerAt = (lab: Lab, address: string): string | undefined =>
  [...lab.containers.values()].find((one) => one.address === address || one.address6 === address)?.name

const describeOutcome = (outcome: ProbeOutcome): string =>
  outcome.delivered
    ? `answered by ${outcome.by}:${outcome.port}, which saw ${outcome.source}`
    : `${outcome.how}${outcome.connected ? ' after the handshake' : ''}`

const sourcesFor = (
  promise: Reach,
  planned: Planned,
  { family, from }: Flow,
  receiver: string,
): readonly string[] | null => {
  if (promise.kind !== 'delivered' && promise.kind !== 'outside') return null
  switch (promise.seenAs) {
    case 'own':
      return from.kind === 'host' ? null : [from.address]
    case 'host':
      return [...hostAddresses(planned, family), family === 'ip' ? '127.0.0.1' : '::1']
    case 'gateway': {
      const network = planned.addresses.find(({ address }) => address === receiver)?.network
      const gateway = planned.networks.find(({ name }) => name === network)?.[family]?.gateway
      return gateway == null ? null : [gateway]
    }
  }
}

/** Null when live traffic kept what the contract promises; else what it did. */
export const brokenPromise = (
  lab: Lab,
  planned: Planned,
  flow: Flow,
  outcome: ProbeOutcome,
): string | null => {
  const promise = promiseFor(planned, flow)
  const seen = describeOutcome(outcome)
  if (!outcome.delivered) return seen
  if (promise.kind === 'delivered') {
    const end = promise.to.find(
      ({ address, port }) => containerAt(lab, address) === outcome.by && port === outcome.port,
    )
    if (end === undefined) return seen
    const allowed = sourcesFor(promise, planned, flow, end.address)
    return allowed === null || allowed.includes(outcome.source) ? null : seen
  }
  if (promise.kind === 'outside') {
    if (lab.containers.has(outcome.by)) return seen
    const allowed = sourcesFor(promise, planned, flow, flow.to.address)
    return allowed === null || allowed.includes(outcome.source) ? null : seen
  }
  return seen
}
