import type { Report, ReportedRow } from './report.ts'
import type { Mark, Peer, Spread, Unit } from './row.ts'

const heading = ['what', 'median', 'spread', 'rounds', 'ratio', 'mark', '']

/** A table for people: a line for what is ours, and one for each that was measured beside it. */
export const printReport = (report: Report): string => {
  const { machine, rows, skipped, failed, quick } = report
  const lines = [heading, ...rows.flatMap((row, at) => linesOf(row, rows[at - 1]))]
  const widths = heading.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  const table = lines.map((cells) =>
    cells
      .map((cell, column) =>
        isNumeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const marked = rows.filter(({ verdict }) => verdict !== 'none')
  const met = marked.filter(({ verdict }) => verdict === 'ok')
  return `${[
    `${machine.processors}, Linux ${machine.kernel}, Node ${machine.node}, load ${machine.load}`,
    ...(quick ? ['Quick: small sizes and one round. The figures mean nothing.'] : []),
    '',
    ...table,
    '',
    ...skipped.map(({ name, why }) => `${name} was not measured: ${why}`),
    ...failed.map(({ name, why }) => `${name} failed: ${why}`),
    ...(quick ? [] : [`${met.length} of ${marked.length} marks met.`]),
  ].join('\n')}\n`
}

const isNumeric = (column: number): boolean => column >= 1 && column <= 4

const linesOf = (row: ReportedRow, above: ReportedRow | undefined): readonly (readonly string[])[] => [
  ...(row.name === above?.name
    ? []
    : [
        ['', '', '', '', '', ''],
        [row.name, '', '', '', '', ''],
      ]),
  [
    `  ${row.what}`,
    quantity(row.measured.median, row.unit),
    spread(row.measured),
    roundsOf(row.measured),
    '',
    row.mark === null ? '' : markText(row.mark, row.unit, row.peers[0]),
    row.verdict === 'none' ? '' : row.verdict === 'ok' ? 'ok' : 'OVER',
  ],
  ...row.peers.map((peer) =>
    peer.kind === 'absent'
      ? [`    beside it: ${peer.name}`, '', '', '', '', peer.why]
      : [
          `    beside it: ${peer.name}`,
          quantity(peer.measured.median, row.unit),
          spread(peer.measured),
          roundsOf(peer.measured),
          `${figure(peer.ratio)}x`,
        ],
  ),
]

const markText = ({ atMost, ratioAtMost, ratioAtLeast }: Mark, unit: Unit, peer: Peer | undefined): string =>
  [
    ...(atMost === undefined ? [] : [`at most ${quantity(atMost, unit)}`]),
    ...(ratioAtMost === undefined ? [] : [`at most ${figure(ratioAtMost)}x ${peer?.name ?? ''}`]),
    ...(ratioAtLeast === undefined ? [] : [`at least ${figure(ratioAtLeast)}x ${peer?.name ?? ''}`]),
  ].join(', ')

const quantity = (value: number, unit: Unit): string =>
  unit === '1/s' ? `${Math.round(value)}/s` : `${figure(value)} ${unit}`

const spread = ({ least, most }: Spread): string => `${figure(least)}-${figure(most)}`

/** Rounds before that were not counted, and those that were. */
const roundsOf = ({ warmUp, rounds }: Spread): string => `${warmUp}+${rounds}`

/** Three significant digits, and no exponent. */
const figure = (value: number): string =>
  value >= 100
    ? String(Math.round(value))
    : value >= 10
      ? value.toFixed(1)
      : value >= 1
        ? value.toFixed(2)
        : value.toFixed(3)
