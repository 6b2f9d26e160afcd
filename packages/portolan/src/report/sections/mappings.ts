import type { Conflict, PublishedPort } from '@portolan/core'
import type { Plan } from '../../plan/plan.ts'
import { type FoldedPorts, foldPorts } from '../../plan/print/fold-ports.ts'
import { portWords } from '../../plan/print/print-ports.ts'
import { type Content, element, type Markup } from '../markup.ts'
import { cut, paragraph, part, table } from './tables.ts'

const longestList = 2000
/** At most this many conflicts of one row are named. */
const mostNamed = 5

/** Every mapping with its state: in force, to be added or removed by `apply`, and the conflicts of each. */
export const mappingsPart = ({
  desired,
  added,
  withdrawn,
  conflicts,
}: Pick<Plan, 'desired' | 'added' | 'withdrawn' | 'conflicts'>): Markup => {
  const coming = new Set(added.map(socketOf))
  const found = conflictsBySocket(conflicts)
  const rows = foldPorts(desired.mappings).map((ports) => {
    const { sockets, targets, networks, restriction } = portWords(ports)
    return [
      sockets,
      targets,
      networks,
      restriction === '' ? 'all' : restriction,
      stateOf(ports, coming, found),
    ]
  })
  const leaving = withdrawn.map((port) => [
    `${port.hostAddress ?? (port.family === 'ip' ? '0.0.0.0' : '[::]')}:${port.hostPort}/${port.protocol}`,
    port.targets.map(({ address, port: to }) => `${address}:${to}`).join(' and '),
    '',
    '',
    element('span', { class: 'r-changed' }, 'In force; apply removes it'),
  ])
  const { shown, more } = cut<readonly Content[]>([...rows, ...leaving], longestList)
  return part(
    'mappings',
    'Mappings',
    shown.length === 0
      ? paragraph('No port is published.')
      : table('Published ports', ['Port', 'Leads to', 'Network', 'Open to', 'State'], shown),
    more,
  )
}

type Socket = Pick<PublishedPort, 'family' | 'protocol' | 'hostAddress' | 'hostPort' | 'interface'>

const socketOf = ({ family, protocol, hostAddress, hostPort, interface: by }: Socket): string =>
  [family, protocol, hostAddress, hostPort, by].join(' ')

const conflictsBySocket = (conflicts: readonly Conflict[]): ReadonlyMap<string, readonly number[]> => {
  const found = new Map<string, number[]>()
  for (const [place, { published }] of conflicts.entries()) {
    if (published === null) continue
    const key = socketOf(published)
    found.set(key, [...(found.get(key) ?? []), place])
  }
  return found
}

const stateOf = (
  ports: FoldedPorts,
  coming: ReadonlySet<string>,
  found: ReadonlyMap<string, readonly number[]>,
): Content => {
  const sockets = ports.hosts.flatMap((host) =>
    Array.from({ length: ports.last - ports.first + 1 }, (_, at) =>
      socketOf({ ...host, protocol: ports.protocol, interface: ports.interface, hostPort: ports.first + at }),
    ),
  )
  const waiting = sockets.filter((socket) => coming.has(socket)).length
  const places = [...new Set(sockets.flatMap((socket) => found.get(socket) ?? []))].sort((a, b) => a - b)
  const words =
    ports.kind === 'direct'
      ? 'Wanted'
      : waiting === 0
        ? 'In force'
        : waiting === sockets.length
          ? 'Not in force; apply adds it'
          : 'In force in part; apply adds the rest'
  return [
    element('span', { class: waiting === 0 ? 'r-good' : 'r-changed' }, words),
    places.length === 0
      ? []
      : [
          element('br', {}),
          'Conflicts: ',
          places
            .slice(0, mostNamed)
            .map((place, at) => [
              at === 0 ? '' : ', ',
              element('a', { href: `#conflict-${place}` }, String(place + 1)),
            ]),
          places.length > mostNamed ? ` and ${places.length - mostNamed} more` : '',
        ],
  ]
}
