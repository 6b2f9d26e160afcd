import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A parameter of a public function, as the API report shows it. */
export interface Parameter {
  readonly name: string
  readonly type: string
  readonly isOptional: boolean
}

export interface Signature {
  readonly name: string
  readonly parameters: readonly Parameter[]
}

const packages = join(import.meta.dirname, '../../packages')

/** Splits a text at separators outside brackets. `=>` closes no bracket. */
export const partsBetween = (text: string, separator: string): readonly string[] => {
  let depth = 0
  const parts = ['']
  for (const [at, character] of [...text].entries()) {
    if ('([{<'.includes(character)) depth += 1
    else if (')]}'.includes(character) || (character === '>' && text[at - 1] !== '=')) depth -= 1
    if (character === separator && depth === 0) parts.push('')
    else parts.push(`${parts.pop()}${character}`)
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** The text inside the first pair of parentheses, as of `(a: string, b?: number) => void;`. */
const inParentheses = (text: string): string => {
  let depth = 0
  for (const [at, character] of [...text].entries()) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (depth === 0) return text.slice(1, at)
  }
  return ''
}

const functions = /^export (?:function|const) (\w+)(?:: )?(?:<(?:[^<>]|<[^<>]*>)*>)?(?=\()/gm

/** The functions in the API report of one entry. */
export const signaturesOf = (folder: string, report: string): readonly Signature[] => {
  const text = readFileSync(join(packages, folder, 'api', `${report}.api.md`), 'utf8')
  return [...text.matchAll(functions)].map(({ 0: head, 1: name = '', index }) => ({
    name,
    parameters: partsBetween(
      inParentheses(text.slice(index + head.length)).replace(/\s+/g, ' '),
      ',',
    ).flatMap((parameter) => {
      const [, found = '', mark, type = ''] = /^(?:\.\.\.)?(\w+)(\?)?: (.*)$/.exec(parameter) ?? []
      return [{ name: found, type, isOptional: mark === '?' || parameter.startsWith('...') }]
    }),
  }))
}
