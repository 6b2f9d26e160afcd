import { ParseError, type SourcePosition } from '@portolan/netfilter'
import {
  checkOptions,
  checkText,
  functionValue,
  type OptionKinds,
  objectValue,
  textValue,
} from '@portolan/netfilter/schema'
import { interpolate, type Lookup, lookupIn } from './interpolate.ts'
import { isMistake, type Mistake } from './mistake.ts'

/** @public @since 0.1.0 */
export interface DotenvOptions {
  /** The name of the text in an error; `.env` when absent. */
  readonly source?: string | undefined
  /**
   * These variables win over the file where a value refers to one. They also give a value to a line `NAME` without `=`.
   */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Called for a line whose name no Compose file can refer to (`a-b=1`), instead of an error. The line then sets
   * nothing. Compose skips such lines too.
   */
  readonly onOddName?: ((name: string, place: SourcePosition) => void) | undefined
}

const optionKinds: OptionKinds<DotenvOptions> = {
  source: textValue('the name of a file'),
  environment: objectValue('an object of texts such as process.env'),
  onOddName: functionValue,
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

const unescaped = (text: string): string =>
  text.replace(/\\([nrt"\\])/g, (_, letter: string) => escapes[letter] ?? letter)

/** The most characters of all values together. The kernel takes some megabytes for a whole environment (execve(2)). */
export const longestWhole: number = 16 * 2 ** 20

/** Replaces variables. A `$` that starts no variable stays as it is, as in Compose: passwords often hold one. */
const expanded = (text: string, lookup: Lookup): string | Mistake => {
  const result = interpolate(text, lookup)
  if (isMistake(result)) return result.isExcess ? result : text
  return result.text
}

const statement = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*(?:([=:])[ \t]*)?/y
const quoted = /"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'/y

/**
 * A name that Compose accepts in a `.env` (compose-go, dotenv/parser.go `locateKeyName`) though no variable can have
 * it; null: any other line. A line with a quote is not skipped, because the quote may go on over more lines.
 */
const skippedName = (line: string): string | null => {
  const [, name = ''] =
    /^[ \t]*(?:export[ \t]+)?([\p{L}\p{N}_.\-[\]]+)[ \t]*(?:[=:][^"']*)?\r?$/u.exec(line) ?? []
  return name === '' || /^[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ? null : name
}

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const endOfLine = (text: string, at: number): number => {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

/**
 * Reads a `.env` file: `NAME=value`, `export NAME=value`, `NAME: value`, comments, single quotes (verbatim),
 * double quotes (escapes, variables, several lines) and unquoted values (variables, ` #` starts a comment).
 *
 * @returns the variables that the file sets, in its order; a later line wins
 * @throws ParseError for a line that sets nothing, a quote that is never closed, and values whose variables unfold to
 * more than the kernel would take
 * @example
 * parseDotenv('PORT=8080\nURL="http://localhost:${PORT}"')
 * // { PORT: '8080', URL: 'http://localhost:8080' }
 * @public @since 0.1.0
 */
export const parseDotenv = (text: string, options: DotenvOptions = {}): Readonly<Record<string, string>> => {
  checkText(text, 'text')
  checkOptions<DotenvOptions>(options, optionKinds, 'the options of parseDotenv')
  return readDotenv(text, options.source ?? '.env', lookupIn(options.environment ?? {}), options.onOddName)
}

/** Reads a `.env` file as `parseDotenv` does, with variables from any source. */
export const readDotenv = (
  text: string,
  source: string,
  environment: Lookup,
  onOddName?: DotenvOptions['onOddName'],
): Readonly<Record<string, string>> => {
  const variables = new Map<string, string>()
  const lookup: Lookup = (name) => environment(name) ?? variables.get(name)
  const refuse = (at: number, message: string): ParseError => {
    const start = text.lastIndexOf('\n', at - 1) + 1
    const line = text.slice(0, start).split('\n').length
    const place = { source, line, column: at - start + 1 }
    return new ParseError(message, place, text.slice(start, endOfLine(text, at)))
  }
  let whole = 0
  const set = (name: string, valueAt: number, value: string | Mistake): void => {
    if (typeof value !== 'string') throw refuse(valueAt, `${name}: ${value.message}`)
    whole += value.length
    if (whole > longestWhole)
      throw refuse(valueAt, `${name}: the values up to here have more than ${longestWhole / 2 ** 20} MiB`)
    variables.set(name, value)
  }
  let at = text.startsWith('\u{feff}') ? 1 : 0
  while (at < text.length) {
    const end = endOfLine(text, at)
    if (/^\s*(#|$)/.test(text.slice(at, end))) {
      at = end + 1
      continue
    }
    const odd = onOddName === undefined ? null : skippedName(text.slice(at, end))
    if (odd !== null) {
      onOddName?.(odd, { source, line: text.slice(0, at).split('\n').length, column: 1 })
      at = end + 1
      continue
    }
    const [head, name, sign] = matchAt(statement, text, at) ?? []
    if (head === undefined || name === undefined)
      throw refuse(at, 'expected NAME=value, or a comment after `#`')
    const valueAt = at + head.length
    if (sign === undefined) {
      if (text.slice(valueAt, end).trim() !== '')
        throw refuse(
          valueAt,
          `expected \`=\` after the name ${name}, which holds letters, digits and \`_\` only`,
        )
      const inherited = environment(name)
      if (inherited !== undefined) set(name, valueAt, inherited)
      at = end + 1
    } else if (text[valueAt] === '"' || text[valueAt] === "'") {
      const [literal, double, single] = matchAt(quoted, text, valueAt) ?? []
      if (literal === undefined)
        throw refuse(valueAt, `the quote is never closed: expected a second ${text[valueAt]}`)
      const after = valueAt + literal.length
      const rest = text.slice(after, endOfLine(text, after))
      if (!/^\s*(#.*)?$/.test(rest))
        throw refuse(after, 'expected the end of the line after the closing quote')
      set(name, valueAt, double === undefined ? (single ?? '') : expanded(unescaped(double), lookup))
      at = endOfLine(text, after) + 1
    } else {
      const value = text.slice(valueAt, end).replace(/(^|\s)#.*$/, '')
      set(name, valueAt, expanded(value.trim(), lookup))
      at = end + 1
    }
  }
  return Object.fromEntries(variables)
}
