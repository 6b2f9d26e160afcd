import { InvalidRequestError } from '../error/index.ts'
import { refuseUnknownOptions, shownValue } from './unknown-options.ts'

/** What the value of an argument or an option has to be. Callers in JavaScript have no compiler that tells them. */
export interface ValueKind {
  /** Goes on after "expected". */
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

/** A kind for each option that there is. The compiler asks for one more where an option is added. */
export type OptionKinds<Options> = { readonly [Name in keyof Required<Options>]: ValueKind }

export const textValue = (expected = 'a text'): ValueKind => ({
  expected,
  holds: (value) => typeof value === 'string',
})

export const flagValue: ValueKind = {
  expected: 'true or false',
  holds: (value) => typeof value === 'boolean',
}

export const functionValue: ValueKind = {
  expected: 'a function',
  holds: (value) => typeof value === 'function',
}

export const wordValue = (words: readonly string[]): ValueKind => ({
  expected: `one of ${words.join(', ')}`,
  holds: (value) => words.includes(value as string),
})

/** @param item - what each of its values has to be */
export const listValue = (expected: string, item: ValueKind['holds'] = () => true): ValueKind => ({
  expected,
  holds: (value) => Array.isArray(value) && value.every(item),
})

/**
 * An object that is no list.
 * @param parts - keys that it has to have, each of this type; those of its prototype count
 */
export const objectValue = (
  expected: string,
  parts: Readonly<Record<string, 'function' | 'list' | 'object' | 'objects' | 'text'>> = {},
): ValueKind => {
  const required = Object.entries(parts)
  return {
    expected,
    holds: (value) => isObject(value) && required.every(([key, type]) => isOfType[type](value[key])),
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isOfType = {
  function: (value: unknown) => typeof value === 'function',
  list: (value: unknown) => Array.isArray(value),
  object: isObject,
  objects: (value: unknown) => Array.isArray(value) && value.every(isObject),
  text: (value: unknown) => typeof value === 'string',
}

export const wholeValue: ValueKind = {
  expected: 'a whole number',
  holds: (value) => Number.isInteger(value),
}

export const textsValue: ValueKind = listValue('a list of texts', (value) => typeof value === 'string')

/** An object whose parts are of these kinds. */
export const partsValue = <Item>(expected: string, kinds: OptionKinds<Item>): ValueKind => {
  const parts = Object.entries<ValueKind>(kinds)
  return {
    expected,
    holds: (value) => isObject(value) && parts.every(([key, kind]) => kind.holds(value[key])),
  }
}

export const orAbsent = ({ expected, holds }: ValueKind): ValueKind => ({
  expected,
  holds: (value) => value === undefined || holds(value),
})

/** The same kinds, each of which may be absent. */
export const mayLack = <Options>(kinds: OptionKinds<Options>): OptionKinds<Options> =>
  Object.fromEntries(
    Object.entries<ValueKind>(kinds).map(([key, kind]) => [key, orAbsent(kind)]),
  ) as OptionKinds<Options>

export const nullOr = ({ expected, holds }: ValueKind): ValueKind => ({
  expected: `${expected}, or null`,
  holds: (value) => value === null || holds(value),
})

/** An address or a prefix, as far as one can tell without reading it: a text, or a value of ip-num. */
export const isAddressLike = (value: unknown): boolean =>
  typeof value === 'string' || (typeof value === 'object' && value !== null)

/**
 * Holds an argument to what it has to be.
 *
 * @param name - `the text of a Compose file`
 * @throws InvalidRequestError naming the argument, the value and what is expected
 */
export const checkArgument = (value: unknown, kind: ValueKind, name: string): void => {
  if (!kind.holds(value))
    throw new InvalidRequestError(`${name} is ${shownValue(value)}: expected ${kind.expected}.`)
}

/**
 * Holds the parts of each object of a list to their kinds. There may be a million objects.
 *
 * @param list - `routes`
 * @param what - `the facts`
 * @throws InvalidRequestError naming the place: `routes[3].gateway in the facts is 7`
 */
export const checkItems = <Item>(
  items: readonly unknown[],
  kinds: OptionKinds<Item>,
  list: string,
  what: string,
): void => {
  // Part by part: the objects are alike, and so a key is found in each of them at the same place.
  for (const [key, { holds, expected }] of Object.entries<ValueKind>(kinds))
    for (let at = 0; at < items.length; at += 1) {
      const value = (items[at] as Readonly<Record<string, unknown>>)[key]
      if (!holds(value)) checkArgument(value, { holds, expected }, `${list}[${at}].${key} in ${what}`)
    }
}

/**
 * Holds the options of a public function to their kinds. An option that is undefined is absent.
 *
 * @param what - `the options of plan`
 * @throws InvalidRequestError naming the option, the value and what is expected
 */
export const checkOptions = <Options>(options: unknown, kinds: OptionKinds<Options>, what: string): void => {
  refuseUnknownOptions(options, Object.keys(kinds), what)
  const given = options as Readonly<Record<string, unknown>>
  for (const [name, kind] of Object.entries<ValueKind>(kinds))
    if (given[name] !== undefined) checkArgument(given[name], kind, `${name} in ${what}`)
}
