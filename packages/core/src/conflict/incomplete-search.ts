import type { Family, NetfilterRuleset } from '@portolan/netfilter'
import { protocolName } from '@portolan/netfilter'
import { findArpTable, MOST_STRETCHES } from '@portolan/netfilter/analysis'
import type { DesiredState } from '../contract/index.ts'
import { type ExploredRow, mostCells } from './search/follow/explore.ts'
import { mostCellsOfAll } from './search/members/seeker.ts'
import type { Row } from './search/rows/row.ts'
import { MOST_SIDE_ENTRIES, type Surroundings } from './search/rows/surroundings.ts'

/**
 * Packets of one mapping or network that the search for conflicts did not look at. An empty list of conflicts says
 * nothing about them.
 * @public @since 0.1.0
 */
export interface IncompleteSearch {
  /** The label of the mapping; null: the entry concerns a network or the host. */
  readonly mapping: string | null
  readonly network: string | null
  /** The packets in words: `TCP packets of other machines behind eth0`. */
  readonly what: string
  /** The reason, in a sentence or two. */
  readonly why: string
}

/**
 * Lists what the search left out of the rows of one mapping or network, one entry for each reason.
 * @internal
 */
export const incompleteRows = (rows: readonly ExploredRow[], member: number): readonly IncompleteSearch[] => {
  // Rows that were seen whole leave nothing out, for any member. For thousands of members, this skips all work.
  if (rows.every(isSeen)) return none
  const byReason = new Map<string, [Row, ...Row[]]>()
  for (const explored of rows) {
    if (isSeen(explored)) continue
    const row = explored.row.rowOf(member)
    if (row === undefined) continue
    for (const why of reasonsOf(explored, row)) {
      const before = byReason.get(why)
      if (before === undefined) byReason.set(why, [row])
      else before.push(row)
    }
  }
  return [...byReason].map(([why, left]) => {
    const [{ mapping, network }] = left
    return {
      mapping: mapping?.label ?? null,
      network: mapping === null && !isOfHost(left[0]) ? network.name : null,
      what: nameRows(left),
      why,
    }
  })
}

const none: readonly never[] = []

const isSeen = ({ isWhole, doubts }: ExploredRow): boolean => isWhole && doubts.size === 0

/**
 * Lists what the search left out of all rows because the host has too much of it.
 * @internal
 */
export const incompleteSurroundings = (
  { unseenEntries, knowsRoutes }: Surroundings,
  family: Family,
): readonly IncompleteSearch[] => {
  const left = (what: string, why: string): IncompleteSearch => ({ mapping: null, network: null, what, why })
  const [first] = unseenEntries
  return [
    ...(first === undefined
      ? []
      : [
          left(
            `${familyNames[family]} packets that come in by ${first}${unseenEntries.length > 1 ? ` and ${unseenEntries.length - 1} more ${unseenEntries.length === 2 ? 'interface' : 'interfaces'}` : ''}`,
            `At most ${MOST_SIDE_ENTRIES} interfaces without a default route are looked at.`,
          ),
        ]),
    ...(knowsRoutes
      ? []
      : [
          left(
            `${familyNames[family]} packets of other machines and to the outside`,
            `The routes split the addresses into more than ${MOST_STRETCHES} ranges. One route was looked at for all.`,
          ),
        ]),
  ]
}

/**
 * Tells that ARP was not looked at, where a table may drop it.
 * @internal
 */
export const incompleteArp = (
  { networks }: DesiredState,
  rulesets: readonly NetfilterRuleset[],
): readonly IncompleteSearch[] => {
  const table = networks.some(({ ip }) => ip !== null) ? findArpTable(rulesets) : null
  return table === null
    ? none
    : [
        {
          mapping: null,
          network: null,
          what: 'ARP of this host, by which IPv4 packets find containers and other machines',
          why: `Table arp ${table.name} may drop or change it. If a container or a machine is not found over IPv4, look at the rules that "nft list ruleset arp" shows.`,
        },
      ]
}

const reasonsOf = (
  { isWhole, isUnseen, isOfEach, doubts, row: { count } }: ExploredRow,
  row: Row,
): readonly string[] => [
  ...(isUnseen === true
    ? [`The rules tell more than ${mostCellsOfAll} kinds of packets apart. None of these was looked at.`]
    : isWhole
      ? []
      : [`${tooMany(row)} ${restOf(row, isOfEach === true ? 1 : count)}`]),
  ...(doubts.has('computed')
    ? ['A rule computes with the bits of an address or port. One packet was looked at for many.']
    : []),
  ...(doubts.has('courses') ? ['The rules allow more possible courses than are followed.'] : []),
]

const tooMany = ({ mapping }: Row): string =>
  `The rules tell more than ${mostCells[mapping === null ? 'network' : 'mapping']} kinds of these packets apart.`

/** Culprits are sought only in rows that the contract opens, and only for a single mapping or network. */
const restOf = ({ expected }: Row, count: number): string =>
  expected.kind === 'closed' || count > 1
    ? 'The others were not looked at.'
    : 'Of the others, at most one packet for each rule was looked at.'

/** Whether a row belongs to the host: it concerns all networks together, and no mapping publishes its destinations. */
const isOfHost = ({ mapping, way }: Row): boolean => mapping === null && way === 'published'

const nameRows = (rows: readonly [Row, ...Row[]]): string => {
  const [{ protocol, mapping }] = rows
  const names = [...new Set(rows.map((row) => (mapping === null ? nameOfNetworkRow(row) : clientOf(row))))]
  const kind = mapping === null ? 'packets' : `${protocolName(protocol).toUpperCase()} packets`
  return `${kind} of ${names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`}`
}

const nameOfNetworkRow = (row: Row): string => {
  const to = isOfHost(row)
    ? 'addresses and ports that are not published'
    : row.way === 'egress'
      ? 'the outside'
      : `containers of network ${row.network.name}`
  return `${clientOf(row)} for ${to} (${protocolName(row.protocol).toUpperCase()}, ${familyNames[row.family]})`
}

const familyNames: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' }

/** The client of a row, in words. */
const clientOf = ({ source, network, way, in: from }: Row): string => {
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
