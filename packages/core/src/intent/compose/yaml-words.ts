/**
 * A mistake in YAML, in words that say how to fix it, with its place, which may differ from where the parser stopped.
 */
export interface YamlMistake {
  readonly message: string
  readonly offset: number
}

/** The meaning of each parser message for the author of a Compose file. The first match counts. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /^Implicit keys need to be on a single line|^Implicit map keys need to be followed by map values/,
    'expected `key: value`: a key is missing its `:`, or the `:` its space. Write for example `image: nginx`',
  ],
  [
    /^Nested mappings are not allowed in compact mappings/,
    'a second `: ` in one line: put a value that holds `: ` in quotes, or put the inner key on a line of its own',
  ],
  [
    /^All mapping items must start at the same column|^All sequence items must start at the same column/,
    'the line is indented otherwise than the lines it belongs to: indent it by as many spaces',
  ],
  [
    /^A block sequence may not be used as an implicit map key|^Sequence item without - indicator/,
    'a key and an item of a list (`- `) stand at one level: indent one of them, so that it belongs to the other',
  ],
  [/^Tabs are not allowed as indentation/, 'the line is indented with a tab: indent it with spaces'],
  [/^Missing closing/, 'a quote is never closed: expected a second one at the end of the value'],
  [
    /must be sufficiently indented and end with a ([\]}])|^Expected flow (map|sequence) to end with/,
    'a bracket is never closed: expected `]` or `}` before this',
  ],
  [
    /^Missing , (between|or : between) flow/,
    'two values stand side by side between brackets: expected a `,` between them',
  ],
  [
    /^Plain value cannot start with (?:reserved character|a tab character|block scalar indicator)/,
    'a value cannot begin with this character: put the value in quotes',
  ],
]

/** Characters that look like a space, but are no space in YAML. */
const oddSpace = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/

/** An odd space in the indentation of a line. */
const oddIndent = new RegExp(`^[ \\t]*${oddSpace.source}`)

export const isOddlyIndented = (line: string): boolean => oddIndent.test(line)

export const oddIndentWords =
  'the line is indented with a no-break space or another odd one, which is no indentation in YAML: replace it by an ordinary space'

/**
 * Explains a message of the yaml package, and says what to do. Conflict marks of git come first, because the rest of
 * the file means nothing until the conflict is resolved.
 */
export const explainYaml = (text: string, offset: number, message: string): YamlMistake => {
  const marker = /^(?:<{7}|>{7})(?: |\r?$)/m.exec(text)
  if (marker !== null)
    return {
      message: `git has left a conflict in this file ("${marker[0].trim()}"): keep one of the two versions, and delete the marks`,
      offset: marker.index,
    }
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  if (isOddlyIndented(text.slice(start, end === -1 ? text.length : end)))
    return { message: oddIndentWords, offset: start }
  const [, meaning] = meanings.find(([pattern]) => pattern.test(message)) ?? []
  return {
    message:
      meaning ??
      `this cannot be read as YAML (${message}). Check the indentation, quotes and brackets here and above`,
    offset,
  }
}

/**
 * The offset of the first character that YAML does not allow (YAML 1.2, c-printable), which Compose refuses too; -1:
 * none.
 */
export const unprintableAt = (text: string): number => {
  const found = text.slice(1).search(/[^\t\n\r -~\x85\xa0-\ud7ff\ud800-\udfff\ue000-\ufefe\uff00-\ufffd]/)
  const first = /^[^\t\n\r -~\x85\xa0-\ufffd]/.test(text)
  return first ? 0 : found === -1 ? -1 : found + 1
}
