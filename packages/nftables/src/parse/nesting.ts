/** nft's own nesting stays below thirty; readers and printers recurse, and a text of brackets alone must not end them. */
export const deepest = 200

const quote = 0x22
const backslash = 0x5c

/** The offset after the string that starts at `start`. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) return at + 1
    at += code === backslash ? 2 : 1
  }
  return text.length
}

/** Calls `visit` for brackets and commas outside of strings, with the depth they stand at, until it gives true. */
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
      at = endOfString(text, at)
      continue
    }
    // [ and {, ] and }: each differs from the other by one bit.
    const bracket = code | 0x20
    if (bracket === 0x7b) depth += 1
    if ((bracket === 0x7b || code === 0x2c) && visit(code, depth, at)) return at
    if (bracket === 0x7d) depth -= 1
    at += 1
  }
  return null
}

/**
 * The offset of the first bracket that opens too deep; null when none does. A loop of its own, not a `scan` with
 * something to visit: every text is looked through, and there are many megabytes of them.
 */
export const offsetTooDeep = (text: string): number | null => {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = text.indexOf('"', at + 1)
      // A quote after a backslash is mostly not the end.
      at = text.charCodeAt(end - 1) === backslash || end < 0 ? endOfString(text, at) - 1 : end
      continue
    }
    const bracket = code | 0x20
    if (bracket === 0x7d) depth -= 1
    if (bracket === 0x7b) {
      depth += 1
      if (depth > deepest) return at
    }
  }
  return null
}

/** The offset of an entry of the list `"nftables"`: near enough to show a person where to look. */
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
