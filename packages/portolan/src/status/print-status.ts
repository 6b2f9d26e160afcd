import { isAboutBlocks } from '@portolan/core/planning'
import { visibleLine } from '@portolan/netfilter'
import { socketText } from '@portolan/netfilter/text'
import { listConflicts } from '../plan/print/list-conflicts.ts'
import { plainStyle, type Style } from '../text/style.ts'
import { alignColumns } from '../text/text-table.ts'
import type {
  ConflictCount,
  EndpointStatus,
  HostStatus,
  MappingStatus,
  NetworkStatus,
  ParentedStatus,
  ProjectConflict,
} from './status.ts'

/** At most this many changes are listed. The JSON has all of them. */
const mostChanges = 20

/**
 * Prints a status for people: a line for each mapping, then networks, drift and conflicts.
 * @param kept - projects whose text in force is kept on this host, so that no file is needed
 * @internal
 */
export const printStatus = (
  status: HostStatus,
  style: Style = plainStyle,
  kept: readonly string[] = [],
): readonly string[] => {
  const { mappings, networks, parented, endpoints, conflicts, unread } = status
  // The parts that could not be read may hold more.
  const asFar = unread.length === 0 ? '' : ', as far as the host could be read'
  if (mappings.length + networks.length + parented.length + endpoints.length === 0)
    return [`Nothing of Portolan is mapped on this host${asFar}.`, ...printDrift(status, style)]
  const counts = countsNew(mappings)
  return [
    ...(mappings.length === 0
      ? [`No port is mapped${asFar}.`]
      : table(mappingHead(counts), mappings.map(mappingCells(counts)), mappings, style)),
    ...(networks.length === 0
      ? []
      : ['', ...table(networkHead, networks.map(networkCells), networks, style)]),
    ...plainTable(parentedHead, parented.map(parentedCells), style),
    ...plainTable(endpointHead, endpoints.map(endpointCells), style),
    ...printDrift(status, style),
    ...(conflicts === null || conflicts.length === 0
      ? []
      : [
          '',
          style.bold('Conflicts'),
          ...listConflicts(conflicts, isOfOneFamily(networks), style),
          ...printMoves(conflicts),
        ]),
    ...printNotes(status, kept),
  ]
}

/**
 * Is the network of a conflict known to have one family? An external network has no line here, and a network without a
 * gateway tells no subnet. Such a network may have both families.
 */
const isOfOneFamily =
  (networks: readonly NetworkStatus[]) =>
  ({ project, network }: ProjectConflict): boolean =>
    networks.some((one) => one.project === project && one.name === network && one.subnets.length === 1)

const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  of: readonly Pick<MappingStatus | NetworkStatus, 'drift' | 'conflicts'>[],
  style: Style,
): readonly string[] => {
  const [first = '', ...lines] = alignColumns([head, ...rows])
  return [style.bold(first), ...lines.map((line, at) => paint(of[at], style)(line))]
}

const plainTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): readonly string[] => {
  if (rows.length === 0) return []
  const [first = '', ...lines] = alignColumns([head, ...rows])
  return ['', style.bold(first), ...lines]
}

const paint = (
  line: Pick<MappingStatus | NetworkStatus, 'drift' | 'conflicts'> | undefined,
  style: Style,
): ((text: string) => string) => {
  if (line?.conflicts?.worst === 'error') return style.red
  if (line !== undefined && line.drift !== 'none' && line.drift !== 'unknown') return style.yellow
  return (text) => text
}

/** Rules of nftables do not count connections. If all mappings are in nftables, there is no such column. */
const countsNew = (mappings: readonly MappingStatus[]): boolean =>
  mappings.some(({ newConnections }) => newConnections !== null)

const mappingHead = (counts: boolean): readonly string[] => [
  ...['PROJECT', 'BACKEND', 'MAPPING', 'TARGET', 'OPEN', 'PACKETS', 'BYTES'],
  ...(counts ? ['NEW'] : []),
  ...['DRIFT', 'CONFLICTS'],
]

const mappingCells =
  (counts: boolean) =>
  (line: MappingStatus): readonly string[] => [
    line.project,
    line.backend,
    line.mapping,
    line.targets.map(({ address, port }) => socketText(address, port)).join(' '),
    number(line.connections),
    number(line.packets),
    number(line.bytes),
    ...(counts ? [number(line.newConnections)] : []),
    driftWord(line.drift),
    conflictText(line.conflicts),
  ]

const number = (count: number | null): string => (count === null ? '-' : String(count))

const driftWord = (drift: MappingStatus['drift'] | NetworkStatus['drift']): string =>
  drift === 'none' ? '-' : drift === 'unknown' ? '?' : drift

