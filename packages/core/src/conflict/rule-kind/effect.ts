import type { Family } from '@portolan/netfilter'
import { type Finding, tellFinding } from '../search/finding/finding.ts'
import type { Row } from '../search/rows/row.ts'
import { sentence } from './cause.ts'

const sender = ({ source, way, in: from }: Row): string => {
  switch (source) {
    case 'machine':
      return from ?? ''
    case 'host':
      return 'this host'
    case 'loopback':
      return '127.0.0.1 on this host'
    case 'itself':
      return way === 'egress' ? 'its containers' : 'its own container'
    case 'sibling':
      return way === 'direct' ? 'each other' : 'containers on the same bridge'
    case 'stranger':
      return 'containers on other bridges'
  }
}

/** The senders of the packets: `eth0, this host and containers on other bridges`. */
export const senders = ({ rows }: Finding): string => {
  const names: string[] = []
  for (const row of rows) {
    const name = sender(row)
    if (!names.includes(name)) names.push(name)
  }
  return names.length < 2 ? (names[0] ?? 'any place') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/**
 * Words for a family, to follow a place that packets do not reach.
 * @example
 * `network web${overFamily('ip6')}` // 'network web over IPv6'
 * @public @since 0.1.0
 */
export const overFamily = (family: Family): string => (family === 'ip' ? ' over IPv4' : ' over IPv6')

/** Words for the family concerned, if a network has both. The label of a mapping shows its family already. */
export const familyText = ({ mapping, network, rows: [row] }: Finding): string =>
  mapping !== null || network.ip === null || network.ip6 === null || row === undefined
    ? ''
    : overFamily(row.family)

/** The receiver of the packets: a mapping, the containers of a network, or the outside. */
export const receiver = (finding: Finding): string => `${place(finding)}${familyText(finding)}`

const place = ({ mapping, network, rows: [row] }: Finding): string => {
  if (mapping !== null) return mapping.label
  return row?.way === 'egress' ? 'the outside' : `containers of network ${network.name}`
}

/** The effect for the user, in a sentence: the packets do not arrive, or no connection comes about. */
export const unreachable = (finding: Finding): string => {
  const { mapping, network, rows, share, certainty } = finding
  const isSure = certainty === 'certain'
  const [row] = rows
  const from = senders(finding)
  if (mapping === null && row?.way === 'egress') {
    const subject = share === 'some' ? `Some packets from network ${network.name}` : `Network ${network.name}`
    return `${subject} ${isSure ? 'cannot' : 'may not'} reach ${receiver(finding)}${example(finding)}.`
  }
  if (share === 'some')
    return `Some packets from ${from} ${isSure ? 'do not' : 'may not'} reach ${receiver(finding)}${example(finding)}.`
  return `${sentence(place(finding))} ${isSure ? 'cannot be reached' : 'may not be reachable'} from ${from}${familyText(finding)}.`
}

/** Names the containers of the witness, if only some containers of a network are concerned. */
const example = ({ share, ends, rows: [row] }: Finding): string => {
  const { sender: from, receiver: to } = ends ?? { sender: null, receiver: null }
  if (share === 'all' || (from === null && to === null)) return ''
  if (row?.way === 'egress') return `, for example those of ${from}`
  const ways = [...(from === null ? [] : [`from ${from}`]), ...(to === null ? [] : [`to ${to}`])]
  return `, for example ${ways.join(' ')}`
}

/** Whether the first packets pass and later packets do not. */
export const isLater = ({ step, judgement }: Finding): boolean =>
  (step?.packet ?? 1) > 2 || judgement.conclusion.end.world.trace?.cause?.kind === 'astray'

/** The effect of dropped packets: there is no connection, or it opens and then hangs. */
export const effectOfDrop = (finding: Finding): string =>
  isLater(finding)
    ? `${finding.share === 'some' ? 'Some connections' : 'Connections'} from ${senders(finding)} to ${receiver(finding)} ${finding.certainty === 'certain' ? 'open and then hang' : 'may open and then hang'}${example(finding)}.`
    : unreachable(finding)

/**
 * Names the packets of a flow that are concerned: `the forwarded packets`, `the replies`, `the replies after the
 * first`.
 *
 * @param first - the words for the first packet of a flow
 */
export const packetsText = ({ step }: Finding, first: string): string => {
  if ((step?.packet ?? 1) <= 2) return step?.reply === true ? 'the replies' : first
  return step?.packet === 3 ? 'the packets after the first' : 'the replies after the first'
}

/** The wrong place that translated packets reach: `192.0.2.10:7000 on this host`. */
export const otherPlace = (finding: Finding): string => {
  const { at, outcome } = tellFinding(finding)
  if (at === null) return 'an address that does not answer'
  if (outcome === 'local' && finding.judgement.conclusion.reached.world.tproxy) return 'a proxy on this host'
  const address = at.address.includes(':') ? `[${at.address}]` : at.address
  const place = at.port === null ? at.address : `${address}:${at.port}`
  return outcome === 'local' ? `${place} on this host` : `${place} by ${at.interface ?? 'no interface'}`
}
