import type { Outcome } from '../evaluate/index.ts'
import { ownerName } from '../owner/owner-name.ts'
import type { Packet } from '../packet/index.ts'
import { isAnswered, socketText } from './describe-packet.ts'
import type { ExplainOptions } from './explain-options.ts'
import { listenersOn } from './listeners.ts'
import type { StoryEnding } from './story.ts'

/** An outcome, or one of its alternatives. */
type Told = Omit<Outcome, 'certainty' | 'alternatives'>

/** The last sentence of a story: where the packet ended. */
export const tellEnding = (packet: Packet, told: Told, options: ExplainOptions): StoryEnding => {
  const { outcome, at } = told
  if (outcome === 'delivered' || outcome === 'forwarded' || outcome === 'local') {
    const listeners = outcome === 'local' ? listenersAt(packet, at, options) : null
    const sentence = arrival(packet, told, options, listeners)
    if (!isAnswered(packet)) return { arrives: true, sentence }
    const answer = listeners?.length === 0 ? 'An answer would come back.' : 'The answer comes back.'
    return { arrives: true, sentence: `${sentence} ${answer}` }
  }
  const stop = stops[outcome]
  const which = told.trace.at(-1)?.packet ?? 1
  if (which > 2)
    return { arrives: false, sentence: `${stop.word}${by(told)}. ${cutOff(which, told, options)}` }
  // For a packet of the host itself, the protocol decides whether the sending program is told of a drop.
  const seen = packet.in === null || packet.in === undefined ? '' : stop.seen
  const wayBack = at === null ? '' : ' on the way back'
  const reached =
    at === null ? '' : ` It does arrive at ${endText(told, options)}, but the answer does not come back.`
  return { arrives: false, sentence: `${stop.word}${wayBack}${by(told)}.${reached}${seen}` }
}

/** The sentence for a flow that is stopped after its first answer. */
const cutOff = (packet: number, told: Told, options: ExplainOptions): string => {
  const which = packet === 3 ? "the sender's next packet is stopped" : 'the answer after that is stopped'
  return `It does arrive at ${endText(told, options)} and is answered, but ${which}: a connection opens, and then hangs.`
}

const stops = {
  dropped: { word: 'Dropped', seen: ' The sender hears nothing, and gives up after a while.' },
  rejected: { word: 'Refused', seen: ' The sender is told so at once.' },
  unrouted: { word: 'No way', seen: '' },
} as const

const by = ({ culprit }: Told): string => {
  if (culprit === null) return ''
  if (culprit.chain === null) return `: ${culprit.text}`
  const whose = culprit.owner === null ? '' : ` of ${ownerName(culprit.owner)}`
  const which = culprit.position === 'policy' ? 'the policy' : `rule ${culprit.position}`
  return ` by ${which} of chain ${culprit.chain} (${culprit.tool}, table ${culprit.family} ${culprit.table}${whose === '' ? '' : `,${whose}`})`
}

const arrival = (
  packet: Packet,
  told: Told,
  options: ExplainOptions,
  listeners: readonly string[] | null,
): string => {
  const end = endText(told, options)
  const seen = seenText(told)
  const out = told.at?.interface ?? null
  if (told.outcome === 'local') return `It reaches this host itself, at ${end}${seen}.${listening(listeners)}`
  if (told.outcome === 'delivered')
    return `Delivered to ${end}${out === null ? '' : `, behind ${out}`}${seen}.`
  const verb = packet.in === null || packet.in === undefined ? 'Sent' : 'Forwarded'
  return `${verb} to ${end}${out === null ? '' : ` out of ${out}`}${seen}.`
}

const endText = ({ at }: Told, { names }: ExplainOptions): string => {
  if (at === null) return 'nowhere'
  const text = socketText(at.address, at.port)
  const name = names?.get(at.address)
  return name === undefined ? text : `${name} (${text})`
}

const seenText = ({ seenAs }: Told): string => {
  if (seenAs === null) return ''
  const { source, sourcePort } = seenAs
  if (typeof sourcePort === 'number') return `, which sees it come from ${socketText(source, sourcePort)}`
  const port = sourcePort === null ? '' : `, by some port from ${sourcePort[0]} to ${sourcePort[1]}`
  return `, which sees it come from ${source}${port}`
}

/**
 * The programs that listen where the packet ended. An outcome does not depend on them, but a person looking for a fault
 * needs them.
 *
 * @returns null where they are not known
 */
const listenersAt = (
  { protocol }: Packet,
  at: Told['at'],
  { sockets }: ExplainOptions,
): readonly string[] | null =>
  sockets === undefined || at === null || at.port === null
    ? null
    : listenersOn(sockets, protocol, at.address, at.port)

const listening = (listeners: readonly string[] | null): string => {
  if (listeners === null) return ''
  return listeners.length === 0
    ? ' Nothing is known to listen there.'
    : ` Listening there: ${listeners.join(', ')}.`
}
