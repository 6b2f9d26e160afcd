import { isNoJsonNumber } from './no-json-number.ts'

const longest = 200

/**
 * A value that was not expected, for a message.
 * @example
 * shownValue(undefined) // 'missing'
 * @public @since 0.1.0
 */
export const shownValue = (value: unknown): string => {
  if (value === undefined) return 'missing'
  if (typeof value === 'function') return 'a function'
  const text = writtenValue(value)
  return text.length > longest ? `${text.slice(0, longest)}...` : text
}

const writtenValue = (value: unknown): string => {
  if (isNoJsonNumber(value)) return String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    // The value has a cycle or a bigint. Values of ip-num hold bigints.
    return typeof value === 'object' ? 'an object that is no JSON' : String(value)
  }
}
