import type { Family } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import { rangesOf } from '@portolan/netfilter/analysis'
import type { Finding } from '../search/finding/finding.ts'
import { changesDestination } from '../search/follow/foreign-step.ts'
import { addressText } from '../search/rows/address-text.ts'
import type { Row } from '../search/rows/row.ts'
import { openingPassages } from './opening-passages.ts'

/** The packets that must pass a chain for a flow to work: those on the way there, and the replies. */
export interface Passages {
  readonly there: readonly [Passage, ...Passage[]]
  readonly back: Passage
}

/**
 * The packets of a finding in the form that they have where a rule acted on them.
 *
 * @param uplinks - the interfaces with the outside behind them. A rule for packets that leave a bridge names these
 *   interfaces, or containers could also reach those of other bridges
 */
export const passagesOf = (finding: Finding, uplinks: readonly string[]): Passages | null => {
  const [row] = finding.rows
  const { step } = finding
  if (row === undefined || step === null) return null
  const { family, protocol, network, way } = row
  const own: Passage = {
    family,
    protocol,
    in: null,
    out: null,
    source: null,
    sourcePort: null,
    destination: null,
    destinationPort: null,
    answers: false,
  }
  const { bridge } = network
  const isBefore = isBeforeRouting(step.hook)
  if (way === 'egress') {
    const any = { ...own, protocol: null }
    const [first, ...others] = ownersOf(finding)
    const leaving = (source: string | null): readonly Passage[] =>
      (isBefore || uplinks.length === 0 ? [null] : uplinks).map((out) => ({
        ...{ ...any, in: step.hook === 'postrouting' ? null : bridge, source, out },
      }))
    const [one, ...more] = [first, ...others].flatMap(leaving)
    if (one === undefined) return null
    return {
      there: [one, ...more],
      // Before the routing decision, neither the outgoing interface nor the address behind the masquerade is known.
      back: {
        ...{ ...any, out: isBefore ? null : bridge, answers: true },
        destination: network.external && !isBefore && others.length === 0 ? first : null,
      },
    }
  }
  if (row.mapping === null) {
    const any = { ...own, protocol: null }
    const isLate = step.hook === 'postrouting'
    // One rule may stop both neighbours and packets that an opening lets in.
    const [first, ...others] = distinct(finding.rows.flatMap((one) => thereOf(finding, one, any)))
    if (first === undefined) return null
    if (finding.rows.every(isAmongNeighbours)) return { there: [first, ...others], back: first }
    // Replies to the host pass INPUT with the replies of all its other flows.
    const from = isLate || step.hook === 'output' ? null : bridge
    const [owner, ...more] = ownersOf(finding)
    const source = more.length === 0 ? owner : subnetOf(finding)
    return {
      there: [first, ...others],
      back: { ...any, in: from, source, answers: true },
    }
  }
  const isPublished = row.mapping.kind === 'nat' && isHostSide(finding)
  const place = targetOf(finding)
  const there: Passage = isPublished
    ? {
        ...own,
        destination: row.mapping.hostAddress ?? 'local',
        destinationPort: row.mapping.hostPort,
      }
    : {
        ...own,
        // An output chain after a translation there still sees the old interface.
        out: ['forward', 'postrouting'].includes(step.hook) ? bridge : null,
        destination: place.address,
        destinationPort: place.port,
        // The bridge's owner decides whether others on the bridge reach the container directly.
        ...(network.external && row.mapping.kind === 'nat' ? { translated: true } : {}),
      }
  return {
    there: [there],
    back: {
      ...own,
      in: ['output', 'postrouting'].includes(step.hook) ? null : bridge,
      source: place.address,
      sourcePort: place.port,
      answers: true,
    },
  }
}

/** Whether a row is about packets between neighbours: their replies are such packets too. */
const isAmongNeighbours = ({ source, opens }: Row): boolean => source === 'sibling' && opens === undefined

/** The packets of one row of a network, on their way there. */
const thereOf = (finding: Finding, row: Row, any: Passage): readonly Passage[] => {
  const { network, step } = finding
  const hook = step?.hook ?? ''
  const isBefore = isBeforeRouting(hook)
  const out = isBefore ? null : network.bridge
  const knowsIn = hook !== 'postrouting'
  if (row.opens !== undefined) {
    const destinations = network.external || isBefore ? ownersOf(finding) : [null]
    return openingPassages(row, row.opens, { out, knowsIn, destinations })
  }
  const there = { ...any, in: knowsIn ? row.in : null, out }
  return isAmongNeighbours(row) || !network.external
    ? [there]
    : ownersOf(finding).map((destination) => ({ ...there, destination }))
}

/** The passages without duplicates. */
const distinct = (passages: readonly Passage[]): readonly Passage[] => [
  ...new Map(passages.map((one) => [JSON.stringify(one), one])).values(),
]

/** Whether a hook runs before the outgoing interface is known. */
export const isBeforeRouting = (hook: string): boolean => hook === 'prerouting' || hook === 'ingress'

const subnetOf = ({ network, rows: [row] }: Finding): string | null =>
  row === undefined ? null : (network[row.family]?.subnet ?? null)

/** The addresses that a row of a network is about: its subnet, or the project's addresses on an external network. */
const ownersOf = (finding: Finding): readonly [string | null, ...(string | null)[]] => {
  const { network, rows } = finding
  const [row] = rows
  if (row === undefined || !network.external) return [subnetOf(finding)]
  const { saddr, daddr } = row.region
  const members = rangesOf(row.way === 'egress' ? saddr : daddr).flatMap(({ first, last }) =>
    valuesBetween(row.family, first, last),
  )
  const [one = null, ...others] = members
  return [one, ...others]
}

/** The addresses of a range as texts: the project's addresses come singly, and neighbours form one range. */
const valuesBetween = (family: Family, first: number | bigint, last: number | bigint): readonly string[] =>
  Array.from({ length: Number(BigInt(last) - BigInt(first)) + 1 }, (_, at) =>
    addressText(family, typeof first === 'number' ? first + at : first + BigInt(at)),
  )

/** Whether the culprit acts on the packet before it is translated. */
const isHostSide = ({ step }: Finding): boolean => {
  if (step === null || step.reply) return false
  if (step.hook !== 'prerouting' && step.hook !== 'output') return false
  for (
    let earlier = step.before;
    earlier !== null && earlier.packet === step.packet;
    earlier = earlier.before
  )
    if (changesDestination(earlier)) return false
  return true
}

const targetOf = ({
  rows: [row],
  point,
  judgement,
}: Finding): { readonly address: string | null; readonly port: number | null } => {
  if (row === undefined) return { address: null, port: null }
  if (row.expected.kind !== 'delivered') return { address: null, port: null }
  const { daddr } = judgement.conclusion.reached.world
  const place = row.expected.to.find(({ address }) => address === daddr) ?? row.expected.to[0]
  if (place === undefined) return { address: addressText(row.family, point.daddr), port: null }
  return { address: addressText(row.family, place.address), port: place.port }
}
