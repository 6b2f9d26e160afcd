import type { Outcome } from '@portolan/netfilter'
import type { Heard } from '../../lab/machine.ts'
import type { ProbeOutcome } from '../../lab/probe.ts'
import { type Flow, ownerOf } from './flow.ts'
import { isLoopback, type MachineName } from './scene.ts'

type Prediction = Pick<Outcome, 'outcome' | 'at' | 'seenAs' | 'trace'>

/** A datagram that a service received, answered or not, and its machine. */
export type HeardBy = Heard & { readonly by: MachineName }

/** The outcome of one flow in the kernel. */
export interface Observation {
  readonly sourcePort: number
  readonly probe: ProbeOutcome
  /** All datagrams that services received under these rules, also of other flows. */
  readonly heard: readonly HeardBy[]
}

/** True: the flow is delivered, and its answer comes back. */
export const isArrival = ({ outcome }: Pick<Outcome, 'outcome'>): boolean =>
  outcome === 'local' || outcome === 'forwarded' || outcome === 'delivered'

/** True: the flow is answered, and a later packet is lost. */
export const isCutOffLater = (prediction: Pick<Outcome, 'outcome' | 'trace'>): boolean =>
  !isArrival(prediction) && (prediction.trace.at(-1)?.packet ?? 1) > 2

const portFits = (predicted: NonNullable<Outcome['seenAs']>['sourcePort'], was: number): boolean =>
  predicted === null ||
  (typeof predicted === 'number' ? predicted === was : predicted[0] <= was && was <= predicted[1])

/** True: the machine that the evaluator names received the packet, with the predicted addresses and ports. */
const isAsPredicted = (
  owner: MachineName,
  { at, seenAs }: Prediction,
  observation: { readonly by: string; readonly at: string; readonly port: number } & Pick<
    Heard,
    'source' | 'sourcePort'
  >,
): boolean =>
  at !== null &&
  seenAs !== null &&
  observation.by === owner &&
  observation.at === at.address &&
  observation.port === at.port &&
  observation.source === seenAs.source &&
  portFits(seenAs.sourcePort, observation.sourcePort)

const receiverOf = (flow: Flow, { outcome, at }: Prediction): MachineName | null =>
  at === null ? null : outcome === 'local' ? 'host' : ownerOf(flow.family, at.address)

/**
 * True: the datagrams that services received fit the prediction. They show whether a flow is stopped on its way there
 * or on its way back.
 */
const fitsDatagrams = (flow: Flow, prediction: Prediction, { heard, sourcePort }: Observation): boolean => {
  if (flow.protocol !== 'udp') return true
  if (prediction.at === null) return !heard.some((one) => one.sourcePort === sourcePort)
  const owner = receiverOf(flow, prediction)
  // A machine drops a packet from the wire when its source is the machine's own or a loopback address.
  const isMartian =
    owner === null ||
    (owner !== 'host' && (owner === flow.from || isLoopback(prediction.seenAs?.source ?? '')))
  return isMartian || heard.some((one) => isAsPredicted(owner, prediction, one))
}

const agreesWith = (flow: Flow, prediction: Prediction, observation: Observation): boolean => {
  const { probe } = observation
  if (!isArrival(prediction)) {
    if (probe.delivered || probe.connected !== isCutOffLater(prediction)) return false
    // A dropped packet gets no answer. A rejected packet may get one, unless the refusal itself is dropped. A misrouted
    // packet reaches a machine without this connection, which resets it.
    const isMisrouted = isCutOffLater(prediction) && prediction.trace.at(-1)?.verdict === 'lost'
    if (
      prediction.outcome === 'dropped' &&
      !isMisrouted &&
      (probe.how === 'refused' || probe.how === 'closed')
    )
      return false
    return fitsDatagrams(flow, prediction, observation)
  }
  if (prediction.at === null || prediction.seenAs === null) return false
  const owner = receiverOf(flow, prediction)
  if (owner === null) return !probe.delivered
  return probe.delivered && isAsPredicted(owner, prediction, probe)
}

/**
 * True: the evaluator and the kernel agree. For a result that is only possible, any alternative is accepted. A random
 * match may let one packet pass and not the next, for which the evaluator has only one outcome.
 */
export const agree = (flow: Flow, predicted: Outcome, observation: Observation): boolean => {
  const all = [predicted, ...predicted.alternatives]
  if (all.some((one) => agreesWith(flow, one, observation))) return true
  const { delivered } = observation.probe
  const [arrivals, losses] = [all.filter(isArrival), all.filter((one) => !isArrival(one))]
  return !delivered && observation.probe.connected && arrivals.length > 0 && losses.length > 0
}
