import type {
  Expression,
  LogStatement,
  MatchStatement,
  NatStatement,
  RejectStatement,
  Rule,
  Statement,
} from '../../model/index.ts'
import { bare, quote } from '../quote.ts'
import { expressionText, quotedParts, verdictText } from './text-expression.ts'
import { scalar } from './text-header.ts'
import { rareStatementText } from './text-rare-statement.ts'
import { carriedText } from './text-stateful.ts'
import { Unprintable } from './unprintable.ts'

/** Without an operator, nft reads a match of these as a question for bits: `ct status dnat` matches other bits too. */
const isOfFlags = (left: Expression): boolean =>
  (left.kind === 'ct' && ['state', 'status', 'label', 'event'].includes(left.key)) ||
  (left.kind === 'payload' && left.protocol === 'tcp' && left.field === 'flags')

const matchText = ({ operator, left, right }: MatchStatement): string => {
  // `==` is left out where nft reads it anyway. After a bit operation, a bare value would be read as one more operand.
  const isImplied =
    left.kind !== 'binary' &&
    (operator === 'in' || (operator === '==' && (right.kind === 'set' || !isOfFlags(left))))
  const sign = isImplied ? ' ' : ` ${operator === 'in' ? '==' : operator} `
  return `${expressionText(left)}${sign}${expressionText(right, quotedParts(left))}`
}

const natText = ({ kind, family, address, port, flags, typeFlags }: NatStatement): string => {
  const words: string[] = [kind]
  if (family !== null) words.push(family)
  if (flags.includes('netmap') || typeFlags.includes('prefix')) words.push('prefix')
  if (address !== null || port !== null) {
    const end = address === null ? '' : expressionText(address)
    const isBare6 = port !== null && end.includes(':') && address?.kind !== 'map'
    words.push('to', `${isBare6 ? `[${end}]` : end}${port === null ? '' : `:${expressionText(port)}`}`)
  }
  return [...words, flags.filter((flag) => flag !== 'netmap').join(',')]
    .filter((word) => word !== '')
    .join(' ')
}

const rejectText = ({ type, code }: RejectStatement): string => {
  if (type === null) return 'reject'
  return code === null ? `reject with ${type}` : `reject with ${type} ${expressionText(code)}`
}

const logText = ({ json }: LogStatement): string => {
  const words = ['log']
  for (const key of Object.keys(json ?? {})) {
    if (json === null) break
    if (key === 'flags') {
      const flags = json[key]
      const listed = Array.isArray(flags) ? flags : [flags]
      words.push(...listed.map((flag) => `flags ${String(flag)}`))
    } else {
      const value = scalar(json, key)
      words.push(key, key === 'prefix' ? quote(String(value)) : bare(String(value)))
    }
  }
  return words.join(' ')
}

/**
 * A statement as nft lists it.
 * @throws Unprintable when part of it is opaque
 */
export const statementText = (statement: Statement): string => {
  switch (statement.kind) {
    case 'match':
      return matchText(statement)
    case 'vmap':
      return `${expressionText(statement.key)} vmap ${expressionText(statement.data, quotedParts(statement.key))}`
    case 'snat':
    case 'dnat':
    case 'masquerade':
    case 'redirect':
      return natText(statement)
    case 'reject':
      return rejectText(statement)
    case 'set-value':
      return `${expressionText(statement.key)} set ${expressionText(statement.value)}`
    case 'counter':
    case 'limit':
    case 'quota':
    case 'last':
    case 'ct-count':
      return carriedText(statement)
    case 'log':
      return logText(statement)
    case 'notrack':
      return 'notrack'
    case 'xt':
    case 'opaque':
      throw new Unprintable(JSON.stringify(statement))
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
    case 'jump':
    case 'goto':
      return verdictText(statement)
    default:
      return rareStatementText(statement)
  }
}

/**
 * One rule as nft lists it, without its handle.
 * @throws Unprintable when part of it is opaque
 */
export const ruleText = ({ statements, comment }: Rule): string =>
  [...statements.map(statementText), ...(comment === null ? [] : [`comment ${quote(comment)}`])].join(' ')
