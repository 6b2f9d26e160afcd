import { displayWidth } from './display-width.ts'

/**
 * A line in as many as it takes, none wider than `columns` unless a single word is. What it begins with, blanks and a
 * sign of a diff, stays before its first word. Further lines begin with `hang` blanks.
 * @internal
 */
export const wrapLine = (line: string, columns: number, hang: number): readonly string[] => {
  if (displayWidth(line) <= columns) return [line]
  const [lead = ''] = /^ *(?:[-+~] +)?/.exec(line) ?? []
  return filled(line.slice(lead.length).split(/(?<! )(?= )/), { columns, lead, hang })
}

/**
 * Cells of one row of a table in as many lines as it takes: a line ends between two cells where it can.
 * @param cells - each but the last with the blanks that align the next
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

/** Half of a narrow terminal is left for words. */
const roomFor = (hang: number, columns: number): number => Math.min(hang, Math.floor(columns / 2))

interface Filling {
  readonly columns: number
  readonly lead: string
  readonly hang: number
}

/** Pieces one behind the other, a new line where the next does not fit. Blanks at the end of a line go. */
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
