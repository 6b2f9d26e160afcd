import type { JsonObject, JsonValue } from '../../model/index.ts'

/** An object without its null entries. */
export const present = (entries: Readonly<Record<string, JsonValue>>): JsonObject => {
  const object: Record<string, JsonValue> = {}
  for (const [key, value] of Object.entries(entries)) if (value !== null) object[key] = value
  return object
}

/** A list of flags. A single flag is a text, as nft prints it since 1.1.2. */
export const flagsOrAbsent = (flags: readonly string[]): JsonValue =>
  flags.length === 0 ? null : flags.length === 1 ? (flags[0] ?? null) : flags
