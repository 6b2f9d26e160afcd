import type { AddressMap, MapCell, MapHolder, MapPassed, MapPick, MapRow } from '@portolan/core'
import {
  checkArgument,
  checkItems,
  flagValue,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  partsValue,
  textValue,
  type ValueKind,
  wholeValue,
  wordValue,
} from '@portolan/netfilter/schema'
import { holderKinds } from './svg-style.ts'

const what = 'the map of addresses'

const mapValue = objectValue('what mapAddresses() gives', {
  family: 'text',
  rows: 'objects',
  holders: 'objects',
  picks: 'objects',
})

const passed = partsValue<MapPassed>('{ holder, candidates }', { holder: wholeValue, candidates: wholeValue })

/** What a cell of each kind refers to by its index. */
const namedBy: Readonly<Record<MapCell['kind'], 'pick' | 'holder' | null>> = {
  picked: 'pick',
  held: 'holder',
  spoiled: 'holder',
  free: null,
}

const isCell = (value: unknown): boolean => {
  const cell = value as Partial<Record<'kind' | 'pick' | 'holder', unknown>> | null
  if (typeof cell !== 'object' || cell === null) return false
  const { kind } = cell
  if (typeof kind !== 'string' || !Object.hasOwn(namedBy, kind)) return false
  const named = namedBy[kind as MapCell['kind']]
  return named === null || wholeValue.holds(cell[named])
}

/** A row without cells would lead to a division by zero. */
const cellsValue: ValueKind = {
  expected: 'a list of cells, one at least',
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(isCell),
}

const rowParts: OptionKinds<MapRow> = {
  pool: textValue(),
  prefix: textValue(),
  enlarges: nullOr(textValue()),
  size: wholeValue,
  subnets: { expected: 'a number', holds: (value) => typeof value === 'number' },
  cells: cellsValue,
  picked: listValue('a list of whole numbers', wholeValue.holds),
  passedOver: listValue(`a list of ${passed.expected}`, passed.holds),
}

const holderParts: OptionKinds<MapHolder> = {
  kind: wordValue(holderKinds),
  prefix: textValue(),
  detail: textValue(),
  passedOver: nullOr(
    partsValue('{ candidate, candidates }', { candidate: textValue(), candidates: wholeValue }),
  ),
}

const pickParts: OptionKinds<MapPick> = {
  network: textValue(),
  subnet: textValue(),
  gateway: textValue(),
  pool: textValue(),
}

/**
 * Checks the form of an address map. Its texts come from the host, and are not checked here.
 * @throws InvalidRequestError for what is no map of addresses, naming the place
 */
export const checkAddressMap = (map: AddressMap): void => {
  checkArgument(map, mapValue, what)
  checkArgument(map.asked, wholeValue, `asked in ${what}`)
  checkArgument(map.isCut, flagValue, `isCut in ${what}`)
  checkItems(map.rows, rowParts, 'rows', what)
  checkItems(map.holders, holderParts, 'holders', what)
  checkItems(map.picks, pickParts, 'picks', what)
}
