const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const text = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const space = /[ \t\r\n]*/y

/**
 * The offset of what is wrong with a text that is known not to be JSON (RFC 8259); its length when it ends too
 * soon. `JSON.parse` says it in words that differ from one engine to the next, and in most of them without a
 * position.
 * @internal
 */
export const offsetOfFault = (json: string): number => {
  let at = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(json)
    if (found) at = pattern.lastIndex
    return found
  }
  const next = (character: string): boolean => {
    skip(space)
    if (json[at] !== character) return false
    at += 1
    return true
  }
  /** What each bracket that is open waits for. */
  const open: (']' | '}')[] = []
  const opens = (character: '[' | '{', closing: ']' | '}'): boolean => {
    if (!next(character)) return false
    open.push(closing)
    skip(space)
    return true
  }
  for (;;) {
    // Before a value.
    if (opens('[', ']')) {
      if (json[at] !== ']') continue
    } else if (opens('{', '}')) {
      if (json[at] !== '}') {
        if (!skip(text) || !next(':')) return at
        continue
      }
    } else if (!skip(text) && !skip(scalar)) return at
    // After a value.
    for (;;) {
      skip(space)
      const closing = open.at(-1)
      if (closing === undefined) return at
      if (next(closing)) open.pop()
      else if (!next(',')) return at
      else {
        skip(space)
        if (closing === '}' && !(skip(text) && next(':'))) return at
        break
      }
    }
  }
}
