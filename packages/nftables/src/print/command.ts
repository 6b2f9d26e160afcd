import { tableFamily, tableName } from '../compile/ours.ts'
import type { Chain, Element, NamedSet, Rule } from '../model/index.ts'
import { identifier } from './quote.ts'
import { elementText, expressionText } from './text/text-expression.ts'
import { ruleText } from './text/text-statement.ts'
import { chainDefinition, quotedTypes, setDefinition } from './text/text-table.ts'

const table = `${tableFamily} ${tableName}`

/** The key of an element, as `delete element` takes it. */
export const elementRef = (set: NamedSet, element: Element): string =>
  expressionText(element.key, quotedTypes(set.keyType))

/** An element with its comment and data, as `add element` takes it. */
export const elementLine = (set: NamedSet, element: Element): string =>
  elementText(element, quotedTypes(set.keyType), quotedTypes(set.dataType))

/** A set without its elements, as one line of a script. */
export const setBlock = (set: NamedSet): string =>
  `add ${set.kind} ${table} ${identifier(set.name)} { ${setDefinition(set).join('; ')}; }`

/** A chain without its rules, as one line of a script. */
export const chainLine = (chain: Chain): string => {
  const definition = chainDefinition(chain).map((line) => (line.endsWith(';') ? line : `${line};`))
  const body = definition.length === 0 ? '' : ` { ${definition.join(' ')} }`
  return `add chain ${table} ${identifier(chain.name)}${body}`
}

/** A rule, as a line of a script. */
export const ruleLine = (chain: string, rule: Rule): string =>
  `add rule ${table} ${identifier(chain)} ${ruleText(rule)}`

/** A chain with its rules, as lines of a script. */
export const chainBlock = (chain: Chain): string =>
  [chainLine(chain), ...chain.rules.map((rule) => ruleLine(chain.name, rule))].join('\n')