const conflictText = (conflicts: ConflictCount | null): string => {
  if (conflicts === null) return '?'
  if (conflicts.worst === null) return '-'
  return conflicts.count === 1 ? conflicts.worst : `${conflicts.worst} (${conflicts.count})`
}

const networkHead: readonly string[] = [
  'NETWORK',
  'BACKEND',
  'BRIDGE',
  'SUBNETS',
  'LINK',
  'DRIFT',
  'CONFLICTS',
]

const networkCells = (line: NetworkStatus): readonly string[] => [
  `${line.project}/${line.name}`,
  line.backend ?? '-',
  line.bridge,
  line.subnets.length === 0 ? '-' : line.subnets.join(' '),
  line.up ? 'up' : line.drift === 'missing' ? '-' : 'down',
  driftWord(line.drift),
  conflictText(line.conflicts),
]

const parentedHead: readonly string[] = ['NETWORK', 'DRIVER', 'PARENT', 'SUBNETS', 'LINK']

const parentedCells = (line: ParentedStatus): readonly string[] => [
  visibleLine(`${line.project}/${line.name}`),
  line.driver,
  line.parent,
  line.subnets.join(' '),
  line.up ? 'up' : 'down',
]

const endpointHead: readonly string[] = ['ENDPOINT', 'NETWORK', 'ADDRESSES', 'INTERFACE', 'LINK']

const endpointCells = (line: EndpointStatus): readonly string[] => [
  visibleLine(line.endpoint),
  visibleLine(`${line.project}/${line.network}`),
  line.addresses.length === 0 ? '-' : line.addresses.join(' '),
  line.interface ?? '-',
  linkWord(line),
]

const linkWord = ({ interface: name, bridge, up }: EndpointStatus): string => {
  if (name === null) return '?'
  if (bridge === null) return 'off its bridge'
  return up === true ? 'up' : 'down'
}

const printDrift = ({ drift, lost }: HostStatus, style: Style): readonly string[] => {
  if (drift.length + lost.length === 0) return []
  const hidden = drift.length - mostChanges
  return [
    '',
    style.bold('What would bring back what is wanted'),
    ...drift.slice(0, mostChanges).map(({ part, description }) => visibleLine(`${part}: ${description}`)),
    ...(hidden > 0 ? [`and ${hidden} more ${hidden === 1 ? 'change' : 'changes'}: --json tells all.`] : []),
    ...lost.map((sentence) =>
      visibleLine(`${sentence} Nothing tells any more what they were: apply that project again.`),
    ),
  ]
}

/** The commands that move networks to another subnet. The list of conflicts shows no remedies. */
const printMoves = (conflicts: NonNullable<HostStatus['conflicts']>): readonly string[] => {
  const moves = conflicts.filter((one) => isAboutBlocks(one) || one.remedy.commands.some(isMove))
  const lists = moves.map(({ remedy }) => remedy.commands)
  const of = (is: (command: string) => boolean): readonly string[] => [...new Set(lists.flat().filter(is))]
  return [
    // A host without a name of its own has no block to which a network could move.
    ...of((command) => command.startsWith('portolan cluster ')).map(
      (command) => `First, a block for this host: ${visibleLine(command)}`,
    ),
    ...of(isMove).map((command) => `To move the network: ${visibleLine(command)}`),
    // No command moves a network that a program holds.
    ...moves.flatMap(({ remedy, project, network }) =>
      network === null || remedy.commands.some(isMove)
        ? []
        : [visibleLine(`For network ${network} of project ${project}: ${remedy.text}`)],
    ),
  ]
}

const isMove = (command: string): boolean => command.startsWith('portolan move ')

const printNotes = ({ mappings, accounting }: HostStatus, kept: readonly string[]): readonly string[] => {
  const isUncounted = mappings.some(({ connections, packets }) => connections !== null && packets === null)
  const unknown = [
    ...new Set(mappings.flatMap(({ drift, project }) => (drift === 'unknown' ? [project] : []))),
  ]
  const ofKeys = unknown.filter((project) => kept.includes(project))
  return [
    ...(isUncounted ? ['', accounting ? olderNote : accountingNote] : []),
    ...(unknown.length > ofKeys.length ? ['', unknownNote] : []),
    ...ofKeys.flatMap((project) => ['', keptNote(project)]),
  ]
}

const keptNote = (project: string): string =>
  `DRIFT ?: what is wanted of project ${project} is in the text under its key. "portolan status -p ${project}" compares them with the one that is in force.`

const accountingNote =
  'PACKETS and BYTES are those of open connections, and this host does not count them: "sysctl -w net.netfilter.nf_conntrack_acct=1" counts those of connections that begin from then on.'

const olderNote =
  'PACKETS and BYTES of a mapping are not told while a connection is open that began before the host counted them.'

const unknownNote =
  'DRIFT ?: what is wanted of these is in a Compose file alone. "portolan status -f FILE" compares them with it.'
