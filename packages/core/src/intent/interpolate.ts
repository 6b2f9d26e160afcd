import { type Mistake, mistake } from './mistake.ts'

/** Returns the value of a variable, or undefined when it is not set. */
export type Lookup = (name: string) => string | undefined

/** Looks up a variable in a record first, among own keys only, because a variable may be called `constructor`. */
export const lookupIn =
  (variables: Readonly<Record<string, string | undefined>>, otherwise?: Lookup): Lookup =>
  (name) =>
    (Object.hasOwn(variables, name) ? variables[name] : undefined) ?? otherwise?.(name)

/** A text with its variables replaced, and the names that had no value. */
export interface Interpolated {
  readonly text: string
  readonly unset: readonly string[]
  /** The names whose values are part of the text. */
  readonly used: readonly string[]
}

/** The variables that evaluating a text has met. */
interface Found {
  readonly unset: string[]
  readonly used: string[]
}

type Part = string | Reference

interface Reference {
  readonly name: string
  readonly operator: string
  readonly word: readonly Part[]
  readonly offset: number
}

interface Parsed {
  readonly parts: readonly Part[]
  readonly end: number
}

const namePattern = /[A-Za-z_][A-Za-z0-9_]*/y
const operatorPattern = /:?[-?+]/y

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** Carries a mistake out of nested braces of any depth. It is thrown and caught in this file only. */
class Refused extends Error {
  readonly mistake: Mistake
  constructor(offset: number, message: string, isExcess = false) {
    super(message)
    this.mistake = mistake(offset, message, isExcess)
  }
}

const deepest = 64

const parse = (text: string, from: number, depth: number): Parsed => {
  if (depth > deepest) throw new Refused(from, `variables are nested more than ${deepest} deep`)
  const parts: Part[] = []
  let at = from
  while (at < text.length && !(depth > 0 && text[at] === '}')) {
    const dollar = text.indexOf('$', at)
    const brace = depth > 0 ? text.indexOf('}', at) : -1
    const next = [dollar, brace].filter((index) => index !== -1).reduce((a, b) => Math.min(a, b), text.length)
    if (next > at) {
      parts.push(text.slice(at, next))
      at = next
    } else if (text[at + 1] === '$') {
      parts.push('$')
      at += 2
    } else {
      const reference = text[at + 1] === '{' ? parseBraced(text, at, depth) : parseBare(text, at)
      parts.push(reference.part)
      at = reference.end
    }
  }
  return { parts, end: at }
}

const parseBare = (text: string, at: number): { part: Part; end: number } => {
  const name = matchAt(namePattern, text, at + 1)
  if (name === '')
    throw new Refused(at, 'expected the name of a variable after `$`; a dollar sign itself is written `$$`')
  return { part: { name, operator: '', word: [], offset: at }, end: at + 1 + name.length }
}

const parseBraced = (text: string, at: number, depth: number): { part: Part; end: number } => {
  const name = matchAt(namePattern, text, at + 2)
  if (name === '') throw new Refused(at + 2, 'expected the name of a variable after `${`')
  const afterName = at + 2 + name.length
  const operator = matchAt(operatorPattern, text, afterName)
  const word =
    operator === '' ? { parts: [], end: afterName } : parse(text, afterName + operator.length, depth + 1)
  if (text[word.end] !== '}')
    throw new Refused(
      word.end,
      operator === '' && word.end < text.length
        ? `expected \`}\`, or one of \`:-\`, \`-\`, \`:?\`, \`?\`, \`:+\`, \`+\`, after \${${name}`
        : `\${${name} is never closed: expected \`}\``,
    )
  return { part: { name, operator, word: word.parts, offset: at }, end: word.end + 1 }
}

/**
 * The longest text that variables may unfold to, in characters. The kernel has the same limit for an environment
 * variable (execve(2): MAX_ARG_STRLEN, 32 pages). A dozen lines, each naming the one above twice, could unfold to
 * gigabytes.
 */
export const longestText = 131_072

const evaluate = (parts: readonly Part[], lookup: Lookup, found: Found): string => {
  let text = ''
  for (const part of parts) {
    const isWritten = typeof part === 'string'
    text += isWritten ? part : evaluateReference(part, lookup, found)
    if (text.length > longestText && !isWritten)
      throw new Refused(part.offset, `variables unfold to more than ${longestText} characters here`, true)
  }
  return text
}

const evaluateReference = (reference: Reference, lookup: Lookup, found: Found): string => {
  const { name, operator, word, offset } = reference
  const value = lookup(name)
  const given = value !== undefined && !(operator.startsWith(':') && value === '')
  const used = (text: string): string => {
    found.used.push(name)
    return text
  }
  switch (operator.at(-1)) {
    case '-':
      return given ? used(value) : evaluate(word, lookup, found)
    case '+':
      return given ? evaluate(word, lookup, found) : ''
    case '?': {
      if (given) return used(value)
      const reason = evaluate(word, lookup, found)
      throw new Refused(
        offset,
        `the variable ${name} has no value: ${reason === '' ? 'set it in the environment, or in .env' : reason}`,
      )
    }
    default:
      if (value === undefined) found.unset.push(name)
      return value === undefined ? '' : used(value)
  }
}

/**
 * Replaces variables as the Compose Specification does: `$NAME`, `${NAME}`, and `${NAME` followed by `:-`, `-`, `:?`,
 * `?`, `:+` or `+`, a word that may hold variables itself, and `}`. `$$` is a dollar sign. A word that is not used is
 * not evaluated.
 */
export const interpolate = (text: string, lookup: Lookup): Interpolated | Mistake => {
  if (!text.includes('$')) return { text, unset: [], used: [] }
  const found: Found = { unset: [], used: [] }
  try {
    return { text: evaluate(parse(text, 0, 0).parts, lookup, found), ...found }
  } catch (error) {
    if (error instanceof Refused) return error.mistake
    throw error
  }
}
