import type { Passage } from '@portolan/netfilter/advice'
import { addressText } from '../search/address-text.ts'
import type { Finding } from '../search/finding.ts'
import { changesDestination } from '../search/foreign-step.ts'

/** What has to pass a chain for a flow to live: the packets of the way there, and the answers. */
export interface Passages {
  readonly there: readonly [Passage, ...Passage[]]
  readonly back: Passage
}

/**
 * The packets of a finding as they are where something acted on them.
 *
 * @param uplinks - the interfaces that the outside is behind. A rule for what leaves a bridge names them, or it would
 *   let containers reach those of other bridges too.
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
    const leaving = { ...any, in: step.hook === 'postrouting' ? null : bridge, source: subnetOf(finding) }
    const [first = null, ...others] = isBefore ? [] : uplinks
    return {
      there: [{ ...leaving, out: first }, ...others.map((out) => ({ ...leaving, out }))],
      // Before the routing decision no interface to leave by is known, nor the address behind the masquerade.
      back: { ...any, out: isBefore ? null : bridge, answers: true },
    }
  }
  if (row.mapping === null) {
    const any = { ...own, protocol: null }
    const isLate = step.hook === 'postrouting'
    const there = { ...any, in: isLate ? null : row.in, out: isBefore ? null : bridge }
    if (row.source === 'sibling') return { there: [there], back: there }
    // Answers to the host pass INPUT with those of all its other flows.
    const from = isLate || step.hook === 'output' ? null : bridge
    return { there: [there], back: { ...any, in: from, source: subnetOf(finding), answers: true } }
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
        // A chain of output that comes after a translation there still sees the old interface.
        out: ['forward', 'postrouting'].includes(step.hook) ? bridge : null,
        destination: place.address,
        destinationPort: place.port,
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

/** Hooks at which no interface to leave by is known. */
export const isBeforeRouting = (hook: string): boolean => hook === 'prerouting' || hook === 'ingress'

const subnetOf = ({ network, rows: [row] }: Finding): string | null =>
  row === undefined ? null : (network[row.family]?.subnet ?? null)

/** The packet has not been translated yet where the culprit acts on it. */
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
