import type { AddressMap, MapCell, MapRow } from '@portolan/core'
import {
  checkArgument,
  checkOptions,
  flagValue,
  type OptionKinds,
  type ValueKind,
} from '@portolan/netfilter/schema'
import { visibleData } from '@portolan/netfilter/text'
import { plainStyle, type Style } from '../text/style.ts'
import { checkAddressMap } from './check-address-map.ts'
import {
  consequenceOf,
  letterOf,
  mostListed,
  nothingWords,
  pickWords,
  scaleOf,
  verdictOf,
  wrapWords,
} from './map-words.ts'

/** @public @since 0.1.0 */
export interface PrintMapOptions {
  /**
   * The width of the text, in characters; 80 by default. A cell takes one character, or more in a row with fewer cells.
   */
  readonly columns?: number
  /** Draw blocks and dots of Unicode; true by default. False: ASCII. */
  readonly unicode?: boolean
}

interface Pen {
  readonly columns: number
  readonly glyphs: Record<'picked' | 'spoiled' | 'free' | 'part', string>
  readonly style: Style
}

const unicodeGlyphs = { picked: '█', spoiled: '░', free: '·', part: '└' }
const asciiGlyphs = { picked: '#', spoiled: '-', free: '.', part: '`' }

const widthValue: ValueKind = { expected: 'a number', holds: (value) => typeof value === 'number' }
const optionKinds: OptionKinds<PrintMapOptions> = { columns: widthValue, unicode: flagValue }

/**
 * The number of cells in a row for a terminal of this width; to be passed to `mapAddresses`. It is a power of two, so
 * that each cell is a prefix.
 * @example
 * printAddressMap(map, { columns: cellsFor(80), unicode: true })
 * @public @since 0.1.0
 */
export const cellsFor = (columns: number): number => {
  checkArgument(columns, widthValue, 'the number of columns')
  if (columns >= 120) return 64
  return columns >= 72 ? 32 : 16
}

/**
 * Prints the address space as text: a bar for each entry of the pools, in the order in which they are tried, and the
 * meaning of the letters.
 *
 * @param style - colours, or none
 * @example
 * printAddressMap(map, { columns: 80, unicode: true })
 * @public @since 0.1.0
 */
export const printAddressMap = (
  drawn: AddressMap,
  options: PrintMapOptions = {},
  style: Style = plainStyle,
): string => {
  checkAddressMap(drawn)
  checkOptions<PrintMapOptions>(options, optionKinds, 'the options of printAddressMap')
  const { columns = 80, unicode = true } = options
  const map = visibleData(drawn)
  const pen: Pen = {
    columns: Math.max(columns, 40),
    glyphs: unicode ? unicodeGlyphs : asciiGlyphs,
    style,
  }
  const label = Math.max(...map.rows.map((row) => labelOf(row, pen).length), 0)
  const bar = Math.max(...map.rows.map(({ cells }) => cells.length), 1)
  const sections = [
    ...new Map(map.rows.map(({ pool }) => [pool, map.rows.filter((row) => row.pool === pool)])),
  ].map(([pool, rows]) => [
    style.bold(
      `Pool ${pool}${rows.filter(({ enlarges }) => enlarges === null).length > 1 ? ', in the order it is tried' : ''}`,
    ),
    ...rows.flatMap((row) => printRow(row, map, pen, label, bar)),
  ])
  return [...sections, printLegend(map, pen), printPicks(map, pen), printHolders(map, pen)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

const labelOf = ({ prefix, enlarges }: MapRow, { glyphs }: Pen): string =>
  enlarges === null ? prefix : `${glyphs.part} ${prefix}`

const printRow = (row: MapRow, map: AddressMap, pen: Pen, label: number, bar: number): readonly string[] => {
  const each = Math.max(1, Math.floor(bar / row.cells.length))
  const cells = row.cells.map((cell) => paint(glyphOf(cell, pen).repeat(each), cell, map, pen)).join('')
  const start = `  ${labelOf(row, pen).padEnd(label)}  ${cells}  `
  const indent = 2 + label + 2 + bar + 2
  const words = [...verdictOf(row, map), scaleOf(row)].filter((text) => text !== '')
  const room = pen.columns - indent
  const lines = words.flatMap((text) => wrapWords(text, Math.max(room, 20)))
  if (room >= 20) {
    const [first = '', ...rest] = lines
    return [`${start}${verdictStyle(row, pen)(first)}`, ...rest.map((line) => ' '.repeat(indent) + line)]
  }
  // There is no room for a column of words, so the words go below the bar.
  const under = words.flatMap((text) => wrapWords(text, pen.columns - 4))
  return [start.trimEnd(), ...under.map((line) => `    ${line}`)]
}

const verdictStyle = (row: MapRow, { style }: Pen): ((text: string) => string) => {
  if (row.enlarges === null && row.picked.length > 0) return style.green
  return row.passedOver.length > 0 ? (text) => text : style.dim
}

const glyphOf = (cell: MapCell, { glyphs }: Pen): string =>
  cell.kind === 'held' ? letterOf(cell.holder) : glyphs[cell.kind]

const paint = (text: string, cell: MapCell, map: AddressMap, { style }: Pen): string => {
  if (cell.kind === 'picked') return style.green(text)
  if (cell.kind !== 'held') return style.dim(text)
  const blames = map.holders[cell.holder]?.passedOver ?? null
  return blames === null ? style.yellow(text) : style.red(text)
}

const printLegend = ({ rows, picks }: AddressMap, { glyphs, style, columns }: Pen): readonly string[] => {
  const kinds = new Set(rows.flatMap(({ cells }) => cells.map(({ kind }) => kind)))
  const parts = [
    ...(picks.length > 0 ? [`${glyphs.picked} picked`] : []),
    ...(kinds.has('held') ? ['a letter: held, see below'] : []),
    ...(kinds.has('spoiled') ? [`${glyphs.spoiled} free, but its subnet is held in part`] : []),
    ...(kinds.has('free') ? [`${glyphs.free} free`] : []),
  ]
  const line = `  ${parts.join('   ')}`
  return (line.length <= columns ? [line] : parts.map((part) => `  ${part}`)).map(style.dim)
}

const printPicks = (map: AddressMap, { style }: Pen): readonly string[] => {
  const { picks } = map
  if (picks.length === 0) return [style.bold(`${nothingWords(map)}: none was picked`)]
  const most = 20
  const width = Math.max(...picks.slice(0, most).map(({ network }) => network.length))
  return [
    style.bold('Picked'),
    ...picks.slice(0, most).map((pick) => `  ${style.green(pick.network.padEnd(width))}  ${pickWords(pick)}`),
    ...(picks.length > most ? [`  and ${picks.length - most} more`] : []),
  ]
}

const printHolders = ({ holders, isCut }: AddressMap, { style, columns }: Pen): readonly string[] => {
  if (holders.length === 0) return []
  const lines = holders.slice(0, mostListed).flatMap((holder, place) => {
    const letter = letterOf(place)
    const [first = '', ...rest] = wrapWords(holder.detail, columns - 5)
    const consequence = wrapWords(consequenceOf(holder), columns - 7)
    return [
      `  ${holder.passedOver === null ? style.yellow(letter) : style.red(letter)}  ${first}`,
      ...rest.map((line) => `     ${line}`),
      ...consequence.filter((line) => line !== '').map((line) => style.dim(`       ${line}`)),
    ]
  })
  const more = holders.length - mostListed
  return [
    style.bold('Holders'),
    ...lines,
    ...(more > 0 ? [`  and ${isCut ? 'more than ' : ''}${more} more`] : []),
  ]
}
