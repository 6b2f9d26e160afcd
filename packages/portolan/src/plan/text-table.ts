import { visibleLine } from '@portolan/netfilter'

/**
 * Rows as lines, each column as wide as its widest cell. What would not show in a cell is written out.
 * @internal
 */
export const alignColumns = (cells: readonly (readonly string[])[]): readonly string[] => {
  const rows = cells.map((row) => row.map(visibleLine))
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
