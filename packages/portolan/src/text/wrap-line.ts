import { displayWidth } from './display-width.ts'

/**
 * Breaks a line into lines of at most `columns` cells. Only a single word may be wider. The blanks and the diff sign at
 * its beginning stay before its first word. Further lines begin with `hang` blanks.
 * @internal
 */
export const wrapLine = (line: string, columns: number, hang: number): readonly string[] => {
  if (displayWidth(line) <= columns) return [line]
  const [lead = ''] = /^ *(?:[-+~] +)?/.exec(line) ?? []
  return filled(line.slice(lead.length).split(/(?<! )(?= )/), { columns, lead, hang })
}

/**
 * Breaks the cells of one row of a table into as many lines as it takes. A line ends between two cells where that is
 * possible.
 * @param cells - each but the last one ends with the blanks that align the next cell
 * @internal
 */
export const wrapCells = (
  cells: readonly string[],
  { columns, indent, hang }: { readonly columns: number; readonly indent: number; readonly hang: number },
): readonly string[] => {
  const whole = `${' '.repeat(indent)}${cells.join('').trimEnd()}`
  if (displayWidth(whole) <= columns) return [whole]
  return filled(cells, { columns, lead: ' '.repeat(indent), hang }).flatMap((line, at) =>
    wrapLine(line, columns, at === 0 ? hang : roomFor(hang + 2, columns)),
  )
}

/** Leaves half of a narrow terminal for words. */
const roomFor = (hang: number, columns: number): number => Math.min(hang, Math.floor(columns / 2))

interface Filling {
  readonly columns: number
  readonly lead: string
  readonly hang: number
}

/**
 * Joins pieces into lines, and begins a new line where the next piece does not fit. Blanks at the end of a line are
 * cut.
 */
const filled = (pieces: readonly string[], { columns, lead, hang }: Filling): readonly string[] => {
  const lines: string[] = []
  let line = lead
  let isEmpty = true
  for (const piece of pieces) {
    if (!isEmpty && displayWidth(`${line}${piece}`.trimEnd()) > columns) {
      lines.push(line.trimEnd())
      line = `${' '.repeat(roomFor(hang, columns))}${piece.trimStart()}`
    } else line += piece
    isEmpty &&= piece.trim() === ''
  }
  return [...lines, line.trimEnd()]
}
