import { InvalidRequestError, shownValue } from '../error/index.ts'
import { refuseUnknownOptions } from './unknown-options.ts'

/** What kind of value an argument or an option must have. Callers in JavaScript have no compiler that checks it. */
export interface ValueKind {
  /** Completes a message after the word "expected". */
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

/** One kind for each option. The compiler refuses a list without the kind of a new option. */
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

/** @param item - tests each value of the list */
export const listValue = (expected: string, item: ValueKind['holds'] = () => true): ValueKind => ({
  expected,
  holds: (value) => Array.isArray(value) && value.every(item),
})

/**
 * The kind of an object that is no list.
 * @param parts - the required keys with their types; keys of the prototype count
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

/** The kind of a `Wording`: some of its words stand for all of them. */
export const wordingValue: ValueKind = objectValue('words such as { pool, allow }', {
  pool: 'text',
  allow: 'text',
  bridge: 'text',
  removeNetwork: 'text',
  force: 'text',
})

export const wholeValue: ValueKind = {
  expected: 'a whole number',
  holds: (value) => Number.isInteger(value),
}

export const textsValue: ValueKind = listValue('a list of texts', (value) => typeof value === 'string')

/** The kind of an object with parts of these kinds. */
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

/** The same kinds, each made optional. */
export const mayLack = <Options>(kinds: OptionKinds<Options>): OptionKinds<Options> =>
  Object.fromEntries(
    Object.entries<ValueKind>(kinds).map(([key, kind]) => [key, orAbsent(kind)]),
  ) as OptionKinds<Options>

export const nullOr = ({ expected, holds }: ValueKind): ValueKind => ({
  expected: `${expected}, or null`,
  holds: (value) => value === null || holds(value),
})

/** Whether a value may be an address or a prefix, told without parsing: a text, or an object such as one of ip-num. */
export const isAddressLike = (value: unknown): boolean =>
  typeof value === 'string' || (typeof value === 'object' && value !== null)

/**
 * Refuses an argument of the wrong kind.
 *
 * @param name - `the text of a Compose file`
 * @throws InvalidRequestError naming the argument, the value and what is expected
 */
export const checkArgument = (value: unknown, kind: ValueKind, name: string): void => {
  if (!kind.holds(value))
    throw new InvalidRequestError(`${name} is ${shownValue(value)}: expected ${kind.expected}.`)
}

/**
 * Refuses a list with an object that has a part of the wrong kind. There may be a million objects.
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
  // One key after the other: the objects are alike, so the engine finds a key at the same place in each of them.
  for (const [key, { holds, expected }] of Object.entries<ValueKind>(kinds))
    for (let at = 0; at < items.length; at += 1) {
      const value = (items[at] as Readonly<Record<string, unknown>>)[key]
      if (!holds(value)) checkArgument(value, { holds, expected }, `${list}[${at}].${key} in ${what}`)
    }
}

/**
 * Refuses an unknown option of a public function, or one of the wrong kind. An undefined option counts as absent.
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
