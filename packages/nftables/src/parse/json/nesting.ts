import { endOfJsonString } from '@portolan/netfilter/text'

const quote = 0x22

/**
 * Calls `visit` for each opening bracket and comma outside of strings, with its depth. The scan stops where `visit`
 * returns true. Null: the scan reached the end.
 */
const scan = (
  text: string,
  from: number,
  visit: (code: number, depth: number, at: number) => boolean,
): number | null => {
  let depth = 0
  let at = from
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = endOfJsonString(text, at)
      continue
    }
    // In ASCII `[` and `{` differ by one bit, and so do `]` and `}`.
    const bracket = code | 0x20
    if (bracket === 0x7b) depth += 1
    if ((bracket === 0x7b || code === 0x2c) && visit(code, depth, at)) return at
    if (bracket === 0x7d) depth -= 1
    at += 1
  }
  return null
}

/** The offset of an entry of the list `"nftables"`, precise enough to show a person where to look. */
export const offsetOfEntry = (text: string, index: number): number => {
  const list = /"nftables"\s*:\s*\[/.exec(text)
  if (list === null) return 0
  const first = list.index + list[0].length
  let before = index
  const comma =
    index === 0
      ? null
      : scan(text, first - 1, (code, depth) => code === 0x2c && depth === 1 && --before === 0)
  const start = comma === null ? first : comma + 1
  return start + (/^\s*/.exec(text.slice(start, start + 1000))?.[0].length ?? 0)
}
