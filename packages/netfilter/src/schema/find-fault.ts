import { safeParse } from 'valibot'
import type { JsonPath } from '../error/index.ts'
import { isNoJsonNumber } from '../error/no-json-number.ts'
import type { Schema } from './schema.ts'

/** A fault in a value, and its place. */
export interface Fault {
  /** `interfaces[1].name`; empty: the whole value. */
  readonly path: string
  /** The path as steps, to find the place in the text. For a misspelt key, the last step is that key. */
  readonly steps: JsonPath
  /** `key`: the last key itself is wrong, not its value. */
  readonly end: 'value' | 'key'
  /** `expected a string, found 7` */
  readonly message: string
  /** The part that is wrong, as JSON, cut to a line. */
  readonly found: string
}

/**
 * Finds the first fault of a value that must match a schema.
 *
 * @returns null when the value matches
 * @example
 * findFault(listOf(text()), ['a', 7])?.message // 'expected a string, found 7'
 */
export const findFault = <T>(schema: Schema<T>, value: unknown): Fault | null => {
  const { issues } = safeParse(schema, value, { abortEarly: true })
  if (issues === undefined) return null
  const [issue] = issues
  const steps = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)))
  const path = steps.reduce<string>(
    (before, key) =>
      typeof key === 'number' ? `${before}[${key}]` : before === '' ? key : `${before}.${key}`,
    '',
  )
  // The message about a misspelt key is complete.
  if (issue.type === 'raw_check')
    return {
      path,
      steps: [...steps, issue.received],
      end: 'key',
      message: issue.message,
      found: issue.received,
    }
  const found = lineOf(issue.input)
  return { path, steps, end: 'value', message: `expected ${issue.message}, found ${found}`, found }
}

/**
 * Tells whether a value matches a schema.
 * @example
 * matches(listOf(text()), ['a']) // true
 */
export const matches = <T>(schema: Schema<T>, value: unknown): value is T => findFault(schema, value) === null

/**
 * Returns a value, if it matches a schema.
 *
 * @param wrong - makes the error for the first fault
 * @example
 * checkedBy(listOf(text()), ['a'], (fault) => new Error(faultText(fault))) // ['a']
 */
export const checkedBy = <T>(schema: Schema<T>, value: unknown, wrong: (fault: Fault) => Error): T => {
  const fault = findFault(schema, value)
  if (fault !== null) throw wrong(fault)
  // A schema converts nothing, so a value without a fault has the type of the schema.
  return value as T
}

/**
 * A fault as one clause: `interfaces[1].name: expected a string, found 7`.
 *
 * @param whole - what to call the value itself
 */
export const faultText = ({ path, message }: Fault, whole = 'the whole file'): string => {
  if (whole === 'the whole file') return `${path === '' ? whole : path}: ${message}`
  return `${whole}${path === '' || path.startsWith('[') ? path : `.${path}`}: ${message}`
}

const lineOf = (value: unknown): string => {
  const json = jsonOf(value)
  return json.length > 60 ? `${json.slice(0, 60)}...` : json
}

/** A value as JSON. A value nested some thousands deep can be read from JSON, but not written. */
const jsonOf = (value: unknown): string => {
  if (isNoJsonNumber(value)) return String(value)
  try {
    return JSON.stringify(value) ?? 'nothing'
  } catch {
    return 'what is nested too deep'
  }
}
