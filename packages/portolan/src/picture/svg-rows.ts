import type { AddressMap, MapCell, MapRow } from '@portolan/core'
import { bitsOf, parsePrefix } from '@portolan/netfilter'
import { letterOf, scaleOf, verdictOf, wrapWords } from './map-words.ts'
import { box, element, svgText } from './svg.ts'
import { swatchOf } from './svg-style.ts'

const left = 32
const barX = 232
const barWidth = 512
const barHeight = 24
const wordsX = barX + barWidth + 18
/** The characters of a line beside a bar; a character is some 6.6 pixels wide. */
const wordsWidth = 36

/** A part of a picture, and the position where the next part may begin. */
export interface Drawn {
  readonly svg: readonly string[]
  readonly y: number
}

/** The characters of a label in front of a bar; a character is some 7.8 pixels wide. */
const labelWidth = 25

const drawLabel = ({ prefix, enlarges }: MapRow, y: number): readonly string[] => {
  if (enlarges === null) return [svgText(left, y + 16.5, 'mono', prefix)]
  const label = `${prefix}, enlarged`
  return label.length <= labelWidth
    ? [svgText(left, y + 16.5, 'mono', label)]
    : [svgText(left, y + 9, 'mono', prefix), svgText(left, y + 25, 'mono', 'enlarged')]
}

interface Segment {
  readonly cell: MapCell
  readonly from: number
  readonly to: number
}

const isSame = (a: MapCell, b: MapCell): boolean =>
  a.kind === b.kind &&
  (a.kind === 'free' ||
    (a.kind === 'picked' && b.kind === 'picked' && a.pick === b.pick) ||
    ('holder' in a && 'holder' in b && a.holder === b.holder))

/** Joins neighbouring cells that show the same. */
const segmentsOf = (cells: readonly MapCell[]): readonly Segment[] => {
  const segments: Segment[] = []
  for (const [at, cell] of cells.entries()) {
    const last = segments.at(-1)
    if (last !== undefined && isSame(last.cell, cell)) segments[segments.length - 1] = { ...last, to: at + 1 }
    else segments.push({ cell, from: at, to: at + 1 })
  }
  return segments
}

const tooltipOf = (cell: MapCell, { holders, picks }: AddressMap): string => {
  if (cell.kind === 'free') return 'free'
  if (cell.kind === 'picked') {
    const pick = picks[cell.pick]
    return pick === undefined ? 'picked' : `picked: ${pick.subnet}, gateway ${pick.gateway}`
  }
  const detail = holders[cell.holder]?.detail ?? 'held'
  return cell.kind === 'held' ? detail : `free, but its subnet is held in part: ${detail}`
}

const kindOf = (cell: MapCell, { holders }: AddressMap): string => {
  if (cell.kind === 'held') return swatchOf(holders[cell.holder]).kind
  return cell.kind === 'spoiled' ? 'spoiled' : cell.kind
}

const drawBar = (row: MapRow, map: AddressMap, y: number): readonly string[] => {
  const svg: string[] = []
  const marks: string[] = []
  const each = barWidth / row.cells.length
  // A letter stands above a cell that is too narrow for it, if there is room beside the letter before.
  let above = 0
  for (const { cell, from, to } of segmentsOf(row.cells)) {
    const x = barX + from * each
    // A gap tells two holders of one colour apart.
    const width = Math.max((to - from) * each - 1, 3)
    const middle = x + width / 2
    svg.push(box({ x, y, width, height: barHeight }, kindOf(cell, map), tooltipOf(cell, map)))
    const mark = markOf(cell, map)
    if (mark === '') continue
    if (width >= 9 * mark.length + 6) marks.push(svgText(middle, y + 16.5, 'letter', mark))
    else if (middle - above > 9) {
      marks.push(svgText(middle, y - 3, 'speck', mark))
      above = middle
    }
  }
  return [...svg, ...drawCuts(row, y), ...marks]
}

const markOf = (cell: MapCell, { picks }: AddressMap): string => {
  if (cell.kind === 'held') return letterOf(cell.holder)
  if (cell.kind !== 'picked') return ''
  return picks.length === 1 ? 'picked' : (picks[cell.pick]?.network ?? '')
}

/** Draws the borders between subnets, where the subnets are few enough to be told apart. */
const drawCuts = ({ subnets }: MapRow, y: number): readonly string[] =>
  subnets > 64
    ? []
    : Array.from({ length: subnets - 1 }, (_, at) => {
        const x = barX + ((at + 1) * barWidth) / subnets
        return element('line', { x1: x, x2: x, y1: y + barHeight - 6, y2: y + barHeight, class: 'cut' })
      })

/** Draws a lens from the part of the bar above to both ends of the bar that enlarges it. */
const drawLens = (whole: MapRow, row: MapRow, top: number, y: number): string => {
  const [start, end] = partOf(whole.prefix, row.prefix)
  const x1 = barX + start * barWidth
  const x2 = barX + Math.max(end * barWidth, start * barWidth + 2)
  return element('path', {
    d: `M${x1.toFixed(1)} ${top} L${x2.toFixed(1)} ${top} L${barX + barWidth} ${y} L${barX} ${y} Z`,
    class: 'lens',
  })
}

/** Where a part of a prefix begins and ends, from 0 to 1. */
const partOf = (whole: string, part: string): readonly [number, number] => {
  const outer = parsePrefix(whole)
  const inner = parsePrefix(part)
  const size = 2 ** (outer.length - inner.length)
  const bits = BigInt(bitsOf(outer) - inner.length)
  const at = Number((BigInt(inner.base) - BigInt(outer.base)) >> bits)
  return [at * size, (at + 1) * size]
}

/** Draws the bars of a picture, pool by pool. */
export const drawRows = (map: AddressMap, top: number): Drawn => {
  const svg: string[] = []
  let y = top
  let pool: string | null = null
  let whole: { readonly row: MapRow; readonly bottom: number } | null = null
  for (const row of map.rows) {
    if (row.pool !== pool) {
      pool = row.pool
      const isOne = map.rows.filter((other) => other.pool === pool && other.enlarges === null).length === 1
      y += 14
      svg.push(
        svgText(left, y, 'head', `Pool ${pool}, tried from ${isOne ? 'left to right' : 'top to bottom'}`),
      )
      y += 26
    }
    const enlarged: typeof whole = row.enlarges === null ? null : whole
    if (enlarged !== null) {
      y += 12
      svg.push(drawLens(enlarged.row, row, enlarged.bottom, y))
    }
    svg.push(...drawLabel(row, y), ...drawBar(row, map, y))
    const lines = [...(row.enlarges === null ? verdictOf(row, map) : []), scaleOf(row)]
      .filter((text) => text !== '')
      .flatMap((text) => wrapWords(text, wordsWidth))
    const kind =
      row.enlarges === null && row.picked.length > 0 ? 'good' : row.passedOver.length > 0 ? '' : 'quiet'
    const start = y + 16.5 - Math.min(lines.length - 1, 1) * 8
    for (const [at, line] of lines.entries())
      svg.push(svgText(wordsX, start + at * 16, at === 0 ? kind : 'quiet', line))
    if (row.enlarges === null) whole = { row, bottom: y + barHeight }
    y += Math.max(barHeight + 16, lines.length * 16 + 14)
  }
  return { svg, y }
}
