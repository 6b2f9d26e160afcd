const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const text = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const space = /[ \t\r\n]*/y

/**
 * The offset of the first fault in a text that is not JSON (RFC 8259); the text's length when it ends too soon. The
 * messages of `JSON.parse` differ from one engine to the next, and most have no position.
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
  /** The closing bracket that each open bracket needs. */
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
