import type { Expression } from '../../model/index.ts'
import { bitSymbols, byteSymbols, longSymbols, type Symbols } from '../symbols.ts'
import { unwritable } from './unwritable.ts'

type Numbers = ReadonlyMap<string, number>

const numbersOf = (types: Readonly<Record<string, Symbols>>): ReadonlyMap<string, Numbers> =>
  new Map(Object.entries(types).map(([type, symbols]) => [type, new Map(symbols)]))

const bytes = numbersOf(byteSymbols)
const longs = numbersOf(longSymbols)
const bits = numbersOf(bitSymbols)

const symbolOf = (symbols: Numbers | undefined, value: Expression): number => {
  const found = value.kind === 'text' ? symbols?.get(value.text) : undefined
  if (found === undefined) throw unwritable(value)
  return found
}

/** The number of a word that is not a value of a set's type; null: its type is one of those. */
export const symbolSize = (type: string): 1 | 4 | null => (bytes.has(type) ? 1 : longs.has(type) ? 4 : null)

export const symbolNumber = (type: string, value: Expression): number =>
  symbolOf(bytes.get(type) ?? longs.get(type), value)

/** All bits that a list, or a single word, names. */
export const bitsNumber = (type: string, value: Expression): number =>
  (value.kind === 'list' ? value.items : [value]).reduce(
    (sum, item) => sum | symbolOf(bits.get(type), item),
    0,
  )
