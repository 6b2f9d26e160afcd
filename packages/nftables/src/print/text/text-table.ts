import {
  type Chain,
  type Expression,
  isArray,
  type JsonValue,
  type NamedSet,
  type Rule,
  type Ruleset,
  type SetType,
  type Table,
} from '../../model/index.ts'
import { readExpression } from '../../parse/json/expression.ts'
import { tagOf } from '../../parse/json/fields.ts'
import { readStatement } from '../../parse/json/statement.ts'
import { identifier, quote } from '../quote.ts'
import { elementText, expressionText, quotedParts } from './text-expression.ts'
import { objectText } from './text-object.ts'
import { ruleText, statementText } from './text-statement.ts'
import { Unprintable } from './unprintable.ts'

/**
 * The text of one part. A part that nft's text form cannot express becomes a comment line with its JSON, so that it is
 * not lost.
 */
const orComment = (print: () => string, json: () => string): string => {
  try {
    return print()
  } catch (error) {
    if (!(error instanceof Unprintable)) throw error
    return `\t# not understood: ${json().replaceAll('\n', ' ')}`
  }
}

/** The expression in a set's type `{"typeof": expression}`; null for any other type. */
const typeofExpression = (json: JsonValue): Expression | null => {
  const [tag, body] = tagOf(json) ?? []
  return tag === 'typeof' && body !== undefined ? readExpression(body) : null
}

/** For each part of a set's keys, or of a map's data: is it the name of an interface? */
export const quotedTypes = (type: SetType | null): readonly boolean[] =>
  type === null
    ? []
    : type.kind === 'names'
      ? type.names.map((name) => name === 'ifname')
      : quotedParts(typeofExpression(type.json) ?? { kind: 'list', items: [] })

const typeText = (type: SetType): string => {
  if (type.kind === 'names') return type.names.join(' . ')
  const expression = typeofExpression(type.json)
  if (expression === null) throw new Unprintable('type')
  return expressionText(expression)
}

/**
 * For each data type, an expression that has it. nft reads a `typeof` key only with `typeof` data, so data listed by
 * the name of its type is written as such an expression.
 */
const examples: ReadonlyMap<string, string> = new Map([
  ['ipv4_addr', 'ip daddr'],
  ['ipv6_addr', 'ip6 daddr'],
  ['inet_service', 'tcp dport'],
  ['inet_proto', 'meta l4proto'],
  ['mark', 'meta mark'],
  ['ifname', 'meta iifname'],
  ['verdict', 'verdict'],
])

const exampleOf = (name: string): string => {
  const example = examples.get(name)
  if (example === undefined) throw new Unprintable(name)
  return example
}

const isInterval = ({ kind }: Expression): boolean => kind === 'range' || kind === 'prefix'

const dataText = ({ keyType, dataType, elements }: NamedSet): string => {
  if (dataType === null) return ''
  const isExample = keyType.kind === 'opaque' && dataType.kind === 'names'
  const type = isExample ? dataType.names.map(exampleOf).join(' . ') : typeText(dataType)
  const hasIntervals = elements.some(({ data }) =>
    data?.kind === 'concat' ? data.parts.some(isInterval) : data !== null && isInterval(data),
  )
  return ` : ${hasIntervals ? 'interval ' : ''}${type}`
}

/** The lines between the braces of a set, without its elements. */
export const setDefinition = (set: NamedSet): readonly string[] => {
  const attributes = Object.entries(set.attributes ?? {}).map(([name, value]) => {
    if (name === 'size' && typeof value === 'number') return `size ${value}`
    if (name === 'timeout' && typeof value === 'number') return `timeout ${value}s`
    if (name === 'gc-interval' && typeof value === 'number') return `gc-interval ${value}s`
    if (name === 'policy' && typeof value === 'string') return `policy ${identifier(value)}`
    if (name === 'auto-merge' && value === true) return 'auto-merge'
    if (name === 'stmt' && isArray(value))
      return value.map((item) => statementText(readStatement(item))).join(' ')
    throw new Unprintable(name)
  })
  return [
    `${set.keyType.kind === 'names' ? 'type' : 'typeof'} ${typeText(set.keyType)}${dataText(set)}`,
    ...(set.flags.length > 0 ? [`flags ${set.flags.map(identifier).join(',')}`] : []),
    ...attributes,
    ...(set.comment === null ? [] : [`comment ${quote(set.comment)}`]),
  ]
}

const setLines = (set: NamedSet): readonly string[] => {
  const quoted = quotedTypes(set.keyType)
  const quotedData = quotedTypes(set.dataType)
  const lines = [`\t${set.kind} ${identifier(set.name)} {`]
  for (const line of setDefinition(set)) lines.push(`\t\t${line}`)
  if (set.elements.length > 0) {
    lines.push('\t\telements = {')
    for (const element of set.elements) lines.push(`\t\t\t${elementText(element, quoted, quotedData)},`)
    lines.push('\t\t}')
  }
  lines.push('\t}')
  return lines
}

/** The lines of a chain before its rules. */
export const chainDefinition = ({ base, comment }: Chain): readonly string[] => {
  const lines = comment === null ? [] : [`comment ${quote(comment)}`]
  if (base === null) return lines
  const { type, hook, priority, policy, devices } = base
  const device =
    devices.length === 0
      ? ''
      : devices.length === 1
        ? ` device ${quote(devices[0] ?? '')}`
        : ` devices = { ${devices.map(quote).join(', ')} }`
  const verdict = policy === null ? '' : ` policy ${policy};`
  return [...lines, `type ${type} hook ${hook}${device} priority ${priority};${verdict}`]
}

const chainLines = (chain: Chain): readonly string[] => [
  `\tchain ${identifier(chain.name)} {`,
  ...chainDefinition(chain).map((line) => `\t\t${line}`),
  ...chain.rules.map(
    (rule: Rule) =>
      `\t\t${orComment(
        () => ruleText(rule),
        () => JSON.stringify(rule.statements),
      )}`,
  ),
  '\t}',
]

/** A table as a block of nft's text form. */
export const tableText = (table: Table): string => {
  const parts = [
    ...(table.comment === null ? [] : [`\tcomment ${quote(table.comment)}`]),
    ...(table.flags.length === 0 ? [] : [`\tflags ${table.flags.map(identifier).join(',')}`]),
    ...table.opaque.map((json) =>
      orComment(
        () => objectText(json),
        () => JSON.stringify(json),
      ),
    ),
  ]
  const sets = table.sets.map((set) =>
    orComment(
      () => setLines(set).join('\n'),
      () => JSON.stringify(set),
    ),
  )
  const chains = table.chains.map((chain) => chainLines(chain).join('\n'))
  const blocks = [...(parts.length > 0 ? [parts.join('\n')] : []), ...sets, ...chains]
  return `table ${table.family} ${identifier(table.name)} {\n${blocks.join('\n\n')}\n}\n`
}

/** Every table, one after another. */
export const rulesetText = (ruleset: Ruleset): string => ruleset.tables.map(tableText).join('\n')
