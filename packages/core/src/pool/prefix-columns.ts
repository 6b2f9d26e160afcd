import type { Prefix } from '@portolan/netfilter'
import { readAddress4, readGroups6, readLength, scratch } from '@portolan/netfilter/analysis'

/**
 * Prefixes of one family in columns. A host may have a million routes. A million small objects would cost the garbage
 * collector more time than sorting them takes.
 */
export interface PrefixColumns {
  /** The address in unsigned 32 bit words, most significant first: one column for IPv4, four for IPv6. */
  readonly words: readonly Uint32Array[]
  readonly lengths: Uint8Array
  /** The number that the caller gave for each row. */
  readonly items: Uint32Array
  count: number
}

export const prefixColumns = (words: 1 | 4, capacity: number): PrefixColumns => ({
  words: Array.from({ length: words }, () => new Uint32Array(capacity)),
  lengths: new Uint8Array(capacity),
  items: new Uint32Array(capacity),
  count: 0,
})

/** The bits that a prefix of this length has in the 32 bit word number `word`. */
export const wordMask = (length: number, word: number): number => {
  const bits = length - word * 32
  if (bits <= 0) return 0
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0
}

const append = (columns: PrefixColumns, length: number, item: number): void => {
  for (const [word, column] of columns.words.entries()) {
    column[columns.count] = (scratch.getUint32(word * 4) & wordMask(length, word)) >>> 0
  }
  columns.lengths[columns.count] = length
  columns.items[columns.count] = item
  columns.count += 1
}

/** The columns of both families. */
export interface PrefixTable {
  readonly ip: PrefixColumns
  readonly ip6: PrefixColumns
}

export const prefixTable = (capacity: number): PrefixTable => ({
  ip: prefixColumns(1, capacity),
  ip6: prefixColumns(4, capacity),
})

export const addPrefix = (table: PrefixTable, prefix: Prefix, item: number): void => {
  if (prefix.family === 'ip') {
    scratch.setUint32(0, prefix.base)
    append(table.ip, prefix.length, item)
  } else {
    scratch.setBigUint64(0, prefix.base >> 64n)
    scratch.setBigUint64(8, prefix.base)
    append(table.ip6, prefix.length, item)
  }
}

/** Adds the prefix or single address in a text; false: the text is neither. */
export const addText = (table: PrefixTable, text: string, item: number): boolean => {
  const slash = text.indexOf('/')
  const end = slash < 0 ? text.length : slash
  if (text.indexOf(':') < 0) {
    const length = slash < 0 ? 32 : readLength(text, slash + 1, 32)
    const address = length < 0 ? null : readAddress4(text, 0, end)
    if (address === null) return false
    scratch.setUint32(0, address)
    append(table.ip, length, item)
    return true
  }
  const length = slash < 0 ? 128 : readLength(text, slash + 1, 128)
  if (length < 0 || !readGroups6(text, 0, end)) return false
  append(table.ip6, length, item)
  return true
}
