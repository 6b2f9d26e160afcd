import { type Flow, type Reach, reach } from '@portolan/core'
import { prefixContains } from '@portolan/netfilter'
import type { Lab } from '../../lab/lab.ts'
import type { ProbeOutcome } from '../../lab/probe.ts'
import { desiredOf, type Planned } from './planned.ts'

/** The promise of the contract for a flow. */
export const promiseFor = (planned: Planned, flow: Flow): Reach =>
  reach(desiredOf(planned), flow, { addresses: planned.hostAddresses })

/** True: the contract requires an answer. */
export const promisesAnswer = ({ kind }: Reach): boolean => kind === 'delivered' || kind === 'outside'

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
  // Between two of Portolan's bridges the contract does not fix the source.
  const network = planned.networks.find((one) => {
    const subnet = one[family]?.subnet
    return subnet !== undefined && prefixContains(subnet, receiver)
  })
  if (from.kind === 'container' && promise.kind === 'delivered' && from.network !== network?.name) return null
  switch (promise.seenAs) {
    case 'own':
      return from.kind === 'host' ? null : [from.address]
    case 'host':
      return [...planned.hostAddresses, '127.0.0.1', '::1']
    case 'gateway': {
      const gateway = network?.[family]?.gateway
      return gateway == null ? null : [gateway]
    }
  }
}

/** Null: the live traffic kept the contract's promise. Else: a description of what happened. */
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
      ({ address, port }) =>
        address === outcome.at && port === outcome.port && lab.containers.has(outcome.by),
    )
    if (end === undefined) return seen
    const allowed = sourcesFor(promise, planned, flow, end.address)
    return allowed === null || allowed.includes(outcome.source) ? null : seen
  }
  if (promise.kind === 'outside') {
    if (outcome.at !== flow.to.address || outcome.port !== flow.to.port) return seen
    const allowed = sourcesFor(promise, planned, flow, flow.to.address)
    return allowed === null || allowed.includes(outcome.source) ? null : seen
  }
  return seen
}
