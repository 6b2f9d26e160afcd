import type { AddressMap } from '@portolan/core'
import { visibleData } from '@portolan/netfilter/text'
import { checkAddressMap } from './check-address-map.ts'
import { nothingWords, subnetCount } from './map-words.ts'
import { element, svgText, tooltip } from './svg.ts'
import { drawHolders, drawLegend, drawPicks } from './svg-lists.ts'
import { drawRows } from './svg-rows.ts'
import { styleSheet } from './svg-style.ts'

/** The number of cells in a row for `drawAddressMap`; to be passed to `mapAddresses`. */
export const drawnCells = 256

const pageWidth = 1024

/**
 * Draws the address space as SVG: one file without anything outside it, readable on light and on dark pages, with the
 * reasons as text.
 *
 * @example
 * writeFileSync('pools.svg', drawAddressMap(mapAddresses(facts, { ...input, cells: 256 })))
 * @public @since 0.1.0
 */
export const drawAddressMap = (drawn: AddressMap): string =>
  drawWith(drawn, [element('style', {}, styleSheet()), element('defs', {}, hatch)])

/**
 * Draws the same picture as a part of a page, which has the style sheet itself.
 * @param hasHatch - the page has another such picture, and so it has the hatch pattern already
 * @internal
 */
export const drawAddressMapInPage = (drawn: AddressMap, hasHatch: boolean): string =>
  drawWith(drawn, hasHatch ? [] : [element('defs', {}, hatch)])

const drawWith = (drawn: AddressMap, head: readonly string[]): string => {
  checkAddressMap(drawn)
  const map = visibleData(drawn)
  const title = titleOf(map)
  const titles = [svgText(32, 46, 'title', title), svgText(32, 72, 'quiet', subtitleOf(map))]
  const legend = drawLegend(map, 102)
  const rows = drawRows(map, legend.y)
  const picks = drawPicks(map, rows.y)
  const holders = drawHolders(map, picks.y)
  const height = Math.ceil(holders.y + 16)
  const body = [
    tooltip(`${title}. ${subtitleOf(map)}`),
    ...head,
    element('rect', { width: pageWidth, height, class: 'page' }),
    ...titles,
    ...legend.svg,
    ...rows.svg,
    ...picks.svg,
    ...holders.svg,
  ]
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${pageWidth} ${height}`,
      width: pageWidth,
      height,
      role: 'img',
    },
    `\n${body.join('\n')}\n`,
  )
}

const hatch = element(
  'pattern',
  { id: 'spoiled', width: 8, height: 8, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
  element('rect', { width: 8, height: 8, class: 'hatch' }) +
    element('line', { x1: 0, y1: 0, x2: 0, y2: 8, class: 'stripe' }),
)

const titleOf = (map: AddressMap): string => {
  const { picks } = map
  const [first, second] = picks
  if (first === undefined) return `${nothingWords(map)}: none was picked`
  return second === undefined ? `Picked ${first.subnet}` : `Picked ${subnetCount(picks.length)}`
}

const subtitleOf = ({ picks, holders, rows }: AddressMap): string => {
  const passed = holders.reduce((sum, { passedOver }) => sum + (passedOver?.candidates ?? 0), 0)
  const pools = [...new Set(rows.map(({ pool }) => pool))].join(', ')
  const came = `${subnetCount(passed)} of pool ${pools} ${passed === 1 ? 'was' : 'were'} passed over, because something is there already.`
  if (picks.length === 0) return came
  return passed === 0
    ? `Nothing stands in the way of the first of pool ${pools}.`
    : `${came} The first that ${picks.length === 1 ? 'collides' : 'collide'} with nothing ${picks.length === 1 ? 'was' : 'were'} picked.`
}
