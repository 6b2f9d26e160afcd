import type { FlowInput } from '@portolan/core'
import type { PacketInput } from '@portolan/netfilter'
import { checkKeys, checkOneOf, notExpected } from '../check/check-value.ts'
import { checkHost } from '../fake-host/check-host.ts'
import type { FakeHost } from '../fake-host/fake-host.ts'
import type { Delivery, Receiver } from '../fake-host/send.ts'
import { indented, type MatchResult } from './match-result.ts'

/**
 * The expected receiver of a flow: the parts of a `Receiver` that matter.
 * @public @since 0.1.0
 */
export type ExpectedReceiver = Partial<Extract<Receiver, { readonly kind: 'container' }>>

const lost: readonly string[] = ['dropped', 'rejected', 'unrouted']

/**
 * Whether a flow reaches a receiver, and the answer comes back. A receiver is a container, another machine, or a
 * process that listens on the host. Only a certain outcome counts.
 * @param to - the receiver that it has to come to; any unless told
 */
export const toDeliver = (
  host: FakeHost,
  flow: PacketInput | FlowInput,
  to: ExpectedReceiver = {},
): MatchResult => {
  checkHost(host, 'expect(host).toDeliver(flow)')
  checkReceiver(to)
  const delivery = host.send(flow)
  const why = whyNotDelivered(delivery, to)
  return {
    pass: why === null,
    message: () => wayOf(why ?? 'The flow was expected not to be delivered, and it is.', delivery),
  }
}

/** Whether a flow, or the answer to it, is dropped, rejected or without a route. Only a certain outcome counts. */
export const toDrop = (host: FakeHost, flow: PacketInput | FlowInput): MatchResult => {
  checkHost(host, 'expect(host).toDrop(flow)')
  const delivery = host.send(flow)
  const pass = lost.includes(delivery.outcome) && delivery.certainty === 'certain'
  const why = pass
    ? 'The flow was expected not to be dropped, and it is.'
    : lost.includes(delivery.outcome)
      ? 'The flow was expected to be dropped, and that is only possible.'
      : `The flow was expected to be dropped, and it is ${words[delivery.outcome]}.`
  return { pass, message: () => wayOf(why, delivery) }
}

const receiverTexts = ['project', 'network', 'service', 'address', 'interface']
const receiverKeys = ['kind', 'replica', 'port', 'listens', ...receiverTexts]

const checkReceiver = (to: unknown): void => {
  const what = 'expect(host).toDeliver(flow, receiver)'
  const given = checkKeys(to, receiverKeys, what, 'a receiver')
  if (given.kind !== undefined) checkOneOf(given.kind, ['container', 'host', 'outside'], `${what}: kind`)
  for (const key of receiverTexts)
    if (given[key] !== undefined && given[key] !== null && typeof given[key] !== 'string')
      throw notExpected(`${what}: ${key}`, 'expected a text', given[key])
  for (const key of ['replica', 'port'])
    if (given[key] !== undefined && given[key] !== null && !Number.isInteger(given[key]))
      throw notExpected(`${what}: ${key}`, 'expected a whole number', given[key])
}

const words: Readonly<Record<Delivery['outcome'], string>> = {
  delivered: 'delivered to a container',
  local: 'taken by the host itself',
  forwarded: 'forwarded',
  dropped: 'dropped',
  rejected: 'rejected',
  unrouted: 'without a route',
}

const whyNotDelivered = ({ outcome, certainty, to }: Delivery, expected: ExpectedReceiver): string | null => {
  const start = 'The flow was expected to be delivered, and'
  if (to === null) return `${start} it is ${words[outcome]}.`
  if (certainty !== 'certain') return `${start} that is only possible.`
  if (to.kind === 'host' && !to.listens && expected.kind === undefined)
    return `${start} it comes to the host itself, where nothing listens.`
  const parts = new Map<string, unknown>(Object.entries(to))
  const other = Object.entries(expected).find(
    ([key, value]) => value !== undefined && parts.get(key) !== value,
  )
  if (other === undefined) return null
  const [key, value] = other
  const found = parts.get(key)
  return `${start} it comes to another receiver: its ${key} is ${JSON.stringify(found) ?? 'not known'}, expected ${JSON.stringify(value)}.`
}

const wayOf = (why: string, delivery: Delivery): string => `${why}\n\n${indented(String(delivery))}`
