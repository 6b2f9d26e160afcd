import { figure, markText, quantity, spreadText } from './figures.ts'
import type { Interval } from './median-interval.ts'
import { printMarks } from './print-marks.ts'
import type { Report, ReportedRow } from './report.ts'
import type { Spread } from './row.ts'
import { tableOf } from './table.ts'

const heading = ['what', 'median', 'spread', 'rounds', 'ratio', 'mark', '']

/** Prints a table for people: a line for each row of ours, and one for each peer. All marks come last. */
export const printReport = (report: Report): string => {
  const { machine, rows, skipped, failed, quick } = report
  const table = tableOf([heading, ...rows.flatMap((row, at) => linesOf(row, rows[at - 1]))], [1, 2, 3, 4])
  return `${[
    `${machine.date}: ${machine.processors}, Linux ${machine.kernel}, Node ${machine.node}, load ${machine.load}`,
    Object.entries(machine.versions)
      .map(([program, version]) => `${program} ${version}`)
      .join(', '),
    ...(quick ? ['Quick: small sizes and one round. The figures mean nothing.'] : []),
    '',
    ...table,
    '',
    ...skipped.map(({ name, why }) => `${name} was not measured: ${why}`),
    ...failed.map(({ name, why }) => `${name} failed: ${why}`),
    ...(quick ? [] : printMarks(rows)),
  ].join('\n')}\n`
}

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
    spreadText(row.measured),
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
          spreadText(peer.measured),
          roundsOf(peer.measured),
          ratioText(peer.ratio, peer.interval),
        ],
  ),
]

/** Uncounted rounds, and counted rounds. */
const roundsOf = ({ warmUp, rounds }: Spread): string => `${warmUp}+${rounds}`

const ratioText = (ratio: number, interval: Interval | undefined): string =>
  interval === undefined
    ? `${figure(ratio)}x`
    : `${figure(ratio)}x (${figure(interval.from)}-${figure(interval.to)})`
