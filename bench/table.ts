/** Formats cells as columns, two spaces apart. The columns in `numeric` are aligned to the right. */
export const tableOf = (
  lines: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): readonly string[] => {
  const columns = Math.max(...lines.map((cells) => cells.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  )
  return lines.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return numeric.includes(column) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
