import type {
  Element,
  Expression,
  HashExpression,
  JsonObject,
  JsonValue,
  Verdict,
} from '../../model/index.ts'
import { readStatement } from '../../parse/json/statement.ts'
import { bare, identifier, quote } from '../quote.ts'
import { headerText } from './text-header.ts'
import { carriedText } from './text-stateful.ts'
import { Unprintable } from './unprintable.ts'

/** Meta keys that nft lists without the word `meta`. */
const unqualified = new Set(['iif', 'oif', 'iifname', 'oifname', 'iifgroup', 'oifgroup', 'skuid', 'skgid'])

/** For each part of a key: is its value the name of an interface, which nft lists in quotes? */
export const quotedParts = (key: Expression): readonly boolean[] =>
  key.kind === 'concat'
    ? key.parts.flatMap(quotedParts)
    : [key.kind === 'meta' && ['iif', 'oif', 'iifname', 'oifname'].includes(key.key)]

export const verdictText = (verdict: Verdict): string =>
  verdict.kind === 'jump' || verdict.kind === 'goto'
    ? `${verdict.kind} ${identifier(verdict.target)}`
    : verdict.kind

/** An attribute of an element: a timeout in seconds, or a stateful statement. */
const attributeText = (name: string, value: JsonValue): string =>
  (name === 'timeout' || name === 'expires') && typeof value === 'number'
    ? `${name} ${value}s`
    : carriedText(readStatement({ [name]: value }))

const attributesText = (attributes: JsonObject): string =>
  Object.entries(attributes)
    .map(([name, value]) => attributeText(name, value))
    .join(' ')

const hashText = ({ kind, of, modulus, offset, seed }: HashExpression): string => {
  const words = [kind, ...(of === null ? [] : [expressionText(of)]), 'mod', modulus]
  if (seed !== null) words.push('seed', seed)
  if (offset !== null && offset !== 0) words.push('offset', offset)
  return words.join(' ')
}

/** An element as text: `key comment "..." : data`. */
export const elementText = (
  element: Element,
  quoted: readonly boolean[] = [],
  quotedData: readonly boolean[] = [],
): string => {
  const { key, data } = element
  return elementParts(
    element,
    expressionText(key, quoted),
    data === null ? null : expressionText(data, quotedData),
  )
}

/** An element as text, from a key and data that are already text. */
export const elementParts = ({ comment, attributes }: Element, key: string, data: string | null): string => {
  let text = key
  if (attributes !== null) text += ` ${attributesText(attributes)}`
  if (comment !== null) text += ` comment ${quote(comment)}`
  return data === null ? text : `${text} : ${data}`
}

/** Joins the parts of a concatenation without making a list. A map may have ten thousand such keys. */
const concatText = (parts: readonly Expression[], quoted: readonly boolean[]): string => {
  let text = ''
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at]
    if (part === undefined) continue
    const written = expressionText(part, quoted[at] === true ? isQuoted : notQuoted)
    text = at === 0 ? written : `${text} . ${written}`
  }
  return text
}

const isQuoted: readonly boolean[] = [true]
const notQuoted: readonly boolean[] = []

const operand = (expression: Expression): string =>
  expression.kind === 'binary' ? `(${expressionText(expression)})` : expressionText(expression)

/**
 * An expression as nft lists it.
 * @param quoted - for each part of a concatenation, whether nft lists its values in quotes
 * @throws Unprintable when part of it is opaque
 */
export const expressionText = (expression: Expression, quoted: readonly boolean[] = []): string => {
  switch (expression.kind) {
    case 'text':
      // `*` is the element for all other keys. An interface in a set cannot have this name.
      if (expression.text === '*') return '*'
      return quoted[0] === true ? quote(expression.text) : bare(expression.text)
    case 'number':
      return String(expression.value)
    case 'prefix':
      return `${expressionText(expression.address)}/${expression.length}`
    case 'range':
      return `${expressionText(expression.first)}-${expressionText(expression.last)}`
    case 'concat':
      return concatText(expression.parts, quoted)
    case 'list':
      return expression.items.map((item) => expressionText(item)).join(',')
    case 'set':
      return `{ ${expression.elements.map((element) => elementText(element, quoted)).join(', ')} }`
    case 'reference':
      return `@${identifier(expression.name)}`
    case 'payload':
      return `${expression.protocol} ${expression.field}`
    case 'raw-payload':
      return `@${expression.base},${expression.offset},${expression.length}`
    case 'meta':
      return unqualified.has(expression.key) ? expression.key : `meta ${expression.key}`
    case 'ct':
      return ['ct', expression.direction, expression.family, expression.key]
        .filter((word) => word !== null)
        .join(' ')
    case 'fib':
      return `fib ${expression.flags.join(' . ')} ${expression.result}`
    case 'numgen': {
      const offset = expression.offset === 0 ? '' : ` offset ${expression.offset}`
      return `numgen ${expression.mode} mod ${expression.modulus}${offset}`
    }
    case 'boolean':
      return expression.value ? 'exists' : 'missing'
    case 'jhash':
    case 'symhash':
      return hashText(expression)
    case 'map':
      return `${expressionText(expression.key)} map ${expressionText(expression.data, quotedParts(expression.key))}`
    case 'binary':
      return expression.operands.map(operand).join(` ${expression.operator} `)
    case 'opaque':
      throw new Unprintable(JSON.stringify(expression.json))
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
    case 'jump':
    case 'goto':
      return verdictText(expression)
    default:
      return headerText(expression)
  }
}
