import { writeFileSync } from 'node:fs'
import { type AddressMap, type MapInput, mapAddresses } from '@portolan/core'
import { type HostFacts, InvalidRequestError } from '@portolan/netfilter'
import { drawAddressMap, drawnCells } from '../../picture/draw-address-map.ts'
import { cellsFor, printAddressMap } from '../../picture/print-address-map.ts'
import type { CommandContext } from '../command.ts'
import { unwrittenFile } from '../unwritten-file.ts'
import { readShape } from './terminal-shape.ts'

/** The data from which a picture is drawn. */
export interface Picture {
  readonly facts: HostFacts
  readonly input: Omit<MapInput, 'cells'>
}

/** What has been shown of a picture, and the part that belongs into the JSON. */
export interface Shown {
  /** Standard output carries the picture, so nothing else may be printed there. */
  readonly printed: boolean
  readonly json: { readonly map?: AddressMap }
}

/**
 * Draws the picture that `--map` and `--svg` ask for. With `--json` the map is data, and no text is printed.
 * @throws InvalidRequestError when the SVG cannot be written
 */
export const showPicture = (
  { facts, input }: Picture,
  { options, terminal }: Pick<CommandContext, 'options' | 'terminal'>,
): Shown => {
  const { svg } = options
  if (svg === '-' && (options.json === true || options.map === true))
    throw new InvalidRequestError(
      `--svg - and ${options.json === true ? '--json' : '--map'} would both go to standard output: name a file.`,
    )
  if (svg !== undefined) {
    const drawing = drawAddressMap(mapAddresses(facts, { ...input, cells: drawnCells }))
    if (svg === '-') terminal.pass(drawing)
    else writeDrawing(svg, drawing)
  }
  if (options.map !== true) return { printed: svg === '-', json: {} }
  const shape = readShape()
  const map = mapAddresses(facts, { ...input, cells: cellsFor(shape.columns) })
  if (options.json === true) return { printed: true, json: { map } }
  terminal.print(printAddressMap(map, shape, terminal.style))
  return { printed: true, json: {} }
}

const writeDrawing = (file: string, drawing: string): void => {
  try {
    writeFileSync(file, `${drawing}\n`)
  } catch (cause) {
    throw unwrittenFile(file, cause)
  }
}
