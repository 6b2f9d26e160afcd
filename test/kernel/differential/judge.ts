import type { Outcome } from '@portolan/netfilter'
import type { Heard } from '../../lab/machine.ts'
import type { ProbeOutcome } from '../../lab/probe.ts'
import { type Flow, ownerOf } from './flow.ts'
import { isLoopback, type MachineName } from './scene.ts'

type Telling = Pick<Outcome, 'outcome' | 'at' | 'seenAs' | 'trace'>

/** A datagram that a service received, answered or not, and its machine. */
export type HeardBy = Heard & { readonly by: MachineName }

/** The outcome of one flow in the kernel. */
export interface Seen {
  readonly sourcePort: number
  readonly probe: ProbeOutcome
  /** All datagrams that services received under these rules, also of other flows. */
  readonly heard: readonly HeardBy[]
}

/** True: the flow is delivered, and its answer comes back. */
export const isArrival = ({ outcome }: Pick<Outcome, 'outcome'>): boolean =>
  outcome === 'local' || outcome === 'forwarded' || outcome === 'delivered'

/** True: the flow is answered, and a later packet is lost. */
export const isCutOffLater = (told: Pick<Outcome, 'outcome' | 'trace'>): boolean =>
  !isArrival(told) && (told.trace.at(-1)?.packet ?? 1) > 2

const portFits = (said: NonNullable<Outcome['seenAs']>['sourcePort'], was: number): boolean =>
  said === null || (typeof said === 'number' ? said === was : said[0] <= was && was <= said[1])

/** True: the machine that the evaluator names received the packet, with the predicted addresses and ports. */
const isAsTold = (
  owner: MachineName,
  { at, seenAs }: Telling,
  seen: { readonly by: string; readonly at: string; readonly port: number } & Pick<
    Heard,
    'source' | 'sourcePort'
  >,
): boolean =>
  at !== null &&
  seenAs !== null &&
  seen.by === owner &&
  seen.at === at.address &&
  seen.port === at.port &&
  seen.source === seenAs.source &&
  portFits(seenAs.sourcePort, seen.sourcePort)

const receiverOf = (flow: Flow, { outcome, at }: Telling): MachineName | null =>
  at === null ? null : outcome === 'local' ? 'host' : ownerOf(flow.family, at.address)

/**
 * True: the datagrams that services received fit the prediction. They show whether a flow is stopped on its way there
 * or on its way back.
 */
const isStoppedThere = (flow: Flow, told: Telling, { heard, sourcePort }: Seen): boolean => {
  if (flow.protocol !== 'udp') return true
  if (told.at === null) return !heard.some((one) => one.sourcePort === sourcePort)
  const owner = receiverOf(flow, told)
  // A machine drops a packet from the wire when its source is the machine's own or a loopback address.
  const isMartian =
    owner === null || (owner !== 'host' && (owner === flow.from || isLoopback(told.seenAs?.source ?? '')))
  return isMartian || heard.some((one) => isAsTold(owner, told, one))
}

const agreesWith = (flow: Flow, told: Telling, seen: Seen): boolean => {
  const { probe } = seen
  if (!isArrival(told)) {
    if (probe.delivered || probe.connected !== isCutOffLater(told)) return false
    // A dropped packet gets no answer. A rejected packet may get one, unless the refusal itself is dropped. A misrouted
    // packet reaches a machine without this connection, which resets it.
    const isAstray = isCutOffLater(told) && told.trace.at(-1)?.verdict === 'lost'
    if (told.outcome === 'dropped' && !isAstray && (probe.how === 'refused' || probe.how === 'closed'))
      return false
    return isStoppedThere(flow, told, seen)
  }
  if (told.at === null || told.seenAs === null) return false
  const owner = receiverOf(flow, told)
  if (owner === null) return !probe.delivered
  return probe.delivered && isAsTold(owner, told, probe)
}

/**
 * True: the evaluator and the kernel agree. For a result that is only possible, any alternative is accepted. A random
 * match may let one packet pass and not the next, for which the evaluator has only one outcome.
 */
export const agree = (flow: Flow, said: Outcome, seen: Seen): boolean => {
  const all = [said, ...said.alternatives]
  if (all.some((one) => agreesWith(flow, one, seen))) return true
  const { delivered } = seen.probe
  const [arrivals, stops] = [all.filter(isArrival), all.filter((one) => !isArrival(one))]
  return !delivered && seen.probe.connected && arrivals.length > 0 && stops.length > 0
}
