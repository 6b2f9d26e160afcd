/**
 * Any JSON value, as libnftables prints it.
 * @public @since 0.1.0
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** @public @since 0.1.0 */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Is this a JSON object? Arrays, null and scalars are not. */
export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Is this a JSON array? `Array.isArray` alone does not narrow a readonly array. */
export const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value)
