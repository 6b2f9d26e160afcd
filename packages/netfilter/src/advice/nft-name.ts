import { nftKeywords } from './nft-keywords.ts'

/**
 * Whether nft's text form has a way to write the name of a table or a chain. The kernel takes any bytes for one; nft
 * knows no quotes there, and reads the rest of a name as more of the command (src/parser_bison.y, `identifier`).
 */
export const isNftIdentifier = (name: string): boolean =>
  /^[A-Za-z][A-Za-z0-9/_.-]*$/.test(name) && !nftKeywords.has(name)

/** Whether nft's text form takes an interface name between quotes for itself: it knows no escape, and `*` is a wildcard. */
export const isNftQuotable = (name: string): boolean => /^[\x20-\x7e]+$/.test(name) && !/["\\*]/.test(name)

/**
 * Whether JSON can carry a name to nft as it is. U+FFFD stands for bytes that were not UTF-8, which no JSON holds;
 * libjansson refuses U+0000.
 */
export const isJsonName = (name: string): boolean => name !== '' && !/[\0\ufffd\p{Cs}]/u.test(name)

/**
 * An interface name as a value in JSON: a closing `*` is a wildcard unless a backslash stands before it.
 *
 * @returns null for a leading `@`, where nft reads a set, and for a closing `\*`, of which it keeps the `*`
 * @see src/parser_json.c `json_parse_immediate`, src/evaluate.c `expr_evaluate_string`
 */
export const jsonInterface = (name: string): string | null => {
  if (!isJsonName(name) || name.startsWith('@') || name.endsWith('\\*')) return null
  return name.endsWith('*') ? `${name.slice(0, -1)}\\*` : name
}
