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

/** The size in bytes of a type whose values are words; null for the types of sets. */
export const symbolSize = (type: string): 1 | 4 | null => (bytes.has(type) ? 1 : longs.has(type) ? 4 : null)

export const symbolNumber = (type: string, value: Expression): number =>
  symbolOf(bytes.get(type) ?? longs.get(type), value)

/** The bits that a word, or a list of words, names. */
export const bitsNumber = (type: string, value: Expression): number =>
  (value.kind === 'list' ? value.items : [value]).reduce(
    (sum, item) => sum | symbolOf(bits.get(type), item),
    0,
  )
