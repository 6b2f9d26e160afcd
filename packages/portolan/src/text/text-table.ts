import { visibleLine } from '@portolan/netfilter'
import { displayWidth, padded } from './display-width.ts'
import { wrapCells } from './wrap-line.ts'

type Rows = readonly (readonly string[])[]

/**
 * Rows as lines. Each column is as wide as its widest cell. Characters that would not show are written out.
 * @internal
 */
export const alignColumns = (rows: Rows): readonly string[] =>
  alignedCells(rows).map((cells) => cells.join('').trimEnd())

/**
 * The rows of a table, indented, each broken into as many lines as the terminal needs.
 * @internal
 */
export const tableLines = (rows: Rows, columns: number): readonly (readonly string[])[] =>
  alignedCells(rows).map((cells) => wrapCells(cells, { columns, indent: 2, hang: 6 }))

const alignedCells = (cells: Rows): Rows => {
  const rows = cells.map((row) => row.map(visibleLine))
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell))
  }
  return rows.map((row) =>
    row.map((cell, column) => {
      const isLast = row.slice(column + 1).every((later) => later === '')
      return isLast ? cell : padded(cell, (widths[column] ?? 0) + 2)
    }),
  )
}
