import type { DesiredOpening, OpenPort } from '@portolan/core'
import type { Look } from '../../text/look.ts'
import { tableLines } from '../../text/text-table.ts'

/** Many containers that are opened one by one should not hide the rest of the plan. */
const longestList = 60

const portsText = (ports: readonly OpenPort[] | null): string =>
  ports === null ? 'every port' : ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')

/**
 * The openings by `links` and `reachable_from`: one line for each, with its families. Through an opening, packets reach
 * containers at their own addresses.
 * @internal
 */
export const printOpenings = (
  openings: readonly DesiredOpening[] | undefined,
  { columns, rules }: Look,
): readonly string[] => {
  const lines = new Map<string, { readonly ports: string; readonly families: Set<string> }>()
  for (const { label, family, ports } of openings ?? []) {
    const key = `${label} ${portsText(ports)}`
    const known = lines.get(key) ?? { ports: portsText(ports), families: new Set<string>() }
    known.families.add(family === 'ip' ? 'IPv4' : 'IPv6')
    lines.set(key, known)
  }
  const rows = [...lines].map(([key, { ports, families }]) => [
    key.slice(0, -ports.length - 1),
    ports,
    [...families].join(', '),
  ])
  const shown = rules ? rows : rows.slice(0, longestList)
  const hidden = rows.length - shown.length
  return [
    ...tableLines(shown, columns).flat(),
    ...(hidden === 0 ? [] : [`  and ${hidden} more (--rules or --json list them all)`]),
  ]
}
