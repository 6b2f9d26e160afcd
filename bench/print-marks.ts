import { figure, markText, quantity, spreadText } from './figures.ts'
import type { ReportedRow } from './report.ts'
import type { Mark } from './row.ts'
import { tableOf } from './table.ts'

const heading = ['mark', 'wanted', 'figure', 'spread', '']

type MarkedRow = ReportedRow & { readonly mark: Mark }

const isMarked = (row: ReportedRow): row is MarkedRow => row.mark !== null

/** Prints every mark of a run in one table: the wanted figure, the measured one, and the verdict. */
export const printMarks = (rows: readonly ReportedRow[]): readonly string[] => {
  const marked = rows.filter(isMarked)
  if (marked.length === 0) return []
  const counts = (['ok', 'over', 'none'] as const).map(
    (wanted) => marked.filter(({ verdict }) => verdict === wanted).length,
  )
  const [met = 0, missed = 0, unknown = 0] = counts
  return [
    ...tableOf([heading, ...marked.map(lineOf)]),
    '',
    `${met} of ${met + missed} marks met${unknown === 0 ? '' : `, and ${unknown} not measured`}.`,
  ]
}

const lineOf = (row: MarkedRow): readonly string[] => [
  `${row.name}: ${row.what}`,
  markText(row.mark, row.unit, row.peers[0]),
  figuresOf(row).join(', '),
  spreadText(row.measured),
  row.verdict === 'ok' ? 'met' : row.verdict === 'over' ? 'NOT MET' : 'not measured',
]

/** The measured figures for a mark, one for each limit that it names. */
const figuresOf = ({ mark, measured, unit, peers: [peer] }: MarkedRow): readonly string[] => [
  ...(mark.atMost === undefined ? [] : [quantity(measured.median, unit)]),
  ...(mark.ratioAtMost === undefined && mark.ratioAtLeast === undefined
    ? []
    : [peer?.kind === 'measured' ? `${figure(peer.ratio)}x` : `no ${peer?.name ?? 'peer'}`]),
]
