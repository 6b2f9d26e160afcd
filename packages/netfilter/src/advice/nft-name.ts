import { nftKeywords } from './nft-keywords.ts'

/**
 * Whether nft's text syntax can write this name of a table or a chain. The kernel accepts any bytes. nft has no quotes
 * for these names, and reads the rest of the name as more of the command (src/parser_bison.y, `identifier`).
 */
export const isNftIdentifier = (name: string): boolean =>
  /^[A-Za-z][A-Za-z0-9/_.-]*$/.test(name) && !nftKeywords.has(name)

/** Whether nft reads this interface name literally between quotes: there is no escape, and `*` is a wildcard. */
export const isNftQuotable = (name: string): boolean => /^[\x20-\x7e]+$/.test(name) && !/["\\*]/.test(name)

/**
 * Whether JSON can pass a name to nft unchanged. U+FFFD stands for bytes that were not UTF-8, which JSON cannot hold.
 * libjansson refuses U+0000.
 */
export const isJsonName = (name: string): boolean => name !== '' && !/[\0\ufffd\p{Cs}]/u.test(name)

/**
 * An interface name as a value in JSON. A trailing `*` gets a backslash in front: without it, it is a wildcard.
 *
 * @returns null for a leading `@`, which nft reads as a set; for a trailing `\*`, of which nft keeps the `*` only; and
 * for a name that JSON cannot hold
 * @see src/parser_json.c `json_parse_immediate`, src/evaluate.c `expr_evaluate_string`
 */
export const jsonInterface = (name: string): string | null => {
  if (!isJsonName(name) || name.startsWith('@') || name.endsWith('\\*')) return null
  return name.endsWith('*') ? `${name.slice(0, -1)}\\*` : name
}
