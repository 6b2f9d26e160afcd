import { type DesiredMapping, type DesiredTarget, replicaName } from '@portolan/core'
import type { Look } from '../../text/look.ts'
import { tableLines } from '../../text/text-table.ts'
import { type FoldedPorts, foldPorts } from './fold-ports.ts'

/** Many ports that form no range should not hide the rest of the plan. */
const longestPortList = 60

/**
 * The published ports, one line each, with their targets and allowed sources. A bare port means that port on every
 * address of the host, IPv4 and IPv6.
 * @internal
 */
export const printPorts = (
  mappings: readonly DesiredMapping[],
  { columns, rules }: Look,
): readonly string[] => {
  const folded = foldPorts(mappings)
  const shown = rules ? folded : folded.slice(0, longestPortList)
  const hidden = folded.length - shown.length
  const rows = shown.map((ports) => {
    const { sockets, targets, networks, restriction } = portWords(ports)
    return [sockets, `-> ${targets}`, `network ${networks}`, restriction]
  })
  return [
    ...tableLines(rows, columns).flat(),
    ...(hidden === 0 ? [] : [`  and ${hidden} more (--rules or --json list them all)`]),
  ]
}

/**
 * The words for published ports: their sockets, targets, networks and allowed sources.
 * @internal
 */
export const portWords = (
  ports: FoldedPorts,
): Readonly<Record<'sockets' | 'targets' | 'networks' | 'restriction', string>> => ({
  sockets: socketsText(ports),
  targets: ports.targets.map((target) => targetText(target, ports)).join(' and '),
  networks: [...new Set(ports.targets.map(({ network }) => network))].join(', '),
  restriction: restrictionText(ports),
})

const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}-${last}`)

const socketsText = ({ hosts, first, last, protocol, interface: by }: FoldedPorts): string => {
  const everywhere = hosts.filter(({ hostAddress }) => hostAddress === null).map(({ family }) => family)
  const isBoth = everywhere.includes('ip') && everywhere.includes('ip6')
  const ports = `${range(first, last)}/${protocol}`
  const named = hosts.flatMap(({ family, hostAddress }) => {
    if (hostAddress === null && isBoth) return []
    return [family === 'ip' ? `${hostAddress ?? '0.0.0.0'}:${ports}` : `[${hostAddress ?? '::'}]:${ports}`]
  })
  const sockets = isBoth ? [ports, ...named] : named
  return `${sockets.join(', ')}${by === null ? '' : ` on ${by}`}`
}

const targetText = (target: DesiredTarget, { first, last, step }: FoldedPorts): string => {
  const { port, weight } = target
  // In a range, equal ports need not be repeated.
  const isSame = first !== last && step === 1 && port === first
  const ports = isSame ? '' : `:${range(port, port + step * (last - first))}`
  return `${replicaName(target)}${ports}${weight === 1 ? '' : ` (weight ${weight})`}`
}

const restrictionText = ({ allowFrom, kind }: FoldedPorts): string => {
  const direct = kind === 'direct' ? ['at the address of the container'] : []
  if (allowFrom === null) return direct.join('')
  const from = allowFrom.length === 0 ? 'from no other machine' : `from ${allowFrom.join(', ')} only`
  return [...direct, from].join(', ')
}
