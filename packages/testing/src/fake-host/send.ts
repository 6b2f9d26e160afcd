import { type DesiredState, endpointAddresses, type FlowInput } from '@portolan/core'
import {
  type Evaluator,
  explain,
  inputText,
  type Outcome,
  type Packet,
  type PacketInput,
  prepare,
  printStory,
  type Story,
} from '@portolan/netfilter'
import { endpointNames, lowerRules } from 'portolan/machine'
import { checkPacket } from '../check/check-packet.ts'
import type { FakeState } from './fake-state.ts'
import { packetOfFlow } from './packet-of-flow.ts'

/**
 * The receiver of a flow.
 * @public @since 0.1.0
 */
export type Receiver =
  | {
      readonly kind: 'container'
      readonly project: string
      readonly network: string
      readonly service: string
      readonly replica: number
      readonly address: string
      /** Null for a protocol without ports. */
      readonly port: number | null
    }
  | {
      readonly kind: 'host'
      readonly address: string
      readonly port: number | null
      /** Whether a process listens there, as far as the facts tell. */
      readonly listens: boolean
    }
  | {
      readonly kind: 'outside'
      readonly address: string
      readonly port: number | null
      readonly interface: string | null
    }

/**
 * What the kernel would do with a flow, according to the evaluator. `String(delivery)` tells the packet's way through
 * every table, as `portolan explain` does.
 * @public @since 0.1.0
 */
export interface Delivery extends Outcome {
  /** The first packet of the flow. */
  readonly packet: Packet
  /** Where the packet arrived; null when the packet, or the answer to it, did not arrive. */
  readonly to: Receiver | null
  readonly story: Story
  toString(): string
}

/** Sends packets on a simulated host. The evaluator is kept until facts, rules or endpoints change. */
export class Sender {
  readonly #state: FakeState
  #prepared: {
    readonly facts: unknown
    readonly rules: unknown
    readonly desired: string
    readonly evaluator: Evaluator
  } | null = null

  constructor(state: FakeState) {
    this.#state = state
  }

  send(input: PacketInput | FlowInput): Delivery {
    checkPacket(input, this.#state.facts)
    const desired = this.#state.desired()
    const packet = 'from' in input ? packetOfFlow(input, desired) : packetAsText(input)
    const outcome = this.#evaluator(desired).evaluate(packet)
    const { sockets = [] } = this.#state.facts
    const story = explain(packet, outcome, { names: endpointNames(desired), sockets })
    const to = receiverOf(outcome, packet, desired, this.#state)
    return { ...outcome, packet, to, story, toString: () => printStory(story) }
  }

  #evaluator(desired: readonly DesiredState[]): Evaluator {
    const { facts, rules } = this.#state
    const endpoints = desired.flatMap(endpointAddresses)
    const key = JSON.stringify(endpoints)
    const known = this.#prepared
    if (known !== null && known.facts === facts && known.rules === rules && known.desired === key)
      return known.evaluator
    const evaluator = prepare(facts, lowerRules(rules), { endpoints })
    this.#prepared = { facts, rules, desired: key, evaluator }
    return evaluator
  }
}

const packetAsText = (input: PacketInput): Packet => ({
  ...input,
  source: input.source == null ? null : inputText(input.source),
  destination: inputText(input.destination),
})

const receiverOf = (
  { outcome, at }: Outcome,
  { protocol }: Packet,
  desired: readonly DesiredState[],
  { facts }: FakeState,
): Receiver | null => {
  if (at === null) return null
  const { address, port } = at
  if (outcome === 'local')
    return { kind: 'host', address, port, listens: isListening(facts.sockets ?? [], protocol, address, port) }
  if (outcome === 'forwarded') return { kind: 'outside', address, port, interface: at.interface }
  if (outcome !== 'delivered') return null
  for (const { project, endpoints } of desired)
    for (const { network, service, replica, ip, ip6 } of endpoints)
      if (ip === address || ip6 === address)
        return { kind: 'container', project, network, service, replica, address, port }
  return null
}

type Sockets = NonNullable<FakeState['facts']['sockets']>

const wildcards: readonly string[] = ['0.0.0.0', '::', '*']

const isListening = (
  sockets: Sockets,
  protocol: Packet['protocol'],
  address: string,
  port: number | null,
): boolean =>
  port === null ||
  sockets.some(
    (socket) =>
      (socket.protocol ?? 'tcp') === protocol &&
      socket.port === port &&
      (wildcards.includes(socket.address ?? '0.0.0.0') || socket.address === address),
  )
