import * as v from 'valibot'
import { type Family, tryParseAddress, tryParsePrefix } from '../address/index.ts'
import { didYouMean } from '../error/index.ts'
import type { Protocol } from '../model/index.ts'

/**
 * The form that a value from outside must have: a schema of valibot (https://valibot.dev) with messages that describe
 * this form. A schema only checks. It converts nothing, and callers use the value itself.
 */
export type Schema<T> = v.GenericSchema<unknown, T>

export const text = (expected = 'a string'): v.StringSchema<string> => v.string(expected)

/** A value that other code checks. */
export const anything: Schema<unknown> = v.unknown()

export const flag: v.BooleanSchema<string> = v.boolean('true or false')

export const wholeNumber: Schema<number> = v.pipe(v.number('a whole number'), v.integer('a whole number'))

export const wholeNumberOrNull: Schema<number | null> = v.nullable(
  v.pipe(v.number('a whole number or null'), v.integer('a whole number or null')),
)

/** A whole number of a range, both ends included. */
export const between = (first: number, last: number, expected: string): Schema<number> =>
  v.pipe(v.number(expected), v.integer(expected), v.minValue(first, expected), v.maxValue(last, expected))

export const exactly = <const T extends string | number | boolean>(value: T): v.LiteralSchema<T, string> =>
  v.literal(value, JSON.stringify(value))

export const oneOf = <const T extends string>(
  ...words: readonly T[]
): v.PicklistSchema<readonly T[], string> => v.picklist(words, `one of ${words.join(', ')}`)

export const oneOfOrNull = <const T extends string>(...words: readonly T[]): Schema<T | null> =>
  v.nullable(v.picklist(words, `one of ${words.join(', ')} or null`))

export const family: Schema<Family> = oneOf('ip', 'ip6')

/** A protocol with ports. */
export const protocol: Schema<Protocol> = oneOf('tcp', 'udp', 'sctp')

/** A text of a form that JSON Schema cannot express: its description says the form in words. */
export const textThat = (expected: string, holds: (value: string) => boolean): Schema<string> =>
  v.pipe(v.string(expected), v.check(holds, expected), v.description(expected))

const isAddress = (value: string): boolean => tryParseAddress(value) !== null

/** A single address counts as the prefix of that one address. */
const isPrefix = (value: string): boolean => tryParsePrefix(value) !== null || isAddress(value)

export const address: Schema<string> = textThat('an IP address', isAddress)

export const prefix: Schema<string> = textThat('a prefix such as 10.0.0.0/8', isPrefix)

export const textOrNull: Schema<string | null> = v.nullable(text('a string or null'))

export const addressOrNull: Schema<string | null> = v.nullable(textThat('an IP address or null', isAddress))

export const prefixOrNull: Schema<string | null> = v.nullable(
  textThat('a prefix such as 10.0.0.0/8 or null', isPrefix),
)

/** A value, or null. */
export const orNull = <T>(schema: Schema<T>): Schema<T | null> => v.nullable(schema)

/** A value of one of two forms. */
export const either = <One, Other>(
  one: Schema<One>,
  other: Schema<Other>,
  expected: string,
): Schema<One | Other> => v.union([one, other], expected)

export const listOf = <T>(item: Schema<T>): Schema<T[]> => v.array(item, 'a list')

export const texts: Schema<string[]> = listOf(text())

/** An object that is no list. For valibot a list is an object too. */
const anObject: v.CustomSchema<Record<string, unknown>, string> = v.custom(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object',
)

/** An object with any keys, each with a value of one kind. */
export const namesTo = <T>(value: Schema<T>): Schema<Record<string, T>> =>
  v.pipe(anObject, v.record(v.string(), value))

type Entries = Readonly<Record<string, Schema<unknown>>>

type MixedEntries = Readonly<
  Record<string, Schema<unknown> | v.ExactOptionalSchema<Schema<unknown>, undefined>>
