import { figure, markText, quantity } from './figures.ts'
import type { Report, ReportedRow } from './report.ts'
import type { Peer } from './row.ts'

/** Renders a stored report in Markdown: the machine, and one table of all rows. */
export const markdownTable = ({ machine, rows }: Report): string =>
  [
    `${machine.date}: ${machine.processors}, Linux ${machine.kernel}, Node ${machine.node.replace('v', '')}, ${Object.entries(
      machine.versions,
    )
      .map(([program, version]) => `${program} ${version}`)
      .join(', ')}. The load was ${machine.load} at the end.`,
    '',
    '| bench | what | median | least to most | beside it | wanted | met |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row, at) => `| ${cellsOf(row, rows[at - 1]).join(' | ')} |`),
  ].join('\n')

const cellsOf = (row: ReportedRow, above: ReportedRow | undefined): readonly string[] => [
  row.name === above?.name ? '' : row.name,
  row.what,
  quantity(row.measured.median, row.unit),
  `${figure(row.measured.least)} to ${figure(row.measured.most)}`,
  row.peers.map((peer) => besideOf(row, peer)).join('; '),
  row.mark === null ? '' : markText(row.mark, row.unit, row.peers[0]),
  row.verdict === 'none' ? '' : row.verdict === 'ok' ? 'yes' : '**no**',
]

const besideOf = ({ unit }: ReportedRow, peer: Peer): string =>
  peer.kind === 'absent'
    ? `${peer.name}: ${peer.why}`
    : `${figure(peer.ratio)} of ${peer.name} (${quantity(peer.measured.median, unit)})`
