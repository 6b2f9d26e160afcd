import { ParseError, parseJson } from '@portolan/netfilter'
import { withoutFile } from './engine-reading.ts'

/** A JSON object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The objects of a list; empty for anything that is not a list. */
export const objectsOf = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : []

/** A text, unless it is empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** The object that a file holds, or the reason why it holds none. */
export type JsonDocument =
  | { readonly kind: 'object'; readonly object: JsonObject }
  | { readonly kind: 'fault'; readonly why: string }

export const readJsonObject = (text: string, file: string): JsonDocument => {
  try {
    const value = parseJson(text, file, (found) => found)
    if (isJsonObject(value)) return { kind: 'object', object: value }
    return { kind: 'fault', why: 'expected a JSON object' }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return { kind: 'fault', why: `it is not JSON (${withoutFile(error)})` }
  }
}
