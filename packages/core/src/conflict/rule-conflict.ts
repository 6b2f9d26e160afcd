import { ownerName } from '../owner/owner-name.ts'
import type { Conflict, Remedy } from './conflict.ts'
import { passThrough } from './remedy/pass-through.ts'
import { culpritOf, type Finding, tellFinding, witnessOf } from './search/finding.ts'
import type { Row } from './search/row.ts'

/** What a kind says of a finding. */
export interface Words {
  readonly message: string
  /** What to do where no rule can be let pass. */
  readonly otherwise: string
  /** In place of letting the packets through. */
  readonly remedy?: Remedy
}

/** A conflict made of what the search found, in the words of its kind. */
export const ruleConflict = (finding: Finding, { message, otherwise, remedy }: Words): Conflict => {
  const { kind, severity, certainty, mapping, network, others, step } = finding
  const more =
    others === 0
      ? ''
      : ` ${others} more ${others === 1 ? 'rule does' : 'rules do'} the same to other packets.`
  return {
    kind,
    severity,
    certainty,
    mapping: mapping?.label ?? null,
    network: mapping === null ? network.name : null,
    message: `${message}${more}`,
    witness: witnessOf(finding),
    culprit: culpritOf(step),
    remedy: remedy ?? passThrough(finding) ?? { text: otherwise, commands: [] },
    trace: tellFinding(finding).trace,
  }
}

/** The culprit as a sentence names it: `the policy of chain FORWARD (iptables-nft, table filter; Docker's)`. */
export const culpritName = ({ step }: Finding): string => {
  const culprit = culpritOf(step)
  if (culprit === null) return 'something that no rule shows'
  const { tool, table, chain, position, text, owner, family } = culprit
  if (table === null) return `the kernel (${text})`
  const whose = owner === null ? '' : `; of ${ownerName(owner)}`
  const place = `chain ${chain} (${tool}, table ${tool === 'nft' ? `${family} ` : ''}${table}${whose})`
  return position === 'policy' ? `the policy of ${place}` : `rule ${position} of ${place}: \`${text}\``
}

/** The client of a row, as a sentence names it. */
export const who = ({ source, network, way, in: from }: Row): string => {
  switch (source) {
    case 'machine':
      return `other machines behind ${from}`
    case 'host':
      return 'processes on this host'
    case 'loopback':
      return 'processes on this host that call 127.0.0.1'
    case 'itself':
      return way === 'egress' ? `containers of network ${network.name}` : 'the container itself'
    case 'sibling':
      return way === 'direct' ? `containers of network ${network.name}` : 'containers on the same bridge'
    case 'stranger':
      return 'containers on other bridges'
  }
}

/** Whose flows fail: `other machines behind eth0 and the container itself`; `some of` them, when not all do. */
export const callers = ({ rows, share }: Finding): string => {
  const names = [...new Set(rows.map(who))]
  const list =
    names.length < 2 ? (names[0] ?? 'nobody') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return share === 'some' ? `some of ${list}` : list
}

/** What they call: a mapping, or a network. */
export const called = ({ mapping, network, rows: [row] }: Finding): string => {
  if (mapping !== null) return mapping.label
  return row?.way === 'egress' ? 'the outside' : `network ${network.name}`
}

/** `are` when it is certain, `may be` when not. */
export const are = ({ certainty }: Finding): string => (certainty === 'certain' ? 'are' : 'may be')

/** Where translated packets come instead: `go to 192.0.2.10:7000`. */
export const goElsewhere = (finding: Finding): string => {
  const { at, outcome } = tellFinding(finding)
  const go = finding.certainty === 'certain' ? 'go' : 'may go'
  if (at === null) return `${go} to nobody`
  if (outcome === 'local' && finding.judgement.conclusion.reached.world.tproxy)
    return `${go} to a proxy on this host`
  const address = at.address.includes(':') ? `[${at.address}]` : at.address
  const place = at.port === null ? at.address : `${address}:${at.port}`
  return `${go} to ${place}${outcome === 'local' ? ' on this host' : ''}`
}

/** A sentence begins with a capital letter. */
export const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** They are stopped only once a first packet has been answered. */
export const isLater = ({ step }: Finding): boolean => (step?.packet ?? 1) > 2

/**
 * The beginning of a sentence that goes on with where packets are dropped, or by whom.
 *
 * @param whom - whom they are for
 */
export const dropped = (finding: Finding, whom: string = called(finding)): string => {
  const [who, be] = [callers(finding), are(finding)]
  if (!isLater(finding)) {
    const answers = finding.step?.reply === true ? ', or rather the answers to them,' : ''
    return `Packets of ${who} for ${whom}${answers} ${be} dropped`
  }
  const which = finding.step?.packet === 3 ? 'packets' : 'answers'
  return `Connections of ${who} to ${whom} open, and then hang: ${which} after the first ${be} dropped`
}
