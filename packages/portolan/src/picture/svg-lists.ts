import type { AddressMap, MapHolder } from '@portolan/core'
import { consequenceOf, letterOf, mostListed, wrapWords } from './map-words.ts'
import { box, svgText } from './svg.ts'
import type { Drawn } from './svg-rows.ts'
import { type Swatch, swatchOf } from './svg-style.ts'

const left = 32
const right = 1010
const badge = 18
/** The characters of a line that spans the page. */
const lineWidth = 132
const mostPicks = 12

/** Draws the meaning of the colours that the picture has. */
export const drawLegend = ({ rows, holders, picks }: AddressMap, top: number): Drawn => {
  const cells = rows.flatMap((row) => row.cells)
  const held = new Set(cells.flatMap((cell) => (cell.kind === 'held' ? [cell.holder] : [])))
  const swatches = new Map<string, Swatch>()
  const show = (swatch: Swatch) => swatches.set(swatch.kind, swatch)
  if (picks.length > 0) show({ kind: 'picked', words: 'picked' })
  for (const place of held) show(swatchOf(holders[place]))
  if (cells.some(({ kind }) => kind === 'spoiled'))
    show({ kind: 'spoiled', words: 'free, but its subnet is held in part' })
  if (cells.some(({ kind }) => kind === 'free')) show({ kind: 'free', words: 'free' })
  const svg: string[] = []
  let x = left
  let y = top
  for (const { kind, words } of swatches.values()) {
    const width = 22 + words.length * 6.6 + 26
    if (x + width > right) {
      x = left
      y += 22
    }
    svg.push(box({ x, y: y - 12, width: 16, height: 14 }, kind, ''), svgText(x + 22, y, 'quiet', words))
    x += width
  }
  return { svg, y: y + 20 }
}

/** Draws the list of the picked subnets. */
export const drawPicks = (map: AddressMap, top: number): Drawn => {
  const { picks } = map
  if (picks.length === 0) return { svg: [], y: top }
  const svg: string[] = []
  let y = top + 12
  svg.push(svgText(left, y, 'head', 'Picked'))
  y += 26
  for (const { network, subnet, gateway, pool } of picks.slice(0, mostPicks)) {
    const width = Math.max(badge, network.length * 8 + 10)
    svg.push(
      box({ x: left, y: y - 14, width, height: badge }, 'picked', ''),
      svgText(left + width / 2, y - 1, 'letter', network),
      svgText(left + width + 12, y, 'mono', subnet),
      svgText(left + width + 12 + 210, y, '', `gateway ${gateway}, from pool ${pool}`),
    )
    y += 25
  }
  if (picks.length > mostPicks) {
    svg.push(svgText(left, y, 'quiet', `and ${picks.length - mostPicks} more`))
    y += 25
  }
  return { svg, y }
}

/** Draws the list of the holders, each with what it was in the way of. */
export const drawHolders = ({ holders, isCut }: AddressMap, top: number): Drawn => {
  if (holders.length === 0) return { svg: [], y: top }
  const svg: string[] = []
  let y = top + 12
  svg.push(svgText(left, y, 'head', 'Holders'))
  y += 26
  for (const [place, holder] of holders.slice(0, mostListed).entries()) {
    svg.push(
      box({ x: left, y: y - 14, width: badge, height: badge }, swatchOf(holder).kind, ''),
      svgText(left + badge / 2, y - 1, 'letter', letterOf(place)),
    )
    for (const { text, kind } of linesOf(holder)) {
      svg.push(svgText(left + badge + 12, y, kind, text))
      y += 18
    }
    y += 7
  }
  const more = holders.length - mostListed
  if (more > 0) {
    svg.push(svgText(left, y, 'quiet', `and ${isCut ? 'more than ' : ''}${more} more`))
    y += 25
  }
  return { svg, y }
}

const linesOf = (holder: MapHolder): readonly { readonly text: string; readonly kind: string }[] => [
  ...wrapWords(holder.detail, lineWidth).map((text) => ({ text, kind: '' })),
  ...(holder.passedOver === null ? [] : [{ text: consequenceOf(holder), kind: 'quiet' }]),
]