>

type Optional<E extends Entries> = { -readonly [K in keyof E]?: v.InferOutput<E[K]> }

/**
 * An object with all of these keys, except those that `absentOr` makes optional. Other keys are kept and ignored: a
 * later version may have written them.
 */
export const allOf = <const E extends MixedEntries>(
  entries: E,
): Schema<v.InferOutput<v.LooseObjectSchema<E, undefined>>> =>
  v.pipe(anObject, v.looseObject(entries, lackedWords(entries)))

/** The message for a missing key, which is the last of the path. The object can have no other fault here. */
const lackedWords =
  (entries: MixedEntries) =>
  ({ path }: { readonly path?: readonly { readonly key: unknown }[] | undefined }): string =>
    wordsOf(entries[String(path?.at(-1)?.key)])

/** What a schema expects, in the words of its messages. */
const wordsOf = (schema: unknown): string => {
  const { message, pipe, wrapped } = (schema ?? {}) as {
    readonly message?: unknown
    readonly pipe?: readonly unknown[]
    readonly wrapped?: unknown
  }
  if (typeof message === 'string') return message
  const inner = pipe?.[0] ?? wrapped
  return inner === undefined ? 'a value' : wordsOf(inner)
}

/**
 * An object with some of these keys. Other keys are kept and ignored, unless one looks like a misspelt key of these.
 */
export const someOf = <const E extends Entries>(entries: E): Schema<Optional<E>> => {
  const known = Object.keys(entries)
  const optional = Object.fromEntries(
    Object.entries(entries).map(([key, schema]) => [key, v.exactOptional(schema)]),
  )
  const misspelt = v.rawCheck<Record<string, unknown>>(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const key of Object.keys(dataset.value)) {
      const hint = known.includes(key) ? '' : didYouMean(key, known)
      if (hint !== '') addIssue({ message: `the key "${key}" is unknown${hint}`, received: key })
    }
  })
  // `Object.fromEntries` loses which key has which schema, so the type is said here.
  const checked: Schema<unknown> = v.pipe(anObject, misspelt, v.looseObject(optional))
  return checked as Schema<Optional<E>>
}

/**
 * An object like that of `allOf`, but any other key is refused: it would have no effect.
 * @param meant - the right key for each word that other programs use
 */
export const onlyOf = <const E extends MixedEntries>(
  entries: E,
  meant: Readonly<Record<string, string>> = {},
): Schema<v.InferOutput<v.StrictObjectSchema<E, undefined>>> => {
  const known = Object.keys(entries)
  const unknown = v.rawCheck<Record<string, unknown>>(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const key = Object.keys(dataset.value).find((one) => !known.includes(one))
    if (key !== undefined)
      addIssue({
        message: `the key "${key}" is unknown, expected some of ${known.join(', ')}${didYouMean(meant[key] ?? key, known)}`,
        received: key,
      })
  })
  // The check above has refused other keys. A JSON Schema needs the strict kind of object to say so.
  return v.pipe(anObject, unknown, v.strictObject(entries, lackedWords(entries)))
}

/** An object of one of several kinds. Its key `kind` names the kind. */
export const ofKind = <const K extends string, T>(kinds: Readonly<Record<K, Schema<T>>>): Schema<T> => {
  const names = Object.keys(kinds) as K[]
  // Only a value of an unknown kind comes to this schema, and it refuses the value.
  const unknown: Schema<unknown> = allOf({ kind: oneOf(...names) })
  return v.lazy((value) => {
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
    const name = names.find((one) => one === kind)
    // No value matches `unknown` here, so it may stand for a schema of any type.
    return name === undefined ? (unknown as Schema<never>) : kinds[name]
  })
}

/** A key that may be left out. */
export const absentOr = <T>(schema: Schema<T>): v.ExactOptionalSchema<Schema<T>, undefined> =>
  v.exactOptional(schema)
